"""What the system refuses: each call in turn, for a moment or for good."""
import os
import pathlib
import signal
import subprocess

from harness.parrun import PATIENCE, PROGRAM, Directory, Run, check_nothing_left, check_status, complete, mark

SCENARIO = """
    processes:
      a: {run: echo a says so}
    pools:
      p: {tasks: 3, workers: 1, run: "echo item ${{ item }}"}
      lua: {tasks: 2, workers: 1, lua: "io.write(parrun.run({'echo', 'lua', tostring(item)}).out)"}
"""
SAID = [b"a | a says so\n", b"item 0\n", b"item 1\n", b"item 2\n", b"lua 0\n", b"lua 1\n"]
FORKS = "clone,clone3,fork,vfork"


def injected(calls, fault, *arguments, scenario=SCENARIO):
    """A run under strace, which makes CALLS fail, counted in each process by itself."""
    directory = Directory()
    directory.fifo("gate")
    directory.file("scenario.yaml", scenario)
    ended = subprocess.run(["strace", "-f", "-qq", "-o", "trace", "-e", f"trace={calls}", "-e",
                            f"inject={calls}:{fault}", PROGRAM, *arguments, "scenario.yaml"],
                           cwd=directory.path, stdin=subprocess.DEVNULL, capture_output=True,
                           timeout=PATIENCE * 2, check=False)
    check_nothing_left()
    log = directory.path / "log.txt"
    said = ended.stdout + ended.stderr + (log.read_bytes() if log.exists() else b"")
    return ended, said, b"(INJECTED)" in (directory.path / "trace").read_bytes()


@mark("release")
def test_process_refused_for_a_moment():
    """Each start in turn, of the runner's and of every worker's: waited for, and done."""
    for number in range(1, 20):
        ended, _, met = injected(FORKS, f"error=EAGAIN:when={number}")
        if number == 1:
            assert ended.returncode == 4, ended
            assert b"cannot start the runner: Resource temporarily unavailable" in ended.stderr, ended
            continue
        assert ended.returncode == 0, (number, ended)
        for line in SAID:
            assert line in ended.stdout, (number, line, ended.stdout)
        if not met:
            assert number > 3, number
            return
    raise AssertionError("no run without a fault")


# The one ends when it was found ready, however long that takes.
HELPERS = """
    processes:
      a: {run: "echo a says so; read line <gate", ready: {run: "true", interval: 10ms}}
      b: {run: "echo b says so; echo go >gate", depends_on: a}
    pools:
      p: {tasks: {output: "echo one; echo two"}, workers: 1, run: "echo item ${{ item }}"}
    threads:
      t: {lua: print("t says so")}
"""


@mark("release")
def test_what_is_started_beside_is_refused_for_a_moment():
    """A check, the command that makes the tasks, a thread: each start in turn is waited for."""
    for number in range(2, 25):
        ended, _, met = injected(FORKS, f"error=EAGAIN:when={number}", scenario=HELPERS)
        assert ended.returncode == 0, (number, ended)
        for line in (b"a says so\n", b"b says so\n", b"item one\n", b"item two\n", b"t says so\n"):
            assert line in ended.stdout, (number, line, ended.stdout)
        if not met:
            assert number > 5, number
            return
    raise AssertionError("no run without a fault")


@mark("release")
def test_process_refused_for_good():
    """The runner waits for 10 seconds and then says which limit it was."""
    ended, _, _ = injected(FORKS, "error=EAGAIN:when=2+", "-v", scenario="""
        processes:
          a: {run: echo a}
          b: {run: echo b}
          c: {run: echo c, depends_on: b}
        pools:
          p: {tasks: 3, run: echo p}
    """)
    refused = b"no more processes are allowed (see ulimit -u)."
    assert ended.returncode == 4, ended
    for line in (b"Process b is tried again in 50ms: cannot start '/bin/sh': " + refused,
                 b"Process b is tried again in 1s: cannot start '/bin/sh': " + refused,
                 b"Process b failed: cannot start '/bin/sh': " + refused,
                 b"Process c skipped: b failed.", b"Pool p waits: cannot start a worker: ",
                 b"Pool p ended: 0 tasks done; 3 were not done; cannot start a worker: "):
        assert line in ended.stdout, (line, ended.stdout.decode())


# libuv ends the program: for its own descriptors, and where a thread is refused just after as many were to be had.
CRASHES = {"epoll_ctl": (125,), FORKS: (125,)}
TELLING = (b"error", b"failed", b"cannot", b"skipped: ")


def refused(call, error, first, *arguments, scenario=SCENARIO):
    """The Nth such call fails, for each N: an exit status of ours, no crash, no hang, nobody left."""
    for number in range(first, 2000):
        ended, said, met = injected(call, f"error={error}:when={number}", *arguments, scenario=scenario)
        assert ended.returncode in (0, 1, 2, 3, 4, 127) + CRASHES.get(call, ()), (call, error, number, ended)
        assert b"Sanitizer" not in said, (call, error, number, ended)
        silent = ended.returncode in CRASHES.get(call, ())
        if ended.returncode and not silent:
            assert any(word in said for word in TELLING), (call, error, number, ended, said.decode())
        if not met:
            assert number > first, call
            return number
    raise AssertionError("no run without a fault")


@mark("release")
def test_pipes_refused():
    """libuv ends the program where its own two pipes are refused; parrun asks for as many before."""
    refused("pipe2", "EMFILE", 5)


@mark("release")
def test_pipes_refused_by_the_system():
    refused("pipe2", "ENFILE", 5)


# Something of everything that asks the system for something.
WHOLE = """
    processes:
      from: {run: "seq 20", stdout: {queue: numbers}}
      up: {run: exec sleep 1000, daemon: true, ready: {exec: ["true"], interval: 10ms}}
      to: {run: cat, stdin: {queue: squares}, stdout: {file: squares.txt}}
      logged: {lua: "print(parrun.run({'echo', 'hi'}).out)", depends_on: {up: ready}}
    pools:
      square: {workers: 2, tasks: {queue: numbers}, lua: return item * item, results: {queue: squares}}
      ask: {workers: 1, tasks: 3, coprocess: {command: [cat]}, results: {file: asked.jsonl}}
      run: {workers: 2, tasks: 4, retry: {attempts: 2, delay: 10ms}, run: "echo ${{ item }}"}
      think: {kind: thread, workers: 2, tasks: 4, lua: parrun.sleep(0.001)}
    threads:
      t: {lua: "print('thread')"}
    queues: {numbers: {}, squares: {framing: json}}
"""
FIRST = {"pipe2": 5}  # libuv ends the program where those before are refused; parrun asks for as many before
REFUSALS = {
    "openat": ("EMFILE", "ENFILE", "ENOMEM"),
    "pipe2": ("EMFILE",),
    "epoll_create1,eventfd2": ("EMFILE",),
    "epoll_ctl": ("ENOMEM", "ENOSPC"),
    "fcntl": ("EMFILE",),
    "dup2,dup3": ("EMFILE",),
    "socket": ("EMFILE", "EACCES"),
    "bind,listen": ("ENOSPC",),
    "pidfd_open": ("EMFILE", "ENOSYS"),
    FORKS: ("EAGAIN", "ENOMEM"),
    "execve": ("ENOMEM", "EACCES"),
    "pwrite64": ("EIO", "ENOSPC"),
    "fsync,fdatasync": ("EIO",),
    "close_range": ("ENOSYS",),
    "setsid,setpgid": ("EPERM",),
}


def torture_every_call_refused():
    """Each call of each kind, with each error that it may give."""
    for call, errors in REFUSALS.items():
        for error in errors:
            runs = refused(call, error, FIRST.get(call, 1), "--journal", "j.db", "--log", "log.txt", scenario=WHOLE)
            print(f"{call}: {error} at each of {runs - 1} calls")


def torture_every_allocation_fails():
    """As test_no_memory(), at every single one."""
    directory = Directory()
    directory.file("scenario.yaml", WHOLE)
    print(f"{starve(directory, every=1)} allocations failed")


@mark("release")
def test_too_few_descriptors_for_anything():
    """At every limit: the same results, or a message and an exit status that says so."""
    directory = Directory()
    directory.file("scenario.yaml", SCENARIO)
    worked = False
    for limit in range(3, 60):
        ended = subprocess.run(["prlimit", f"--nofile={limit}", PROGRAM, "scenario.yaml"],
                               cwd=directory.path, stdin=subprocess.DEVNULL, capture_output=True,
                               timeout=PATIENCE, check=False)
        said = ended.stdout + ended.stderr
        assert ended.returncode in (0, 1, 2, 3, 4, 127), (limit, ended)
        assert ended.returncode == 0 or said, (limit, ended)
        if worked:
            assert ended.returncode == 0, (limit, ended)
        worked = worked or ended.returncode == 0 and all(line in ended.stdout for line in SAID)
    check_nothing_left()
    assert worked


SHIM = pathlib.Path(__file__).with_name("malloc_fails.c")
STEPS = 60  # allocations at which a run is made to fail, spread over all of a run's


def starved(directory, number):
    environment = os.environ | {"LD_PRELOAD": str(directory.path / "shim.so"),
                                "MALLOC_FAILS_AT": str(number)}
    ended = subprocess.run([PROGRAM, "scenario.yaml"], cwd=directory.path, env=environment,
                           stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE,
                           check=False)
    check_nothing_left()
    return ended


def starve(directory, every=None):
    """The Nth allocation of each process fails, for every EVERYth N; how often that was a failure."""
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", directory.path / "shim.so", SHIM], check=True)
    most = 1
    while starved(directory, most).returncode:  # beyond the last allocation nothing fails
        most *= 2
        assert most < 1 << 20
    failed = 0
    for number in range(1, most, every or max(1, most // STEPS)):
        ended = starved(directory, number)
        said = ended.stdout + ended.stderr
        assert ended.returncode in (0, 1, 2, 3, 4), (number, ended)
        assert ended.returncode == 0 or b"memory" in said or b"failed" in said, (number, ended)
        failed += ended.returncode != 0
    return failed


@mark("release")
def test_no_memory():
    """A message and an exit status of ours, nobody left."""
    directory = Directory()
    directory.file("scenario.yaml", SCENARIO)
    failed = starve(directory)
    assert failed > STEPS // 4, failed


@mark("release")
def test_a_crash_is_called_one():
    """A signal that only a fault sends: an exit status of its own, a message, nobody left."""
    run = Run("""
        processes:
          a: {run: "trap '' TERM; setsid sleep 1000 & echo ready; wait"}
    """)
    run.wait_for(rb"ready")
    os.kill(run.runner(), signal.SIGSEGV)
    status, out, err = run.finish()
    check_nothing_left()
    check_status(status, 125, out + err)
    assert b"the runner crashed, which is a fault of parrun's own; everything it had started was ended" in err, err


def test_workers_that_start_and_fail_together_are_one_failure():
    """Six workers whose setup dies with them once are started again; five in a row are too many."""
    status, out, err = complete("""
        pools:
          p:
            workers: 6
            tasks: 6
            setup: |
              local function begun()
                local file = io.open("began")
                local text = file and file:read("a") or ""
                if file then file:close() end
                return #text
              end
              if begun() < 6 then
                local file = io.open("began", "a")
                file:write("x")
                file:close()
                repeat until begun() >= 6
                parrun.run("kill -9 $PPID")
              end
            lua: print(item)
    """)
    check_status(status, 0, out + err)
    assert out.count(b" was lost: ") == 6, out
