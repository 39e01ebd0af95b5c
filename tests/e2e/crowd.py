"""Many of everything: processes, ends, signals, runs; and nothing at all when nothing happens."""
import os
import re
import select
import signal
import subprocess
import time

from harness.parrun import (INT, PATIENCE, PROGRAM, TERM, Directory, Run, amount, check_nothing_left,
                            check_status, complete, died_of, mark, until)
from harness.processes import all_pids, stat


def test_many_processes_end_at_once():
    """All of them wait for one FIFO to be opened; the end of each is told once."""
    directory = Directory()
    directory.fifo("gate")
    names = [f"p{n}" for n in range(amount(150, 500))]
    run = Run("processes:\n" + "".join(
        f"  {name}: {{run: 'echo ready; read -r _ <gate'}}\n" for name in names), directory=directory)
    for _ in names:
        run.wait_for(rb"\| ready")
    while run.process.poll() is None:  # opening wakes all that wait at that moment; others may come later
        try:
            os.close(os.open(directory.path / "gate", os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            time.sleep(0.01)  # none waits now
    status, out, err = run.finish()
    check_nothing_left()
    # A read that met the end of file is not the body's success; all that counts is that all ended.
    check_status(status, 1, err)
    for name in names:
        assert out.count(f"Process {name} end.\n".encode()) == 1, name


def zombies():
    return [pid for pid in all_pids() if (facts := stat(pid)) and facts[1] == "Z" and facts[2] != os.getpid()]


@mark("release")
def test_many_tasks_leave_no_zombie():
    tasks = amount(300, 2000)
    run = Run("""
        pools:
          p: {workers: 4, tasks: @TASKS@, output: discard, run: "(exit 0) & exit 0"}
        processes:
          last: {stdin: {queue: q}, run: "read -r _; echo ready; read -r _"}
        queues:
          q: {items: [a], close: never}
    """.replace("@TASKS@", str(tasks)))
    run.wait_for(rb"All subprocesses done")
    until(lambda: not zombies(), "an end of all zombies")  # the last of them may just have ended
    run.signal(TERM)
    status, out, err = run.finish()
    check_nothing_left()
    check_status(status, died_of(TERM), err)
    assert len(re.findall(rb"^Task \d+ runs ", out, re.M)) == tasks


def test_every_signal():
    """A task that dies of a signal, and a process, are told with just that signal's name."""
    names = ("HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM VTALRM PROF "
             "XCPU XFSZ SYS").split()
    status, out, err = complete(f"""
        pools:
          p: {{workers: 2, tasks: [{", ".join(names)}], run: "ulimit -c 0; kill -s ${{{{ item }}}} $$; sleep 60"}}
        processes:
          p_abrt: {{run: "ulimit -c 0; kill -s ABRT $$"}}
    """)
    check_status(status, 1, err)
    lines = out.decode().splitlines()
    for index, name in enumerate(names):
        assert f"Task {index} ({name}) failed: ended by signal {name}." in lines, (name, out.decode())
    assert any("p_abrt" in line and "ABRT" in line or "ended by signal ABRT" in line for line in lines)
    check_nothing_left()


def test_flood_of_signals():
    """The TERM behind ten thousand other signals is not lost."""
    run = Run("processes: {test: {run: echo ready; exec sleep 1000}}")
    run.wait_for(rb"ready")
    runner = run.runner()
    for _ in range(5000):
        os.kill(run.guard, signal.SIGWINCH)
        os.kill(runner, signal.SIGCHLD)
    run.signal(TERM)
    status, out, err = run.finish()
    check_nothing_left()
    check_status(status, died_of(TERM), out + err)


def test_many_runs_in_one_directory():
    directory = Directory()
    directory.file("scenario.yaml", """
        processes:
          from: {run: "seq 20", stdout: {queue: q}}
          to: {consumes: q, lua: "local n = 0 for m in parrun.queue('q'):each() do n = n + m end print('sum', n)"}
        pools:
          p: {workers: 2, tasks: 4, lua: "print('task', item)"}
        queues:
          q: {}
    """)
    runs = [subprocess.Popen([PROGRAM, "scenario.yaml"], cwd=directory.path, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(amount(10, 50))]
    for run in runs:
        out, err = run.communicate(timeout=PATIENCE * 5)
        check_status(run.returncode, 0, out + err)
        assert b"sum\t210\n" in out and out.count(b"task\t") == 4, out
    check_nothing_left()
    assert os.listdir(directory.path) == ["scenario.yaml"]


IDLE = """
    processes:
      asleep: {run: "echo ready; exec sleep 1000"}
      lua: {lua: "print('ready') io.stdout:flush() parrun.sleep(1000)"}
      fed: {stdin: {queue: q}, run: "echo ready; cat"}
    pools:
      p: {workers: 2, tasks: 2, output: lines, run: "echo ready; sleep 1000; true"}
      l: {workers: 1, tasks: 1, output: lines, lua: "print('ready') parrun.sleep(1000)"}
      t: {kind: thread, workers: 1, tasks: 1, output: lines, lua: "print('ready') parrun.sleep(1000)"}
    threads:
      th: {lua: "print('ready') parrun.sleep(1000)"}
      takes: {consumes: r, lua: "print('ready') parrun.queue('r'):get()"}
      puts: {produces: r, lua: "print('ready') parrun.sleep(1000)"}
    queues:
      r: {}
      q: {items: [a], close: never}
"""


@mark("alone", "release")
def test_idle_run_makes_no_wake_ups():
    """Two seconds of strace on the runner see not one system call return."""
    run = Run(IDLE)
    for _ in range(10):
        run.wait_for(rb"ready")
    quiet = False
    for _ in range(5):  # what has just begun may still be settling
        traced = subprocess.run(["timeout", "2", "strace", "-f", "-c", "-p", str(run.runner())],
                                capture_output=True, check=False, timeout=PATIENCE)
        calls = [line for line in traced.stderr.decode().splitlines()
                 if re.match(r"\s*[\d.]+\s+[\d.]+", line) and "total" not in line]
        quiet = not calls
        if quiet:
            break
    assert quiet, traced.stderr.decode()
    run.signal(TERM)
    status, out, err = run.finish()
    check_nothing_left()
    check_status(status, died_of(TERM), out + err)


def test_grandchild_keeps_the_pipe():
    """Process and task are done though a grandchild holds their output; it ends with the run."""
    directory = Directory()
    run = Run("""
        processes:
          test: {run: "sleep 1000 & echo done; exit 0"}
        pools:
          p: {workers: 1, tasks: 2, run: "sleep 1000 & echo task ${{ item }}"}
    """, directory=directory)
    status, out, err = run.finish()
    check_nothing_left()
    check_status(status, 0, out + err)
    assert b"task 0" in out and b"task 1" in out and b"done" in out, out


def wait_until_full(pipe):
    """Nobody reads it: what fills it comes sooner or later. Full is what a writer of it would have to wait
    for: a pipe counts its buffers, and short writes leave room in each that bytes cannot tell."""
    end = os.open(f"/proc/self/fd/{pipe.fileno()}", os.O_WRONLY | os.O_NONBLOCK)
    deadline = time.monotonic() + PATIENCE
    while select.select([], [end], [], 0)[1]:
        assert time.monotonic() < deadline, "nothing fills the pipe"
        time.sleep(0.01)
    os.close(end)


def test_interrupt_twice_while_the_log_is_stuck():
    """Nobody reads the log: two signals end the run all the same, and say what was lost."""
    directory = Directory()
    directory.fifo("asked")
    run = Run("""
        processes:
          writer: {run: "trap '' INT; exec yes"}
          other:
            run: "trap 'echo asked >asked' TERM INT; echo begun >asked; while :; do sleep 0.1; done"
            stop: {grace: 1000s}
    """, directory=directory)
    assert (directory.path / "asked").read_text() == "begun\n"
    wait_until_full(run.process.stdout)
    run.signal(INT)
    assert (directory.path / "asked").read_text()
    while run.process.poll() is None:
        run.signal(INT)
        try:
            run.process.wait(0.2)
        except subprocess.TimeoutExpired:
            pass
    assert run.process.returncode in (died_of(INT), 3), run.process.returncode
    check_nothing_left()
    err = run.process.stderr.read()
    assert b"bytes could not be written" in err, err


def test_interrupt_while_errors_are_stuck_too():
    """With both streams in one pipe that nobody reads, the last words must not hold the end up."""
    directory = Directory()
    directory.fifo("asked")
    directory.fifo("escaped")
    run = Run("""
        processes:
          writer: {run: "trap '' INT; exec yes"}
          escaped: {run: "setsid sh -c '(setsid sleep 300 &)'; echo away >escaped"}
          other:
            run: "trap 'echo asked >asked' TERM INT; echo begun >asked; while :; do sleep 0.1; done"
            stop: {grace: 1000s}
    """, directory=directory, stderr=subprocess.STDOUT)
    assert (directory.path / "asked").read_text() == "begun\n"
    assert (directory.path / "escaped").read_text() == "away\n"
    run.signal(INT)
    assert (directory.path / "asked").read_text()
    deadline = time.monotonic() + PATIENCE
    while run.process.poll() is None and time.monotonic() < deadline:
        run.signal(INT)
        try:
            run.process.wait(0.2)
        except subprocess.TimeoutExpired:
            pass
    assert run.process.returncode in (died_of(INT), 3), run.process.returncode
    check_nothing_left()


def test_log_where_a_file_should_be():
    """A FIFO or a directory is refused at once; a symbolic link is not followed."""
    directory = Directory()
    directory.fifo("fifo")
    (directory.path / "folder").mkdir()
    victim = directory.file("victim", "untouched\n")
    (directory.path / "link").symlink_to(victim)
    for name in ("fifo", "folder", "link"):
        status, out, err = complete("processes: {test: {run: echo x}}", "--log", name,
                                    directory=directory)
        check_status(status, 2, out + err)
        assert name.encode() in err, err
    assert victim.read_text() == "untouched\n"
    status, out, err = complete("processes: {test: {run: echo x}}", "--log", "/dev/stderr")
    check_status(status, 0, out + err)
    assert b"Process end." in err and b"test | x\n" == out, out + err


def test_head_on_a_quiet_run():
    """The reader has gone long before the next line: the run ends then, and leaves nothing."""
    directory = Directory()
    directory.file("scenario.yaml", """
        processes:
          test: {run: "echo one; sleep 0.3; echo two; exec sleep 1000"}
          own: {run: "trap '' PIPE TERM; setsid sleep 1000", stop: {grace: 100ms}}
    """)
    ended = subprocess.run(
        ["bash", "-c", f"{PROGRAM} scenario.yaml | head -1; exit ${{PIPESTATUS[0]}}"],
        cwd=directory.path, capture_output=True, timeout=PATIENCE, check=False)
    assert ended.returncode == 128 + signal.SIGPIPE, ended
    check_nothing_left()
