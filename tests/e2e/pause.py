"""Ctrl-Z and fg, seen from the shell that has started the run; and a runner that stands still."""
import datetime
import json
import os
import re
import signal
import time

from harness.parrun import PATIENCE, Directory, Run, check_nothing_left, check_status, mark
from harness.processes import children, stat
from harness.shell import Shell

# Longer than every limit of the scenarios below.
PAUSE = 20.5


def family(pid):
    """All that descends from PID, itself first."""
    found = [pid]
    for child in children(pid):
        found += family(child)
    return found


def states(pid):
    found = ((one, stat(one)) for one in family(pid))
    return {one: facts[:2] for one, facts in found if facts}


def wait_stopped(guard):
    """Until all of the run stands still: D is who waits for the exec of a child that is stopped."""
    deadline = time.monotonic() + PATIENCE
    while {facts[1] for facts in states(guard).values()} - {"T", "D"}:
        assert time.monotonic() < deadline, f"not stopped: {states(guard)}"
        time.sleep(0.01)


# Each of these has a limit of 20 s and goes on until it may end.
WAITS = "until [ -e go ]; do sleep 0.05; done"
ASLEEP = "while not io.open('go') do parrun.sleep(0.05) end"
LIMITED = f"""
    processes:
      command: {{timeout: 20s, run: "echo ready command; {WAITS}; echo went on"}}
      own: {{timeout: 20s, run: "echo ready own; setsid sh -c '{WAITS}'; echo went on"}}
      body: {{timeout: 20s, lua: "print('ready body') {ASLEEP} print('went on')"}}
      busy: {{timeout: 20s, lua: "print('ready busy') while not io.open('go') do end print('went on')"}}
    pools:
      shell: {{workers: 1, tasks: 1, output: lines, timeout: 20s, run: "echo ready shell; {WAITS}; echo went on"}}
      states: {{workers: 1, tasks: 1, output: lines, timeout: 20s, lua: "print('ready states') {ASLEEP} print('went on')"}}
      inner: {{workers: 1, tasks: 1, output: lines, timeout: 20s, lua: "print('ready inner') parrun.run('{WAITS}') print('went on')"}}
      threads: {{kind: thread, workers: 1, tasks: 1, output: lines, timeout: 20s, lua: "print('ready threads') {ASLEEP} print('went on')"}}
    threads:
      asleep: {{timeout: 20s, lua: "print('ready asleep') {ASLEEP} print('went on')"}}
      command-of-thread: {{timeout: 20s, lua: "print('ready run') parrun.run('{WAITS}') print('went on')"}}
"""
PARTS = 10


@mark("release")
def test_limits_do_not_count_the_pause():
    shell = Shell(LIMITED, "-v")
    for _ in range(PARTS):
        shell.wait_for(rb"ready \w+")
    guard = shell.suspend()
    assert len(states(guard)) > PARTS, states(guard)
    wait_stopped(guard)
    time.sleep(PAUSE)
    shell.go_on()
    shell.directory.file("go", "")
    status, told = shell.end()
    check_status(status, 0, told.encode())
    assert told.count("went on") == PARTS, told
    assert "timed out" not in told, told
    seconds = float(re.search(r"Everything goes on after ([\d.]+) seconds", told).group(1))
    assert seconds >= PAUSE, told


@mark("tsan")
def test_twice_and_then_a_signal():
    """Stopped, continued, stopped, and ended while stopped: a TERM that waits is acted on."""
    shell = Shell("""
        processes:
          test: {run: "trap 'echo heard; exit 0' TERM; echo ready; while :; do echo tick; sleep 0.05; done"}
    """)
    shell.wait_for(rb"ready")
    for _ in range(2):
        wait_stopped(shell.suspend())
        shell.go_on()
        shell.wait_for(rb"tick")
    guard = shell.suspend()
    os.kill(guard, signal.SIGTERM)
    shell.go_on()
    status, told = shell.end()
    assert status == -signal.SIGTERM and "heard" in told, f"{status}: {told}"


def test_delays_and_graces_stand_still():
    """A grace of 20 s does not pass while everything is stopped."""
    shell = Shell("""
        processes:
          slow:
            stop: {grace: 20s}
            run: "trap 'echo heard; until [ -e go ]; do sleep 0.05; done; echo in time; exit 0' TERM; echo ready; while :; do sleep 0.1; done"
    """)
    shell.wait_for(rb"ready")
    shell.type(b"\x03")
    shell.wait_for(rb"heard")
    shell.suspend()
    time.sleep(PAUSE)
    shell.go_on()
    shell.directory.file("go", "")
    status, told = shell.end()
    assert status == -signal.SIGINT and "in time" in told and "killed" not in told, told


def test_who_was_stopped_before_stays_so():
    shell = Shell("""
        processes:
          a: {run: "echo pid $$; exec sleep 1000", ready: {log: pid}}
          b: {run: "trap 'echo heard' USR1; echo other $$; while :; do sleep 0.1; done", depends_on: {a: ready}}
    """)
    stopped = int(shell.wait_for(rb"pid (\d+)").group(1))
    other = int(shell.wait_for(rb"other (\d+)").group(1))
    os.kill(stopped, signal.SIGSTOP)
    wait_stopped(stopped)
    shell.suspend()
    os.kill(other, signal.SIGUSR1)
    shell.go_on()
    shell.wait_for(rb"heard")
    assert stat(stopped)[1] == "T", stat(stopped)
    shell.type(b"\x03")
    status, told = shell.end()
    assert status == -signal.SIGINT, told


def test_without_job_control_nothing_stops():
    """Nobody could continue it: the signal is passed over, as the kernel does in such a group."""
    directory = Directory()
    directory.fifo("gate")
    run = Run("processes: {test: {run: 'echo ready; read line <gate; echo got $line'}}",
              directory=directory, start_new_session=True)
    run.wait_for(rb"ready")
    run.signal(signal.SIGTSTP)
    (directory.path / "gate").write_text("it\n")
    run.wait_for(rb"got it")
    status, out, err = run.finish()
    check_status(status, 0, out + err)


@mark("release")
def test_runner_stands_still():
    """SIGSTOP of the runner alone for 10 s: no burst of tasks, no negative time, the right end."""
    run = Run("""
        pools:
          p: {workers: 4, tasks: 1000, rate: 5/s, halt: {successes: 16, how: soon}, run: "[ ${{ item }} -lt 8 ] || until [ -e go ]; do sleep 0.05; done"}
    """, "--format", "json")
    runner = run.runner()
    run.wait_for(rb'"task.ended"')
    run.directory.file("go", "")
    os.kill(runner, signal.SIGSTOP)
    time.sleep(10)
    os.kill(runner, signal.SIGCONT)
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    check_nothing_left()
    events = [json.loads(line) for line in out.splitlines()]
    assert all(event.get("seconds", 0) >= 0 for event in events), out
    begun = [datetime.datetime.fromisoformat(event["time"]).timestamp()
             for event in events if event["event"] == "task.started"]
    after = [second - first for first, second in zip(begun, begun[1:])]
    assert max(after) > 5, after
    # One may be told late and the next be late: of four in a row two begin a whole interval apart.
    assert all(fourth - first > 0.19 for first, fourth in zip(begun, begun[3:])), after
