"""What a caller can hand down to a run: a row each, under which a run works or says what it needs, is not
deaf, and leaves nothing behind."""
import functools
import os
import re
import resource
import signal
import subprocess
import tempfile

from harness.parrun import (PATIENCE, PROGRAM, TERM, Directory, check_nothing_left,
                            check_status, complete, died_of, mark)

NOBODY = 65534
SIGNALS = [number for number in signal.valid_signals()
           if number not in (signal.SIGKILL, signal.SIGSTOP)]

# Every kind of body and every way to start a program; each writes its name once.
EVERY_KIND = """
    log: {prefix: false}
    queues: {q: {items: [taken]}}
    processes:
      shell: {run: "echo shell"}
      body: {lua: "print('body')"}
      taker: {run: "cat; true", stdin: {queue: q}}
    pools:
      command: {workers: 2, tasks: 3, output: lines, run: "echo command"}
      states: {workers: 1, tasks: 1, output: lines, lua: "print('states')"}
      inside: {kind: thread, workers: 1, tasks: 1, output: lines, lua: "print('inside')"}
      kept: {workers: 1, tasks: [kept], output: lines, coprocess: [cat]}
      source: {workers: 1, tasks: {output: echo source}, output: lines, run: "echo $PARRUN_ITEM"}
    threads:
      thread: {lua: "io.write(parrun.run('echo thread').out)"}
"""
TOLD = {"shell": 1, "body": 1, "taken": 1, "command": 3, "states": 1, "inside": 1, "source": 1, "thread": 1}

LASTING = """
    processes:
      shell: {run: "echo up; sleep 1000; true"}
      body: {lua: "print('up') parrun.sleep(math.huge)"}
    pools:
      command: {workers: 1, tasks: 1, output: lines, run: "echo up; sleep 1000; true"}
    threads:
      thread: {lua: "print('up') parrun.sleep(math.huge)"}
"""


def block(*numbers):
    return {"preexec_fn": lambda: signal.pthread_sigmask(signal.SIG_BLOCK, numbers)}


def ignore(*numbers):
    return {"preexec_fn": lambda: [signal.signal(number, signal.SIG_IGN) for number in numbers]}


def limit(name, most, user=False):
    def start():
        if user and os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))
    return {"preexec_fn": start}


def descriptor(number, path, flags):
    return {"preexec_fn": lambda: os.dup2(os.open(path, flags), number)}


def many_descriptors():
    ends = os.pipe()
    for number in range(3, 100):
        if number not in ends:
            os.dup2(ends[number % 2], number)


def gone_directory():
    place = tempfile.mkdtemp()
    os.chdir(place)
    os.rmdir(place)


def environment(**variables):
    return {"env": {"PATH": os.environ["PATH"], **variables}}


def mounted(script):
    """Through a shell with mounts of its own."""
    return {"before": ["unshare", "--mount", "sh", "-ec", f'{script}; exec "$@"', "sh"]}


# The name of a row, how the run is started, and what it says where it cannot work; "": it works.
WORKS = ""
ROWS = [
    ("SIGCHLD blocked", block(signal.SIGCHLD), WORKS),
    ("all signals blocked", block(*SIGNALS), WORKS),
    ("SIGCHLD ignored", ignore(signal.SIGCHLD), WORKS),
    ("job control ignored", ignore(signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU), WORKS),
    ("all but TERM ignored", ignore(*(n for n in SIGNALS if n not in (signal.SIGTERM, signal.SIGPIPE))),
     WORKS),
    ("no file may be written to", limit("FSIZE", 0), WORKS),
    ("no core file", limit("CORE", 0), WORKS),
    ("no memory locked", limit("MEMLOCK", 0), WORKS),
    ("no signal queued", limit("SIGPENDING", 0), WORKS),
    ("endless stack", limit("STACK", resource.RLIM_INFINITY), WORKS),
    ("small stack", limit("STACK", 256 << 10), WORKS),
    ("too small a stack", limit("STACK", 64 << 10), "a run needs 256 KiB (see ulimit -s)"),
    ("few files", limit("NOFILE", 12), "files may be open at once, and the system allows 12 (see ulimit"),
    ("no process", limit("NPROC", 1, user=True), "cannot start the runner: Resource temporarily"),
    ("little memory", limit("AS", 64 << 20), WORKS),
    ("umask 0777", {"umask": 0o777}, WORKS),
    ("umask 0777 as nobody", {**limit("CORE", 0, user=True), "umask": 0o777}, WORKS),
    ("input is a directory", descriptor(0, "/", os.O_RDONLY), WORKS),
    ("input cannot be read", descriptor(0, "/dev/null", os.O_WRONLY), WORKS),
    ("output cannot be written", descriptor(1, "/dev/null", os.O_RDONLY),
     "standard output: "),
    ("errors find no room", descriptor(2, "/dev/full", os.O_WRONLY), WORKS),
    ("a hundred files", {"preexec_fn": many_descriptors, "close_fds": False}, WORKS),
    ("directory gone", {"preexec_fn": gone_directory}, WORKS),
    ("empty environment", {"env": {}}, WORKS),
    ("no TMPDIR", environment(TMPDIR="/nonexistent"), WORKS),
    ("TMPDIR is a file", environment(TMPDIR="/etc/passwd"), WORKS),
    ("TMPDIR is relative", environment(TMPDIR="."), WORKS),
    ("TMPDIR is too long", environment(TMPDIR="/" + 200 * "x"), WORKS),
    ("no HOME, no locale", environment(HOME="/nonexistent", LC_ALL="none", TZ="none"), WORKS),
    ("a make that is not there", environment(MAKEFLAGS="-j --jobserver-auth=97,98"), WORKS),
    ("a manager that is not there", environment(NOTIFY_SOCKET="/nonexistent"), WORKS),
    ("Lua's own variables", environment(LUA_INIT="error('x')", LUA_PATH="none"), WORKS),
    ("no /proc", mounted("mount -t tmpfs none /proc"), WORKS),
    ("no place for the socket", mounted("mount --bind /tmp /tmp; mount -o remount,bind,ro /tmp"), WORKS),
]


def rows():
    for name, options, want in ROWS:
        if "before" in options and os.geteuid() != 0:
            continue
        yield name, dict(options), want


@functools.cache
def directory(mode):
    """One of the test's own."""
    made = Directory()
    os.chmod(made.path, mode)
    return made


def temporary():
    """For whoever is not told another."""
    return directory(0o777).path


def start(scenario, before=(), **options):
    """Names the file whole, as the run may be started anywhere, and lets anybody read it."""
    path = directory(0o755).file("scenario.yaml", scenario)
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("env", {**os.environ, "TMPDIR": str(temporary())})
    return subprocess.Popen([*before, PROGRAM, str(path)], cwd=path.parent, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, **options)


def end_once_all_are_up(number, **options):
    """Status, and all that it has written."""
    process = start(LASTING, **options)
    seen = b""
    while seen.count(b"up") < 4 and (chunk := os.read(process.stdout.fileno(), 65536)):
        seen += chunk
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, seen + out + err


@mark("release")
def test_a_run_works_or_says_what_it_needs():
    for name, options, want in rows():
        process = start(EVERY_KIND, **options)
        out, err = process.communicate(timeout=PATIENCE)
        detail = f"{name}:\n{out.decode()}\n{err.decode()}"
        if want:
            assert process.returncode in (3, 4) and want in detail, detail
        else:
            assert process.returncode == 0, f"{process.returncode} {detail}"
            lines = out.decode().split("\n")
            assert {word: lines.count(word) for word in TOLD} == TOLD, detail
        check_nothing_left()
        assert not os.listdir(temporary()), f"{name}: {os.listdir(temporary())}"


@mark("release")
def test_a_closed_input_is_no_empty_one():
    directory = Directory()
    directory.file("lines.yaml", "pools: {p: {tasks: {lines: '-'}, run: echo}}")
    directory.file("inherit.yaml", "processes: {p: {run: cat, stdin: inherit}}")
    for words, status, said in ((["lines.yaml"], 1, b"cannot read tasks from standard input: it is closed"),
                                (["each", "echo"], 1, b"cannot read tasks from standard input: it is closed"),
                                (["check", "-"], 2, b"cannot read '<stdin>': Bad file descriptor"),
                                (["queue", "q.db", "put", "q"], 2, b"standard input: Bad file descriptor"),
                                (["inherit.yaml"], 1, b"Bad file descriptor")):
        ended = subprocess.run([PROGRAM, *words], cwd=directory.path, preexec_fn=lambda: os.close(0), check=False,
                               capture_output=True, timeout=PATIENCE)
        check_status(ended.returncode, status, ended.stdout + ended.stderr)
        assert said in ended.stdout + ended.stderr, (words, ended)


def test_a_directory_that_cannot_be_read_is_named():
    directory = Directory()
    for name in ("open", "shut"):
        (directory.path / "in" / name).mkdir(parents=True)
    (directory.path / "in/shut").chmod(0)
    directory.path.chmod(0o755)
    def drop():
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
    status, out, err = complete("pools: {p: {tasks: {glob: 'in/**/*.x'}, run: echo}}", directory=directory, preexec_fn=drop)
    (directory.path / "in/shut").chmod(0o755)
    check_status(status, 1, out + err)
    assert b"in/shut': Permission denied" in out, out


@mark("release")
def test_a_run_is_not_deaf():
    for name, options, want in rows():
        if want:
            continue
        status, seen = end_once_all_are_up(TERM, **options)
        check_status(status, died_of(TERM), f"{name}: ".encode() + seen)
        check_nothing_left()


def test_what_was_blocked_is_heard():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        status, seen = end_once_all_are_up(number, **block(number))
        check_status(status, died_of(number), seen)
        check_nothing_left()


@mark("release")
def test_what_is_left_behind_is_ended_without_proc():
    """The system lists no process there; each is found all the same."""
    if os.geteuid() != 0:
        return
    process = start("""
        processes:
          p: {run: "(setsid sh -c 'echo $$; setsid sleep 1001 & sleep 1002' &) ; exec sleep 0.2"}
    """, **mounted("mount -t tmpfs none /proc"))
    out, err = process.communicate(timeout=PATIENCE)
    check_status(process.returncode, 0, out + err)
    check_nothing_left()
    assert b"leaked: 1 (process " in out, out


def own_user():
    """One whose processes nobody else's add to: each test is process 1 of a namespace of its own."""
    return 100000 + int.from_bytes(os.urandom(3), "big")


@mark("release")
def test_few_processes_for_what_is_started_beside():
    """Checks, the command that makes the tasks and threads wait for a process that ends."""
    if os.geteuid() != 0:
        return
    user = own_user()

    def few():
        os.setgroups([])
        os.setuid(user)
        resource.setrlimit(resource.RLIMIT_NPROC, (12, 12))

    process = start("""
        processes:
          a: {exec: [sleep, "1000"], daemon: true, replicas: 4, ready: {run: "exec true", interval: 100ms}}
        pools:
          p: {depends_on: {a: ready}, tasks: {output: echo done}, workers: 1, output: lines, run: "echo $PARRUN_ITEM"}
        threads:
          t: {replicas: 6, lua: "parrun.sleep(0.5) print('done')"}
    """, preexec_fn=few)
    out, err = process.communicate(timeout=PATIENCE)
    check_status(process.returncode, 0, out + err)
    assert out.count(b"done\n") == 7, out
    assert len(re.findall(rb"^Process a\.\d is ready", out, re.M)) == 4, out
    check_nothing_left()


@mark("release")
def test_a_worker_is_out_of_its_tasks_reach():
    """A task cannot open the descriptors of the worker that runs it, and so says nothing in its name."""
    if os.geteuid() != 0:
        return
    def nobody():
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)

    process = start("""
        pools:
          p: {tasks: 1, output: lines, run: "ls /proc/$PPID/fd/ 2>&1; echo looked"}
    """, preexec_fn=nobody)
    out, err = process.communicate(timeout=PATIENCE)
    check_status(process.returncode, 0, out + err)
    assert b"Permission denied" in out and b"looked" in out, out


@mark("release")
def test_few_processes():
    """Commands of threads and coprocesses wait for one another's processes, as all others do."""
    if os.geteuid() != 0:
        return
    user = own_user()

    def few():
        os.setgroups([])
        os.setuid(user)
        resource.setrlimit(resource.RLIMIT_NPROC, (14, 14))

    process = start("""
        pools:
          inside: {kind: thread, workers: 6, tasks: 60, output: lines, lua: "io.write(parrun.run{'echo', 'done'}.out)"}
          kept: {workers: 2, tasks: [done, done, done, done], recycle: 1, output: lines, coprocess: [cat]}
    """, preexec_fn=few)
    out, err = process.communicate(timeout=PATIENCE)
    check_status(process.returncode, 0, out + err)
    assert out.count(b"done\n") == 64, out
    check_nothing_left()
