"""Coprocesses: their ends from outside, and that nothing of them is left."""
import os

from harness.parrun import KILL, TERM, Run, check_nothing_left, check_status, died_of, mark

# Answers, but not to "hang"; each says its pid on standard error. "hang" is on until its worker is killed.
ASKED = """
    pools:
      p:
        workers: 1
        tasks: [a, hang, b]
        retry: {attempts: 2, delay: 0}
        coprocess:
          - sh
          - -c
          - |
            echo "program $$ worker $PPID" >&2
            while read -r item; do
              [ $item = hang ] && [ ! -e tried ] && { : >tried; echo hangs >&2; sleep 1000; }
              echo "<$item>"
            done
"""


def hanging():
    run = Run(ASKED)
    pids = run.wait_for(rb"program (\d+) worker (\d+)")
    run.wait_for(rb"hangs")
    return run, int(pids[1]), int(pids[2])


def goes_on(run):
    status, out, err = run.finish()
    check_nothing_left()
    check_status(status, 0, out + err)
    for answer in (b"<a>", b"<hang>", b"<b>"):
        assert out.count(answer) == 1, out


@mark("tsan")
def test_killed_program():
    run, program, _ = hanging()
    os.kill(program, KILL)
    goes_on(run)


@mark("tsan")
def test_killed_worker():
    run, _, worker = hanging()
    os.kill(worker, KILL)
    goes_on(run)


@mark("tsan")
def test_stopped_run():
    run, _, _ = hanging()
    run.signal(TERM)
    status, out, err = run.finish()
    check_nothing_left()
    check_status(status, died_of(TERM), out + err)


def test_many_answers_in_order():
    run = Run("""
        log: {prefix: false, hide: ["run.*", "pool.*", task.started, task.ended]}
        pools:
          p: {workers: 3, tasks: 20000, output: ordered, coprocess: [cat]}
    """)
    status, out, err = run.finish()
    check_status(status, 0, err)
    assert out.split() == [b"%d" % n for n in range(20000)], out[:1000]
    check_nothing_left()
