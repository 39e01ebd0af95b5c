"""Records of runs: what is in them, and what of them is there however the run ended."""
import gzip
import json
import os
import random
import re
import shutil
import subprocess

from harness.parrun import (KILL, PROGRAM, Directory, Run, amount, check_nothing_left, check_status, complete, mark,
                            wait_until)

MIXED = """
    queues: {q: {}}
    processes:
      from: {run: "seq 20; echo oops >&2", stdout: {queue: q}}
      to: {run: "cat; exit 3", stdin: {queue: q}, allow_failure: true}
    pools:
      p: {tasks: [a, b c, d], run: "echo ${{ item }}; test ${{ index }} != 1", retry: {attempts: 2, delay: 5ms}}
    threads:
      t: {lua: "print('hello')"}
"""

ENDLESS = """
    pools: {p: {workers: 2, tasks: {range: [1, 100000000]}, lua: "print(item)", output: lines}}
"""


def parrun(*arguments, directory, status=0, **more):
    ended = subprocess.run([PROGRAM, *map(str, arguments)], cwd=directory.path, capture_output=True, timeout=120,
                           check=False, **more)
    check_status(ended.returncode, status, ended.stdout + ended.stderr)
    return ended


def events(path):
    opener = gzip.open if path.read_bytes()[:2] == b"\x1f\x8b" else open
    with opener(path, "rb") as lines:
        return [json.loads(line) for line in lines]


def recorded(scenario, *options, name="r.jsonl"):
    """A directory with the record of a run that has ended, and what the run printed."""
    directory = Directory()
    status, out, err = complete(scenario, "--record", name, *options, directory=directory)
    assert status in (0, 1), (status, out, err)
    return directory, out


def test_a_record_has_every_event_and_its_replay_is_the_run():
    for name in ("r.jsonl", "r.jsonl.gz"):
        directory, out = recorded(MIXED, "--hide", "*", name=name)
        told = events(directory.path / name)
        numbers = [event["seq"] for event in told if not event["event"].endswith(".sample")]
        assert numbers == list(range(1, len(numbers) + 1)), told
        assert told[0]["event"] == "run.opened" and told[0]["version"] == "1.0", told[0]
        assert told[-1]["event"] == "run.ended" and told[-1]["code"] == 1, told[-1]
        assert all(left["at"] <= right["at"] for left, right in zip(told, told[1:])), told
        assert parrun("replay", name, directory=directory).stdout == out
        again = parrun("replay", "-v", "--show", "*", "--format", "json", name, directory=directory).stdout
        assert [json.loads(line) for line in again.splitlines()] == told


def test_timestamps_are_switched_on_for_a_run_or_for_its_replay():
    time = rb"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z "
    directory, out = recorded(MIXED, "--timestamps")
    lines = out.splitlines()
    assert len(lines) > 10 and all(re.match(time, line) for line in lines), out
    assert parrun("replay", "r.jsonl", directory=directory).stdout == out
    directory, plain = recorded(MIXED)
    told = parrun("replay", "--timestamps", "r.jsonl", directory=directory).stdout
    assert told != plain and re.sub(time, b"", told, flags=re.MULTILINE) == plain, told


def test_contents_decide_what_is_packed():
    directory, out = recorded(MIXED, name="r.jsonl.gz")
    shutil.move(directory.path / "r.jsonl.gz", directory.path / "plain")
    assert parrun("replay", "plain", directory=directory).stdout == out
    directory.file("x.gz", gzip.decompress((directory.path / "plain").read_bytes()))
    assert parrun("replay", "x.gz", directory=directory).stdout == out
    assert parrun("replay", "-", directory=directory, stdin=open(directory.path / "plain", "rb")).stdout == out


def test_a_joblog_of_a_replay_is_that_of_the_run():
    directory = Directory()
    complete(MIXED, "--record", "r.gz", "--joblog", "first", directory=directory)
    parrun("replay", "r.gz", "--joblog", "second", directory=directory)
    assert (directory.path / "first").read_bytes() == (directory.path / "second").read_bytes()


def test_each_is_told_again():
    directory = Directory()
    ended = parrun("each", "-t", "-k", "--record", "r.gz", "sh", "-c", "echo {}; test {} != b", ":::", "a", "b", "c",
                   directory=directory, status=1)
    again = parrun("replay", "r.gz", directory=directory)
    assert (again.stdout, again.stderr) == (ended.stdout, ended.stderr), (again, ended)


def test_a_record_that_is_there_is_refused_or_replaced_when_the_new_one_is_whole():
    directory, _ = recorded(MIXED)
    before = (directory.path / "r.jsonl").read_bytes()
    status, _, err = complete(MIXED, "--record", "r.jsonl", directory=directory)
    check_status(status, 2, err)
    assert b"'r.jsonl': it is there already; --force replaces it" in err, err
    run = Run("processes: {p: {run: 'echo up; until test -e go; do sleep 0.05; done'}}", "--record", "r.jsonl", "--force",
              directory=directory)
    run.wait_for(b"up")
    assert (directory.path / "r.jsonl").read_bytes() == before
    status, _, err = complete(MIXED, "--record", "r.jsonl", "--force", directory=directory)
    check_status(status, 2, err)
    assert f"a run with pid {run.runner()} is writing it".encode() in err, err
    directory.file("go", "")
    status, out, err = run.finish()
    check_status(status, 0, err)
    assert parrun("replay", "r.jsonl", directory=directory).stdout == out
    assert not (directory.path / "r.jsonl.part").exists()
    check_nothing_left()


def test_the_scenario_records_each_of_its_runs():
    directory = Directory()
    text = "log: {record: logs/r.jsonl.gz}\nprocesses: {p: {run: echo hi}}\n"
    for _ in range(2):
        status, out, err = complete(text, directory=directory)
        check_status(status, 0, err)
        assert parrun("replay", "logs/r.jsonl.gz", directory=directory).stdout == out


def test_the_directory_keeps_the_last_twenty():
    directory = Directory()
    kept = directory.path / "kept"
    kept.mkdir()
    theirs = ["notes.txt", "20200101T000000Z-1.jsonl", "20200101T000000Z-x.jsonl.gz", "x20200101T000000Z-1.jsonl.gz"]
    for name in [*theirs, *(f"20200101T0000{second:02}Z-7.jsonl.gz" for second in range(30))]:
        (kept / name).write_text("")
    env = {**os.environ, "PARRUN_RECORD": str(kept)}
    status, out, err = complete(f"processes: {{p: {{run: '{PROGRAM} inner.yaml'}}}}", directory=directory, env=env)
    assert status == 2 or b"inner.yaml" in out + err
    directory.file("inner.yaml", "processes: {q: {run: echo inner}}\n")
    status, out, err = complete(f"processes: {{p: {{run: '{PROGRAM} inner.yaml'}}}}", directory=directory, env=env)
    check_status(status, 0, out + err)
    ours = sorted(path.name for path in kept.iterdir() if path.name not in theirs)
    assert len(ours) == 20 and all((kept / name).exists() for name in theirs), ours
    stories = [parrun("replay", kept / name, directory=directory).stdout for name in ours if (kept / name).stat().st_size]
    assert out in stories and any(story.endswith(b"\nq | inner\nProcess end.\n") for story in stories), (stories, out)


def test_secrets_are_in_no_field():
    directory = Directory()
    text = """
        secrets: [TOKEN]
        env: {TOKEN: hidden-value}
        processes: {p: {run: "echo $TOKEN; exit 1"}}
        pools: {q: {tasks: [hidden-value], run: "echo ${{ item }}; echo hidden-value >&2; exit 1"}}
    """
    status, out, err = complete(text, "--record", "r.jsonl", directory=directory)
    check_status(status, 1, out + err)
    assert b"hidden-value" not in (directory.path / "r.jsonl").read_bytes()
    assert parrun("replay", "r.jsonl", directory=directory).stdout == out


def test_output_is_bounded_and_the_rest_is_told():
    directory = Directory()
    text = """
        log: {record: r.jsonl, record_output: 10}
        processes: {p: {run: "echo 12345; echo 6789abc; echo def; echo g"}}
        pools: {w: {tasks: 2, workers: 1, run: "echo 1234567"}}
    """
    status, out, err = complete(text, directory=directory)
    check_status(status, 0, out + err)
    ended = parrun("replay", "r.jsonl", directory=directory)
    assert b"p | 12345\np | 6789a\np | (6 bytes not recorded)\n" in ended.stdout, ended.stdout
    assert b"w | (6 bytes not recorded)\n" in ended.stdout and not ended.stderr, ended


def test_what_is_missing_is_told():
    directory, _ = recorded("log: {samples: false}" + MIXED.replace("\n    ", "\n"))
    lines = (directory.path / "r.jsonl").read_bytes().splitlines(keepends=True)
    directory.file("gap", b"".join(lines[:5] + lines[8:]))
    ended = parrun("replay", "gap", directory=directory, status=3)
    assert b"3 events are missing, the first of them behind number 5" in ended.stderr, ended.stderr
    later = [lines[0].replace(b'"1.0"', b'"1.9"'), *lines[1:-1], lines[-1].replace(b'"leaked"', b'"mood":"good","leaked"')]
    directory.file("later", b"".join([*later[:3], b'{"event":"run.flew","seq":4}\n', *later[3:]]))
    ended = parrun("replay", "later", directory=directory)
    assert b"1 events and 1 fields of a later version were passed over" in ended.stderr, ended.stderr
    directory.file("other", lines[0].replace(b'"1.0"', b'"2.0"'))
    ended = parrun("replay", "other", directory=directory, status=2)
    assert b"version 2, which this parrun cannot read: it reads version 1" in ended.stderr, ended.stderr
    directory.file("empty", b"")
    assert b"cut off before the first was written" in parrun("replay", "empty", directory=directory, status=3).stderr
    for text in (b"processes: {a: {run: x}}\n", b'{"event":"run.ended"}\n', b"{}\n", lines[1]):
        directory.file("none", text)
        assert b"'none' is no record: its first line" in parrun("replay", "none", directory=directory, status=2).stderr
    directory.file("broken", b"".join([*lines[:4], b"{broken\n", *lines[4:]]))
    ended = parrun("replay", "broken", directory=directory, status=3)
    assert b"line 5" in ended.stderr, ended.stderr


def test_nothing_is_written_onto_what_is_read():
    directory, _ = recorded(MIXED)
    before = (directory.path / "r.jsonl").read_bytes()
    os.link(directory.path / "r.jsonl", directory.path / "linked")
    for option in ("-o", "--log", "--joblog"):
        ended = parrun("replay", "r.jsonl", option, "linked", directory=directory, status=2)
        assert b"is the record itself" in ended.stderr, ended.stderr
    assert (directory.path / "r.jsonl").read_bytes() == before
    parrun("replay", "r.jsonl", "-o", "story", directory=directory)
    assert (directory.path / "story").read_bytes() == parrun("replay", "r.jsonl", "-o", "-", directory=directory).stdout


def test_a_run_in_progress_is_read():
    directory = Directory()
    run = Run("processes: {p: {run: 'echo up; until test -e go; do sleep 0.05; done'}}", "--record", "r.jsonl",
              directory=directory)
    run.wait_for(b"p . up")
    wait_until(lambda: b"\n" in (directory.path / "r.jsonl").read_bytes())
    seen = b""
    while b"p | up" not in seen:
        ended = parrun("replay", "r.jsonl", directory=directory, status=3)
        seen = ended.stdout
        assert f"the run still goes on, as process {run.runner()}".encode() in ended.stderr, ended.stderr
    directory.file("go", "")
    check_status(run.finish()[0], 0)
    parrun("replay", "r.jsonl", directory=directory)


def test_a_record_of_a_run_that_is_killed_is_read_up_to_its_last_line():
    for moment in range(amount(4, 50)):
        name = ("r.jsonl", "r.jsonl.gz")[moment % 2]
        directory = Directory()
        run = Run(ENDLESS, "--record", name, directory=directory)
        runner = run.runner()
        for _ in range(random.randrange(1, 4000)):
            run.line()
        # the story may be ahead of the record
        wait_until(lambda: name.endswith(".gz") or b"\n" in (directory.path / name).read_bytes())
        os.kill(runner, KILL)
        run.finish()
        written = (directory.path / name).read_bytes()
        ended = parrun("replay", name, directory=directory, status=3)
        assert b"the run was cut off" in ended.stderr, ended.stderr
        if not moment % 2:
            lines = written[:written.rindex(b"\n")].splitlines()
            again = parrun("replay", "-v", "--show", "*", "--format", "json", name, directory=directory, status=3).stdout
            assert again.splitlines() == lines, moment
        check_nothing_left()


def test_each_length_of_a_packed_record_is_read():
    directory, out = recorded(MIXED, name="r.gz")
    whole = (directory.path / "r.gz").read_bytes()
    for length in random.sample(range(1, len(whole)), 25):
        directory.file("cut.gz", whole[:length])
        ended = subprocess.run([PROGRAM, "replay", "cut.gz"], cwd=directory.path, capture_output=True, timeout=60,
                               check=False)
        assert ended.returncode in (2, 3) and out.startswith(ended.stdout), (length, ended)
        assert b"cut off" in ended.stderr, (length, ended.stderr)


@mark("release")
def test_a_full_disk_is_told():
    directory = Directory()
    for name in ("r.jsonl", "r.gz"):
        limited = subprocess.run(["prlimit", "--fsize=20000", PROGRAM, "--record", name, "-"], cwd=directory.path,
                                 input=b"pools: {p: {tasks: 3000, output: discard, lua: 'return 1'}}\n",
                                 capture_output=True, timeout=120, check=False)
        check_status(limited.returncode, 3, limited.stderr)
        assert f"{name}: ".encode() in limited.stderr and b"bytes could not be written" in limited.stderr, limited.stderr
        ended = parrun("replay", name, directory=directory, status=3)
        assert ended.stderr, name
