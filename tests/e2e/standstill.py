"""Commands that wait for each other by queues: nothing proves it, so it is told, and the run goes on."""
from harness.parrun import TERM, Run, check_nothing_left, check_status, died_of, own_path

TOLD = rb"Nothing has gone on for 5 seconds: these seem to wait for each other:\n"

# b has a message in hand and computes for ever: a waits for what it may put.
BUSY = """
    processes:
      a: {stdin: {queue: q1}, run: exec cat, stdout: {queue: q2}}
      b: {stdin: {queue: q2}, run: "read -r x; echo busy >&2; while :; do :; done", stdout: {queue: q1}}
    queues:
      q1: {}
      q2: {items: [x]}
"""

SHELLS = """
    processes:
      a: {produces: q2, consumes: q1, run: "parrun --get q1; parrun --put q2 x"}
      b: {produces: q1, consumes: q2, run: "parrun --get q2; parrun --put q1 x"}
      c: {depends_on: {a: succeeded}, run: "true"}
    queues: {q1: {}, q2: {}}
"""

STREAMS = """
    processes:
      a: {stdin: {queue: q1}, run: cat, stdout: {queue: q2}}
      b: {stdin: {queue: q2}, run: cat, stdout: {queue: q1}}
    queues: {q1: {}, q2: {}}
"""

POOL = """
    pools:
      p: {tasks: {queue: q}, workers: 2, produces: q, output: discard, run: "for n in 1 2 3; do parrun --put q x; done"}
    queues: {q: {capacity: 3, items: [1]}}
"""


def stop(run):
    run.signal(TERM)
    status, out, err = run.finish()
    check_status(status, died_of(TERM), out + err)
    return out


def test_commands_that_wait_for_each_other():
    """Shells that call parrun --get, programs on streams, the tasks of a pool; and one that is at work is none of them."""
    busy = Run(BUSY)
    busy.wait_for(rb"b \| busy")
    runs = [Run(scenario, env=own_path()) for scenario in (SHELLS, STREAMS, POOL)]
    for run in runs:
        run.wait_for(TOLD)
    shells, streams, pool = [stop(run) for run in runs]
    assert (b"\n  process a: parrun --get waits for a message of queue q1, which b puts into"
            b"\n  process b: parrun --get waits for a message of queue q2, which a puts into"
            b"\n  process c waits for a (succeeded)\n") in shells, shells
    assert (b"\n  process a: stdin waits for a message of queue q1, which b puts into"
            b"\n  process b: stdin waits for a message of queue q2, which a puts into\n") in streams, streams
    assert b"\n  pool p: 2 of parrun --put wait for room in queue q, which p takes from\n" in pool, pool
    assert b"Nothing has gone on" not in stop(busy)
    check_nothing_left()
