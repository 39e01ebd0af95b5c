"""Closed standard descriptors, and few descriptors in all."""
import itertools
import os
import resource
import subprocess

from harness.parrun import (PATIENCE, PROGRAM, TERM, Directory, Run, amount, check_nothing_left, check_status, died_of,
                            mark)

EVERY_KIND = """
    log: {prefix: false}
    processes:
      shell: {run: "cat; echo shell", stdout: {file: shell.out}}
      body: {lua: "print(io.read('a')) print('body')", stdout: {file: body.out}}
      logged: {run: "echo one; echo two >&2"}
    pools:
      p: {workers: 2, tasks: 5, results: {file: p.jsonl}, run: "cat; echo ${{ item }}"}
      l: {workers: 1, tasks: 2, results: {file: l.jsonl}, lua: "print(item) return item * 2"}
    threads:
      t: {lua: "print('thread')"}
"""


def results(directory):
    """What the bodies have written, records in order and without what chance decides."""
    told = {name: (directory.path / name).read_bytes() for name in ("shell.out", "body.out")}
    for name in ("p.jsonl", "l.jsonl"):
        lines = (directory.path / name).read_text().splitlines()
        told[name] = sorted(line.partition('"seconds"')[0] + line.partition('"output"')[2]
                            for line in lines)
    return told


def test_any_of_the_first_three_closed():
    """The results are the same in all 8 combinations; what is written to a closed one is gone."""
    want = None
    for closed in itertools.chain(*(itertools.combinations(range(3), n) for n in range(4))):
        directory = Directory()
        directory.file("scenario.yaml", EVERY_KIND)

        def close_them(numbers=closed):
            for number in numbers:
                os.close(number)

        ended = subprocess.run([PROGRAM, "scenario.yaml"], cwd=directory.path, timeout=PATIENCE,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, preexec_fn=close_them, check=False)
        check_status(ended.returncode, 0, b"%r" % (closed,) + ended.stdout + ended.stderr)
        got = results(directory)
        want = want or got
        assert got == want, f"{closed}: {got}, expected {want}"
        assert ended.stdout.count(b"one\n") == (1 not in closed), f"{closed}: {ended.stdout}"
        check_nothing_left()


@mark("release")
def test_few_descriptors():
    """At each limit: an exit status of ours, the reason where it is not 0, and the need is named."""
    seen = set()
    for limit in range(4, 56, amount(3, 1)):
        directory = Directory()
        directory.file("scenario.yaml", EVERY_KIND)
        ended = subprocess.run(["prlimit", f"--nofile={limit}:{limit}", PROGRAM, "scenario.yaml"],
                               cwd=directory.path, stdin=subprocess.DEVNULL, capture_output=True,
                               timeout=PATIENCE, check=False)
        told = ended.stdout + ended.stderr
        assert ended.returncode in (0, 1, 4), f"{limit}: {ended}"
        assert b"files may be open at once, and the system allows %d " % limit in ended.stderr or \
            not ended.returncode, f"{limit}: {ended}"
        assert not ended.returncode or limit < 16 or b"Too many open files" in told, f"{limit}: {ended}"
        seen.add(ended.returncode)
        check_nothing_left()
    assert {0, 4} <= seen, seen


@mark("release")
def test_what_makes_starting_quick_takes_no_descriptor_that_is_needed():
    """As many processes as the limit allows: none has to wait."""
    run = Run("processes: {p: {replicas: 500, exec: [sleep, \"1000\"]}}", "--show", "process.waiting",
              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024)))
    for _ in range(500):
        run.wait_for(rb"Run child process")
    run.signal(TERM)
    status, out, err = run.finish()
    check_nothing_left()
    check_status(status, died_of(TERM), out + err)
    assert b"tried again" not in out and not err, (out, err)
