"""GNU make's jobserver: a pool takes a token for each task beyond the first, gives every one back
whatever happens, and is a jobserver itself."""
import fcntl
import os
import subprocess

from harness.parrun import (KILL, PROGRAM, TERM, Directory, Run, check_nothing_left, check_status,
                            died_of)

# Each task counts the tasks that run with it, and runs until it is let go.
COUNTING = """
    pools:
      p:
        workers: 8
        tasks: 8
        %s
        run: |
          : > run/${{ index }}; ls run | wc -l > started; read line < go; rm run/${{ index }}
          %s
"""


class Pipe:
    """A jobserver that a test has made, with these bytes in it."""

    def __init__(self, content=b"ab"):
        self.ends = os.pipe()
        os.write(self.ends[1], content)

    def words(self, form):
        return form % self.ends

    def left(self):
        os.set_blocking(self.ends[0], False)
        try:
            return bytes(sorted(os.read(self.ends[0], 100)))
        except BlockingIOError:
            return b""


class Fifo(Pipe):
    def __init__(self, path, content=b"ab"):
        os.mkfifo(path)
        end = os.open(path, os.O_RDWR)
        self.path, self.ends = path, (end, end)
        os.write(end, content)

    def words(self, form):
        return form % self.path


class Workshop:
    """A directory with the FIFOs 'started' and 'go', both open."""

    def __init__(self):
        self.directory = Directory()
        (self.directory.path / "run").mkdir()
        self.started, self.go = (os.open(self.directory.fifo(name), os.O_RDWR)
                                 for name in ("started", "go"))
        self.counts = []

    def run(self, scenario, pipe, form="--jobserver-auth=%d,%d", **options):
        env = dict(os.environ, MAKEFLAGS=f" -j3 {pipe.words(form)}")
        return Run(scenario, directory=self.directory, env=env, pass_fds=pipe.ends, **options)

    def wait_for(self, tasks):
        while len(self.counts) < tasks:
            self.counts += [int(word) for word in os.read(self.started, 4096).split()]

    def let_go(self, tasks):
        os.write(self.go, b"\n" * tasks)


def check_three_at_once(form, pipe=None):
    workshop = Workshop()
    pipe = pipe or Pipe()
    run = workshop.run(COUNTING % ("", ""), pipe, form)
    for begun in range(3, 9):
        workshop.wait_for(begun)
        workshop.let_go(1)
    workshop.let_go(2)
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    assert max(workshop.counts) == 3, workshop.counts
    assert err == b"", err
    assert pipe.left() == b"ab"


def test_descriptors():
    check_three_at_once("--jobserver-auth=%d,%d")


def test_old_word():
    check_three_at_once("--jobserver-fds=%d,%d -- 'A=--jobserver-auth=77,78'")


def test_last_word_counts():
    check_three_at_once("--jobserver-auth=77,78 --jobserver-auth=%d,%d")


def test_fifo():
    held = Directory()
    check_three_at_once("--jobserver-auth=fifo:%s", Fifo(held.path / "jobs"))


def test_failures_give_back():
    workshop, pipe = Workshop(), Pipe()
    workshop.let_go(8 * 2)
    run = workshop.run(COUNTING % ("retry: {attempts: 2, delay: 1ms}", "exit 1"), pipe)
    status, out, err = run.finish()
    check_status(status, 1, out + err)
    assert max(workshop.counts or [0]) <= 3
    assert pipe.left() == b"ab"


def test_timeouts_give_back():
    workshop, pipe = Workshop(), Pipe()
    run = workshop.run(COUNTING % ("timeout: 50ms", ""), pipe)
    status, out, err = run.finish()
    check_status(status, 1, out + err)
    assert out.count(b"timed out after 50ms") == 8, out
    assert pipe.left() == b"ab"


def test_halt_gives_back():
    workshop, pipe = Workshop(), Pipe()
    run = workshop.run(COUNTING % ("halt: {failures: 1, how: now}", "exit 1"), pipe)
    workshop.wait_for(3)
    workshop.let_go(1)
    status, out, err = run.finish()
    check_status(status, 1, out + err)
    assert pipe.left() == b"ab"


def test_stop_gives_back():
    workshop, pipe = Workshop(), Pipe()
    run = workshop.run(COUNTING % ("", ""), pipe)
    workshop.wait_for(3)
    run.signal(TERM)
    status, out, err = run.finish()
    check_status(status, died_of(TERM), out + err)
    assert pipe.left() == b"ab"
    check_nothing_left()


def test_killed_runner_gives_back():
    """The guard knows what the runner held."""
    workshop, pipe = Workshop(), Pipe()
    run = workshop.run(COUNTING % ("", ""), pipe)
    workshop.wait_for(3)
    assert pipe.left() == b""
    os.kill(run.runner(), KILL)
    status, out, err = run.finish()
    check_status(status, died_of(KILL), out + err)
    assert pipe.left() == b"ab"
    check_nothing_left()


def test_killed_worker_gives_back():
    workshop, pipe = Workshop(), Pipe()
    run = workshop.run("pools: {p: {workers: 4, tasks: 4, lua: 'parrun.run(\"kill -9 $PPID\")'}}",
                       pipe)
    status, out, err = run.finish()
    check_status(status, 1, out + err)
    assert pipe.left() == b"ab"


def test_two_pools_share_the_first_task():
    """The task that needs no token is one of the whole run, and passes from pool to pool."""
    workshop, pipe = Workshop(), Pipe(b"x")
    pipe.left()
    workshop.let_go(8)
    pool = "{workers: 2, tasks: 4, run: ': > run/$$; ls run | wc -l > started; read l < go; rm run/$$'}"
    run = workshop.run(f"pools:\n  a: {pool}\n  b: {pool}\n", pipe)
    workshop.wait_for(8)
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    assert max(workshop.counts) == 1, workshop.counts
    assert pipe.left() == b""


def test_closed_descriptors_are_told():
    workshop = Workshop()
    workshop.let_go(8)
    env = dict(os.environ, MAKEFLAGS=" -j3 --jobserver-auth=77,78")
    status, out, err = Run(COUNTING % ("", ""), directory=workshop.directory, env=env).finish()
    check_status(status, 0, out + err)
    assert err == (b"parrun: warning: make -j does not count what this run does: put '+' in front of the line of the "
                   b"makefile that starts parrun, so that make hands its jobserver on to it\n"), err


def make(directory, *words):
    env = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}
    return subprocess.run(["make", *words], cwd=directory.path, env=dict(env, PARRUN=PROGRAM),
                          capture_output=True, check=False)


COUNT = """\
#!/bin/sh
: > run/$$; ls run | wc -l >> counts; rm run/$$
"""


def counted(directory):
    return [int(word) for word in (directory.path / "counts").read_text().split()]


def test_make_runs_pools():
    """Two runs under one make: their tasks and its recipes are three at most."""
    directory = Directory()
    (directory.path / "run").mkdir()
    directory.file("count", COUNT)
    directory.file("s.yaml", "pools: {p: {workers: 8, tasks: 15, run: sh count}}")
    directory.file("Makefile", "all: a b\na b:\n\t+@$(PARRUN) -q s.yaml\n")
    ended = make(directory, "-j3")
    check_status(ended.returncode, 0, ended.stdout + ended.stderr)
    assert ended.stderr == b"", ended.stderr  # make would say that tokens are missing
    counts = counted(directory)
    assert len(counts) == 30 and max(counts) <= 3, counts


def test_make_without_plus():
    directory = Directory()
    directory.file("s.yaml", "pools: {p: {workers: 2, tasks: 2, run: 'true'}}")
    directory.file("Makefile", "all:\n\t@$(PARRUN) -q s.yaml\n")
    ended = make(directory, "-j3")
    check_status(ended.returncode, 0, ended.stdout + ended.stderr)
    assert ended.stderr.startswith(b"parrun: warning: make -j does not count what this run does"), ended


def test_make_reaches_through_a_pool():
    """The tasks' own makes take part in the outer jobserver."""
    directory = Directory()
    for name in ("a", "b"):
        directory.fifo(name)
    directory.file("s.yaml", "pools: {p: {workers: 1, tasks: 1, run: make -s -f inner.mk}}")
    directory.file("Makefile", "all:\n\t+@$(PARRUN) -q s.yaml\n")
    directory.file("inner.mk", MEETING)
    ended = make(directory, "-j2")
    check_status(ended.returncode, 0, ended.stdout + ended.stderr)
    assert ended.stderr == b"", ended.stderr


# Two recipes that end only when both run at once.
MEETING = """\
all: one two
one:
\t@echo > a; read line < b
two:
\t@read line < a; echo > b
"""


def serve(body, inner, workers, tasks, env=""):
    directory = Directory()
    (directory.path / "run").mkdir()
    for name in ("a", "b"):
        directory.fifo(name)
    directory.file("count", COUNT)
    directory.file("inner.mk", inner)
    env = dict(os.environ, MAKEFLAGS=env)
    run = Run(f"pools: {{p: {{workers: {workers}, tasks: {tasks}, jobserver: true, {body}}}}}",
              directory=directory, env=env)
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    assert b"warning" not in out + err, out + err
    return directory


def test_pool_is_a_jobserver():
    """One task's make gets the token of the worker that has nothing to do."""
    serve("run: make -s -f inner.mk", MEETING, 2, 1)


def test_pool_is_a_jobserver_for_lua():
    serve("lua: 'assert(parrun.run(\"make -s -f inner.mk\").code == 0)'", MEETING, 2, 1)


def test_pool_is_a_jobserver_with_limits():
    serve("run: make -s -f inner.mk, limits: {nofile: 100}", MEETING, 2, 1)


def test_pool_keeps_other_flags():
    """-j of the environment does not count, another flag and a variable do."""
    serve("run: make -s -f inner.mk, env: {MAKEFLAGS: 'k -j9 -- A=1'}",
          "ifneq ($(A)$(findstring k,$(firstword $(MAKEFLAGS))),1k)\n$(error $(MAKEFLAGS))\nendif\n"
          + MEETING, 2, 1)


def test_pool_of_makes_is_not_workers_times_workers():
    directory = serve("run: make -s -f inner.mk", "all: b1 b2 b3 b4 b5\nb%:\n\t@sh count\n", 3, 12)
    counts = counted(directory)
    assert len(counts) == 60 and max(counts) <= 3, counts


def test_high_descriptors_reach_processes():
    """What make passes on at numbers beyond those that parrun needs is there for what it starts."""
    directory = Directory()
    read, write = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD, 900) for end in (read, write)]
    directory.file("scenario.yaml", """
        processes:
          p: {run: 'ls -l /proc/self/fd/%d /proc/self/fd/%d > fds'}
        """ % tuple(high))
    environment = {**os.environ, "MAKEFLAGS": "--jobserver-auth=%d,%d" % tuple(high)}
    done = subprocess.run([PROGRAM, "scenario.yaml"], cwd=directory.path, env=environment,
                          pass_fds=high, capture_output=True, text=True)
    for end in (read, write, *high):
        os.close(end)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (directory.path / "fds").read_text().count("pipe:") == 2
