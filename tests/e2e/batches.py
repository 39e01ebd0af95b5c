"""Tasks of several messages: acknowledged as a whole, given again as a whole or one by one."""
import json
import re
import subprocess

from harness.parrun import PATIENCE, PROGRAM, TERM, Directory, Run, check_nothing_left, check_status, complete, died_of, mark

WHOLE = """
    queues: {q: {items: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}}
    pools:
      p:
        kind: %s
        workers: 1
        tasks: {queue: q}
        batch: 4
        output: lines
        lua: print("batch " .. table.concat(item, " "))
"""


def test_as_many_as_are_there():
    for kind in ("process", "thread"):
        status, out, err = complete(WHOLE % kind)
        check_status(status, 0, out + err)
        assert re.findall(rb"batch (.*)\n", out) == [b"1 2 3 4", b"5 6 7 8", b"9 10"], out
    check_nothing_left()


def test_a_command_gets_them_as_lines_and_words():
    status, out, err = complete("""
        queues: {q: {items: [a, "b c"]}}
        pools:
          p: {tasks: {queue: q}, batch: 5, output: lines, run: 'printf "<%s>" ${{ item }}; echo "$PARRUN_ITEM"'}
    """)
    check_status(status, 0, out + err)
    assert b"\n<a><b c>a\nb c\n" in out, out


BY_LENGTH = """
    pools:
      p:
        workers: 1
        tasks: {lines: names.txt}
        batch: {bytes: %s}
        %s
"""


def counts_of(directory, command):
    """How many words each start of the program ./count was given."""
    (directory.path / "counts").unlink(missing_ok=True)
    ended = subprocess.run(command, cwd=directory.path, capture_output=True, timeout=PATIENCE, check=False)
    assert ended.returncode == 0, ended
    return (directory.path / "counts").read_text().split()


@mark("release")
def test_command_lines_are_as_long_as_those_of_xargs():
    directory = Directory()
    count = directory.path / "count"
    count.write_text("#!/bin/sh\necho $# >>counts\n")
    count.chmod(0o755)
    names = [f"{'n' * (1 + n * 7919 % 61)}{n}" for n in range(100_000)]
    (directory.path / "names.txt").write_text("".join(name + "\n" for name in names))
    scenario = directory.path / "s.yaml"
    expected = counts_of(directory, ["sh", "-c", "xargs ./count <names.txt"])
    assert sum(map(int, expected)) == len(names) and len(expected) > 20, expected
    scenario.write_text(BY_LENGTH % ("auto", 'exec: [./count, "${{ item }}"]'))
    assert counts_of(directory, [PROGRAM, "run", "-q", "s.yaml"]) == expected
    # One argument of the shell has all of them, in quotes: they are fewer, and all fit.
    scenario.write_text(BY_LENGTH % ("auto", "run: ./count ${{ item }}"))
    found = counts_of(directory, [PROGRAM, "run", "-q", "s.yaml"])
    assert sum(map(int, found)) == len(names) and len(found) in (len(expected) + 1, len(expected) + 2, len(expected) + 3), found
    # What is too long by itself is alone.
    (directory.path / "names.txt").write_text("aaaaa\nbbbbb\n" + "c" * 50 + "\nd\n")
    scenario.write_text(BY_LENGTH % (30, 'exec: [./count, "${{ item }}"]'))
    assert counts_of(directory, [PROGRAM, "run", "-q", "s.yaml"]) == ["2", "1", "1"]


# Message 3 is poison.
POISON = """
    queues:
      q: {items: [1, 2, 3, 4, 5], max_attempts: 3, dead_letter: dead}
      dead: {}
    processes:
      letters: {stdin: {queue: dead}, run: cat}
    pools:
      p:
        workers: 2
        tasks: {queue: q}
        batch: 4
        split: %s
        retry: {delay: 1ms}
        output: lines
        lua: |
          print("try " .. table.concat(item, " "))
          for _, message in ipairs(item) do assert(message ~= 3, "poison") end
"""


def poisoned(split):
    status, out, err = complete(POISON % split)
    check_status(status, 1, out + err)
    dead = [json.loads(line) for line in re.findall(rb"^letters \| (\{.*\})$", out, re.M)]
    return sorted((letter["message"], letter["attempts"]) for letter in dead), out


def test_a_batch_that_fails_is_given_up_as_a_whole():
    dead, out = poisoned("false")
    assert dead == [(1, 3), (2, 3), (3, 3), (4, 3)], out
    assert out.count(b"\ntry 1 2 3 4\n") == 3 and out.count(b"\ntry 5\n") == 1, out


def test_a_batch_that_fails_is_split():
    """Its own try counts for each message."""
    dead, out = poisoned("true")
    assert dead == [(3, 3)], out
    tries = sorted(re.findall(rb"^try (.*)$", out, re.M))
    assert tries == [b"1", b"1 2 3 4", b"2", b"3", b"3", b"4", b"5"], out


TRIED = """
    queues:
      q: {items: [A, B, C], max_attempts: 2, dead_letter: dead}
      dead: {}
    processes:
      dies: {consumes: q, allow_failure: true, lua: for message in parrun.queue("q"):each() do error("dies") end}
      letters: {stdin: {queue: dead}, run: cat}
    pools:
      p:
        depends_on: {dies: completed}
        workers: 1
        tasks: {queue: q}
        batch: 4
        retry: {delay: 1ms}
        output: lines
        lua: |
          print("try " .. table.concat(item, " "))
          for _, message in ipairs(item) do assert(message ~= "A", "poison") end
"""


def test_each_message_counts_its_own_tries():
    """A was tried by another consumer before: it is given up when the batch has failed once, and the others come again."""
    status, out, err = complete(TRIED)
    check_status(status, 1, out + err)
    dead = [json.loads(line) for line in re.findall(rb"^letters \| (\{.*\})$", out, re.M)]
    assert [(letter["message"], letter["attempts"]) for letter in dead] == [("A", 2)], out
    assert re.findall(rb"^try (.*)$", out, re.M) == [b"A B C", b"B C"], out


STOPPED = """
    queues: {q: {durable: q.db, items: [a, b, c]}}
    pools: {p: {workers: 1, tasks: {queue: q}, batch: 2, output: lines, lua: print("in hand") parrun.sleep(1000)}}
"""


def test_a_batch_that_was_stopped_goes_back():
    directory = Directory()
    run = Run(STOPPED, directory=directory)
    run.wait_for(rb"in hand")
    run.signal(TERM)
    status, out, err = run.finish()
    check_status(status, died_of(TERM), out + err)
    assert b"Queue q keeps 3 messages for the next run.\n" in out, out
    check_nothing_left()


CIRCLE = """
    queues: {q: {items: [4]}}
    pools:
      p:
        kind: thread
        workers: 3
        tasks: {queue: q}
        produces: q
        batch: 3
        output: lines
        lua: |
          for _, depth in ipairs(item) do
            print("node")
            if depth > 0 then parrun.queue("q"):put(depth - 1) parrun.queue("q"):put(depth - 1) end
          end
"""


def test_a_circle_of_batches_ends():
    status, out, err = complete(CIRCLE)
    check_status(status, 0, out + err)
    assert out.count(b"node\n") == 31, out
    check_nothing_left()
