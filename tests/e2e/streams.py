"""The runner's own descriptors: closed, full, shared."""
import fcntl
import itertools
import json
import os
import subprocess

from harness.parrun import PATIENCE, PROGRAM, Directory, Run, check_nothing_left, check_status, complete

# Names the descriptors of the shell itself: nothing but builtins, which open none.
OWN = "n=0; while [ $n -lt 300 ]; do [ ! -e /proc/$$/fd/$n ] || own=$own$n,; n=$((n+1)); done; "

SCENARIO = f"""
    processes:
      test: {{run: "echo to out; echo to err >&2; cat; {OWN} echo $own >fds; echo done >done"}}
      lua: {{lua: "local f = io.open('lua.done', 'w') f:write('done') f:close()"}}
    pools:
      p: {{workers: 2, tasks: 3, run: "echo ${{{{ item }}}} >>items"}}
"""


def test_closed_descriptors():
    """0, 1 and 2 closed, in all 8 combinations: the bodies do the same work."""
    for closed in itertools.chain.from_iterable(
            itertools.combinations((0, 1, 2), count) for count in range(4)):
        directory = Directory()
        directory.file("scenario.yaml", SCENARIO)
        words = " ".join(f"{fd}{'<' if fd == 0 else '>'}&-" for fd in closed)
        ended = subprocess.run(["sh", "-c", f'exec "$0" scenario.yaml {words}', PROGRAM],
                               cwd=directory.path, stdin=subprocess.DEVNULL, capture_output=True,
                               timeout=PATIENCE, check=False)
        got = {name: (directory.path / name).read_text() if (directory.path / name).exists() else None
               for name in ("fds", "done", "lua.done")}
        assert got == {"fds": "0,1,2,\n", "done": "done\n", "lua.done": "done"}, (closed, got, ended)
        items = sorted((directory.path / "items").read_text().split())
        assert items == ["0", "1", "2"], (closed, items)
        assert ended.returncode in ((0,) if 1 not in closed else (0, 3)), (closed, ended)
        if 1 not in closed:
            assert b"test | to out\n" in ended.stdout, (closed, ended)
        check_nothing_left()


def test_full_disk_is_never_success():
    with open("/dev/full", "wb") as full:
        status, _, err = complete("processes: {test: {exec: [echo, x]}}", stdout=full)
    check_status(status, 3, err)
    assert err, "a message says what could not be written"
    check_nothing_left()


def test_full_disk_for_the_log():
    status, _, err = complete("processes: {test: {exec: [echo, x]}}", "--log", "/dev/full")
    check_status(status, 3, err)
    assert b"/dev/full" in err, err


def test_refused_log():
    """A log that cannot be opened: said before anything starts."""
    run = Run("processes: {test: {run: touch started}}", "--log", "/proc/no/such")
    status, _, err = run.finish()
    check_status(status, 2, err)
    assert b"/proc/no/such" in err and not (run.directory.path / "started").exists(), err


def test_too_few_descriptors():
    """Not enough for what the run needs: said with the limit, no crash, nothing left."""
    directory = Directory()
    directory.file("scenario.yaml", "processes:\n" + "".join(
        f"  p{n}: {{exec: [sleep, '0.1']}}\n" for n in range(100)))
    ended = subprocess.run(["sh", "-c", 'ulimit -n 40; exec "$0" -q scenario.yaml', PROGRAM],
                           cwd=directory.path, capture_output=True, timeout=PATIENCE, check=False)
    assert ended.returncode in (1, 4), ended
    assert b"open files" in ended.stderr + ended.stdout, ended
    check_nothing_left()


def test_every_exit_code():
    """The pool's tasks 1 to 255 fail with just that code."""
    status, out, err = complete("""
        pools: {p: {workers: 2, tasks: {range: [0, 255]}, run: "exit ${{ item }}"}}
        log: {hide: [task.started]}
    """)
    check_status(status, 1, err)
    lines = out.decode().splitlines()
    for code in range(1, 256):
        assert f"Task {code} failed: exit code {code}." in lines, code
    assert sum(line.startswith("Task 0 runs ") for line in lines) == 1, out


def test_standard_output_is_not_left_nonblocking():
    """O_NONBLOCK is shared with whoever else has the pipe: it must not be set there."""

    reader, writer = os.pipe()
    before = fcntl.fcntl(writer, fcntl.F_GETFL)
    run = Run("processes: {test: {run: 'echo x; sleep 0.1'}}", stdout=writer)
    status = run.process.wait(PATIENCE)
    assert fcntl.fcntl(writer, fcntl.F_GETFL) == before
    check_status(status, 0)
    os.close(reader)
    os.close(writer)


def test_descriptors_of_the_caller_stay_out():
    """A child sees 0, 1, 2 and what is declared, whatever the caller left open."""
    directory = Directory()
    extra = [os.open(directory.path, os.O_RDONLY) for _ in range(20)]
    status, out, err = complete(f"""
        processes: {{a: {{exec: [sh, -c, "{OWN} echo $own"]}}}}
        pools: {{p: {{workers: 1, tasks: 1, exec: [sh, -c, "{OWN} echo $own"]}}}}
        log: {{prefix: false, hide: [run.*, process.start*, process.ended, pool.*, task.started, task.ended]}}
    """, pass_fds=extra)
    check_status(status, 0, err)
    assert out == b"0,1,2,\n0,1,2,\n", out


BOTH = "n=0; while [ $n -lt 1000 ]; do echo $n; n=$((n+1)); echo $n >&2; n=$((n+1)); done"


def lines_of(text):
    """The numbers that the process wrote, as the log has them, and the streams that they are of."""
    status, out, err = complete(text, "--format", "json")
    check_status(status, 0, out + err)
    events = [json.loads(line) for line in out.splitlines()]
    lines = [event for event in events if event["event"] == "process.output"]
    return [int(event["line"]) for event in lines], {event["stream"] for event in lines}


def test_output_and_messages_are_in_their_order():
    assert lines_of(f"processes: {{a: {{run: '{BOTH}'}}}}") == (list(range(1000)), {"stdout"})


def test_messages_apart():
    """With a pipe of their own nothing is lost, each stream has its order, and events tell them apart."""
    numbers, streams = lines_of(f"processes: {{a: {{run: '{BOTH}', stderr: log}}}}")
    assert streams == {"stdout", "stderr"}
    for rest in (0, 1):
        assert [n for n in numbers if n % 2 == rest] == list(range(rest, 1000, 2)), numbers


def test_messages_are_no_answers():
    """`ack: line`: what the reader says on stderr is not taken for its answer to a message."""
    status, out, err = complete("""
        queues: {q: {items: [1, 2, 3]}}
        processes:
          a: {run: 'while read n; do echo busy $n >&2; echo done $n; done', stdin: {queue: q, ack: line}}
    """, "--format", "json")
    check_status(status, 0, out + err)
    events = [json.loads(line) for line in out.splitlines()]
    said = [(event["stream"], event["line"]) for event in events if event["event"] == "process.output"]
    for stream, word in (("stdout", "done"), ("stderr", "busy")):
        assert [line for of, line in said if of == stream] == [f"{word} {n}" for n in (1, 2, 3)], said


def test_a_fifo_whose_writers_have_gone():
    """What they wrote is all, whoever opens it anew."""
    for words, text in ((b"a\nb\n", b"got a\ngot b\n"), (b"", b"")):
        directory = Directory()
        fifo = directory.fifo("fifo")
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        with open(fifo, "wb") as writer:
            writer.write(words)
        os.set_blocking(reader, True)
        ended = subprocess.run([PROGRAM, "each", "-k", "echo", "got"], stdin=reader, capture_output=True, check=True, timeout=PATIENCE)
        os.close(reader)
        assert ended.stdout == text, ended
