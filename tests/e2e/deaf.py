"""A runner whose loop does not answer: a second signal, and the death of the guard, end the run all the same."""
import os
import re
import signal
import subprocess
import time

from harness.parrun import INT, KILL, PATIENCE, TERM, Run, check_nothing_left, check_status, died_of
from harness.processes import wait_gone

BUSY = """
    processes:
      plain: {run: "echo ready plain; sleep 1000; sleep 1000"}
      own: {run: "echo ready own; setsid sleep 1000"}
    pools:
      states: {workers: 2, tasks: 10, output: lines, lua: "print('ready states') parrun.sleep(1000)"}
"""


def busy():
    run = Run(BUSY)
    for _ in range(4):
        run.wait_for(rb"ready \w+$")
    return run


def signal_again(run, first, second):
    """The second one until the run has ended: what the guard takes too soon behind another is the same to it."""
    run.signal(first)
    deadline = time.monotonic() + PATIENCE
    while run.process.poll() is None:
        assert time.monotonic() < deadline, "it does not end"
        time.sleep(0.1)
        run.signal(second)


def test_a_second_signal_ends_a_run_whose_loop_does_not_hear():
    for first, second in ((INT, INT), (INT, TERM)):
        run = busy()
        os.kill(run.runner(), signal.SIGSTOP)  # whatever it is doing, it does not get to the signal
        signal_again(run, first, second)
        status, out, err = run.finish()
        check_status(status, died_of(second), out + err)
        assert b"the run did not hear that it was to end" in err, err
        check_nothing_left()


def test_one_signal_is_waited_for():
    """As long as it takes: a run that was only slow ends as usual."""
    run = busy()
    runner = run.runner()
    os.kill(runner, signal.SIGSTOP)
    run.signal(INT)
    time.sleep(1.5)
    os.kill(runner, signal.SIGCONT)
    status, out, err = run.finish()
    check_status(status, died_of(INT), out + err)
    assert b"did not hear" not in err and b"stopp" in out, (out, err)
    check_nothing_left()


def hold_up(pid):
    """The thread PID gets to nothing any more; its process's other threads do. Returns who sees to that."""
    holder = subprocess.Popen(["strace", "-p", str(pid), "-o", "/dev/null", "-e", "trace=epoll_wait,epoll_pwait",
                               "-e", "inject=epoll_wait,epoll_pwait:delay_enter=1000s"], stderr=subprocess.PIPE)
    line = holder.stderr.readline()
    assert re.search(rb"attached", line), line
    return holder


def test_the_death_of_the_guard_ends_a_run_whose_loop_does_not_hear():
    run = busy()
    runner = run.runner()
    holder = hold_up(runner)
    os.kill(run.guard, KILL)
    said = run.process.stderr.readline()
    assert b"the run did not hear of it" in said, said
    holder.kill()  # who traces a process is asked before it ends
    holder.communicate(timeout=PATIENCE)
    assert wait_gone(runner)
    run.finish()
    check_nothing_left()


BEATS = """
    processes:
      server:
        run: "kill -STOP $PPID; echo beat; sleep 5.2; kill -CONT $PPID; while sleep 0.05; do echo beat; done"
        health: {log: "^beat$", interval: 5s, threshold: 1}
"""


def test_who_has_told_of_itself_meanwhile_is_not_blamed():
    """A loop that has had no turn for longer than the interval reads what has come before it says that nothing did."""
    run = Run(BEATS)
    run.wait_for(rb"\| beat$")
    assert b"unhealthy" not in run.seen, run.seen
    run.signal(TERM)
    status, out, err = run.finish()
    check_status(status, died_of(TERM), out + err)
    check_nothing_left()
