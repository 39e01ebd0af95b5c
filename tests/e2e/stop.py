"""Stopping: by signals, by the end of the reader, by the death of the runner or of the guard."""
import json
import os
import re
import signal
import subprocess
import time

from harness.parrun import (HUP, INT, KILL, PATIENCE, QUIT, TERM, VARIANT, Directory, Run, amount, check_nothing_left,
                            check_status, complete, died_of, mark)
from harness.processes import children, survivors, wait_gone

# Everything that can be alive in a run: a process, one with a session of its own, a double-forked daemon,
# pools of both kinds, a queue with its two ends, a thread.
EVERYTHING = """
    processes:
      plain: {run: "echo ready plain; sleep 1000; sleep 1000"}
      own: {run: "echo ready own; setsid sleep 1000"}
      adopted: {run: "setsid sh -c '(setsid sleep 300 &)'; echo ready adopted; exec sleep 1000"}
      writer: {run: "echo ready writer >&2; exec yes", stdout: {queue: q}}
      reader: {run: "echo ready reader; cat >/dev/null", stdin: {queue: q}}
      lua: {lua: "print('ready lua') while true do pcall(function() while true do end end) end"}
    pools:
      shell: {workers: 2, tasks: 10, output: lines, run: "echo ready shell; sleep 1000; true"}
      states: {workers: 2, tasks: 10, output: lines, lua: "print('ready states') parrun.sleep(1000)"}
      threads: {kind: thread, workers: 1, tasks: 3, output: lines, lua: "print('ready threads') parrun.sleep(1000)"}
    threads:
      asleep: {lua: "print('ready asleep') parrun.sleep(1000)"}
    queues:
      q: {}
"""
READY = 12  # lines with "ready" until all of it runs


def everything():
    run = Run(EVERYTHING)
    for _ in range(READY):
        run.wait_for(rb"ready \w+$")
    return run


def stops_by(number):
    run = everything()
    run.signal(number)
    status, out, err = run.finish()
    check_nothing_left()
    check_status(status, died_of(number), out + err)


@mark("tsan")
def test_term():
    stops_by(TERM)


def test_int():
    stops_by(INT)


def test_hup():
    stops_by(HUP)


def test_quit():
    stops_by(QUIT)


# Ignores everything that can be ignored, and says when the stop has reached it.
STUBBORN = """
    processes:
      stubborn:
        run: |
          trap 'echo heard' TERM
          trap '' INT HUP QUIT
          echo ready
          while :; do sleep 0.1; done
        stop: {grace: 1000s}
"""


def second_signal(first, second):
    run = Run(STUBBORN)
    run.wait_for(rb"ready")
    run.signal(first)
    run.wait_for(rb"heard")
    began = time.monotonic()
    while run.process.poll() is None and time.monotonic() - began < PATIENCE:
        run.signal(second)
        try:
            run.process.wait(0.2)
        except subprocess.TimeoutExpired:
            pass
    status, out, err = run.finish()
    check_nothing_left()
    assert status in (died_of(first), died_of(second)), f"{status}\n{out}{err}"


def test_second_int_kills_at_once():
    second_signal(INT, INT)


def test_term_after_int_kills_at_once():
    second_signal(INT, TERM)


def test_grace_ends_in_kill():
    run = Run(STUBBORN.replace("1000s", "200ms"))
    run.wait_for(rb"ready")
    run.signal(TERM)
    status, out, err = run.finish()
    check_nothing_left()
    check_status(status, died_of(TERM), out + err)
    assert b"Process stubborn killed: it did not end within 200ms." in out, out


def test_stopped_child_is_continued():
    """A child that is stopped by SIGSTOP still gets to its handler of TERM."""
    run = Run("""
        processes:
          test:
            run: |
              trap 'echo heard; exit 0' TERM
              echo ready $$
              while :; do sleep 0.1; done
            stop: {grace: 1000s}
    """)
    pid = int(run.wait_for(rb"ready (\d+)").group(1))
    os.kill(pid, signal.SIGSTOP)
    run.signal(TERM)
    status, out, err = run.finish()
    check_nothing_left()
    check_status(status, died_of(TERM), out + err)
    assert b"heard" in out, out


def test_signal_before_anything_started():
    """A TERM in the first moments is neither lost nor does it leave anything behind."""
    for _ in range(20):
        run = Run("processes: {test: {run: sleep 1000}}")
        run.runner()
        run.signal(TERM)
        status, out, err = run.finish()
        check_nothing_left()
        check_status(status, died_of(TERM), out + err)


KILLED_AT = range(0, 50, amount(4 if VARIANT == "release" else 12, 1))
GRACE = 10  # seconds: nobody who ignores TERM is given it here

MANY_LINES = """
    processes:
      ticker: {run: "while :; do echo tick; done"}
      adopted: {run: "setsid sh -c '(setsid sleep 300 &)'; trap '' TERM INT; while :; do sleep 1; done"}
    pools:
      shell: {workers: 2, tasks: 1000000, run: "echo task"}
      states: {workers: 1, tasks: 1000000, lua: "print(item)"}
    threads:
      busy: {lua: "while true do end"}
"""


@mark("alone")
def test_runner_killed_at_many_moments():
    """Moment k: when 40 k lines have come out; moment 0: as soon as there is a runner."""
    for moment in KILLED_AT:
        run = Run(MANY_LINES)
        runner = run.runner()
        for _ in range(moment * 40):
            assert run.line()
        killed = time.monotonic()
        os.kill(runner, KILL)
        # Nothing is read here, so an end that waited for a reader would be seen as well.
        status = run.process.wait(PATIENCE)
        took = time.monotonic() - killed
        left = survivors()
        assert took < GRACE / 2 or VARIANT != "release", f"moment {moment}: took {took:.2f} s"
        assert not left, f"moment {moment}: left behind: {left}"
        check_status(status, died_of(KILL))
        run.finish()


def test_guard_killed():
    """The runner stops the run as for any other TERM, and leaves nothing."""
    run = everything()
    runner = run.runner()
    os.kill(run.guard, KILL)
    assert wait_gone(runner, PATIENCE), "the runner goes on"
    _, out, _ = run.finish()
    assert b"Stopping: the process that watches over this run was killed.\n" in run.seen + out, out
    for pid in [int(words.split()[0]) for words in survivors()]:
        assert wait_gone(pid, PATIENCE), f"{pid} goes on"
    check_nothing_left()
    run = Run("processes: {p: {run: 'echo up >&2; exec sleep 1000', stderr: inherit}}", "-q", stderr=subprocess.STDOUT)
    run.wait_for(b"up")
    os.kill(run.guard, KILL)
    assert b"Stopping: the process that watches" in run.finish()[1], "nobody has asked for it: told with -q too"


def test_double_forked_daemon_at_the_end():
    """What a process left behind is ended when the run ends by itself, too."""
    run = Run("""
        processes:
          test: {run: "setsid sh -c '(setsid sleep 300 >/dev/null 2>&1 </dev/null &)'; echo done"}
    """)
    status, out, err = run.finish()
    check_nothing_left()
    check_status(status, 0, out + err)


def test_head_ends_the_run():
    directory = Directory()
    directory.file("scenario.yaml", MANY_LINES)
    program = os.environ["PARRUN"]
    ended = subprocess.run(
        ["bash", "-c", f"{program} scenario.yaml | head -1; exit ${{PIPESTATUS[0]}}"],
        cwd=directory.path, capture_output=True, timeout=PATIENCE, check=False)
    assert ended.stdout.count(b"\n") == 1, ended
    assert ended.returncode in (0, 3, 128 + signal.SIGPIPE), ended
    check_nothing_left()


def test_ended_by_the_same_signal_as_seen_by_a_shell():
    run = Run("processes: {test: {run: echo ready; exec sleep 1000}}")
    run.wait_for(rb"ready")
    run.signal(TERM)
    assert run.process.wait(PATIENCE) == -15


def test_worker_killed_in_mid_task():
    """Its task alone is reported failed, another worker does the rest, the status is 1."""
    directory = Directory()
    directory.fifo("gate")
    run = Run("""
        pools:
          p:
            workers: 2
            tasks: 6
            output: lines
            lua: |
              if item == 2 then
                print("waiting " .. parrun.pid())
                io.open("gate"):read()
              end
    """, directory=directory)
    pid = int(run.wait_for(rb"waiting (\d+)").group(1))
    os.kill(pid, KILL)
    status, out, err = run.finish()
    check_nothing_left()
    check_status(status, 1, out + err)
    lines = out.decode().splitlines()
    assert sum(line.startswith("Run task ") for line in lines) == 6, out
    assert sum(" runs " in line for line in lines) == 5, out
    about = [line for line in lines if "failed" in line or "lost" in line]
    assert about and all("2" in line for line in about if line.startswith("Task")), out


def test_worker_killed_while_its_command_runs():
    """The command of a lost worker is ended with it."""
    run = Run("""
        pools:
          p: {workers: 1, tasks: 2, output: lines, run: "test ${{ item }} -eq 1 || { echo waiting; sleep 1000; true; }"}
    """)
    task = int(run.wait_for(rb"Run task 0 \((\d+)\)").group(1))
    run.wait_for(rb"waiting")
    os.kill(task, KILL)
    status, out, err = run.finish()
    check_nothing_left()
    check_status(status, 1, out + err)


def test_children_have_a_session_of_their_own():
    run = Run("processes: {test: {run: 'echo pid $$; exec sleep 1000'}}")
    pid = int(run.wait_for(rb"pid (\d+)").group(1))
    assert os.getsid(pid) == pid and os.getpgid(pid) == pid
    assert children(run.guard), "the runner is the guard's child"
    run.signal(TERM)
    run.finish()
    check_nothing_left()


def test_leaked_is_named():
    """What a process has left behind in a session of its own is told by name, and counted in JSON."""
    scenario = """
        processes:
          test: {run: "setsid sh -c '(setsid sleep 300 >/dev/null 2>&1 </dev/null &)'; echo done"}
    """
    status, out, err = complete(scenario)
    check_status(status, 0, out + err)
    assert re.search(rb"^leaked: 1 \(\w+ \d+\); ended now$", out, re.M), out
    status, out, err = complete(scenario, "--format", "json")
    check_status(status, 0, out + err)
    ended = json.loads(out.splitlines()[-1])
    assert ended["event"] == "run.ended" and ended["leaked"] == 1, ended
    assert re.fullmatch(r"1 \(\w+ \d+\)", ended["reason"]), ended
    check_nothing_left()


def test_nothing_leaked_is_told_in_json():
    """Also where everything was stopped by force, whatever its groups."""
    status, out, err = complete("""
        processes:
          a: {run: "sleep 0.1; true"}
          b: {daemon: true, run: "trap '' TERM; while :; do sleep 0.1; done", stop: {grace: 100ms}}
        pools:
          p: {workers: 2, tasks: 3, timeout: 200ms, run: "sleep 1000 | cat"}
    """, "--format", "json")
    check_status(status, 1, out + err)
    ended = json.loads(out.splitlines()[-1])
    assert ended["event"] == "run.ended" and ended["leaked"] == 0 and "reason" not in ended, ended
    check_nothing_left()
