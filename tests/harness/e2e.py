"""End-to-end tests: every function test_* in tests/e2e/*.py, soak_* for the long ones and torture_*
for those that need minutes or root."""
import ast
import contextlib
import functools
import os
import shutil
import socket
import subprocess
import sys
import threading

from . import isolation
from .case import Case, failed, passed
from .command import LIGHT, THREADS_LIGHT, WHOLE, environment, run_command
from .fork_server import ForkServer
from .paths import TESTS, program

FOLDER = TESTS / "e2e"
# Where several programs meet at once, and it matters who comes first, tests run at the speed of a user's program too: the
# sanitizers' is another one. All others do in the group release.
BOTH = ("control", "crowd", "door", "queue_at_once")
# Files whose tests wait for others far longer than they work: these begin first, so that nothing is left to wait for at the end.
WAIT = ("slurm", "ssh", "report_page", "terminal", "view", "standstill", "cluster", "clocks")
NEEDED = {"slurm": "slurmctld", "ssh": "sshd"}  # what the tests of a file need beside all else: not to be had everywhere
ASKED = ("UPDATE", "LIVE", "LATE")  # of a test by whoever runs it, see tests/e2e/each.py and late.py
TIME_LIMIT = {"test": 900, "soak": 3600, "torture": 3600}


def marks(function):
    """The words of its decorators: @mark("alone"), @mark("release") ..."""
    return {argument.value for decorator in function.decorator_list
            if isinstance(decorator, ast.Call) for argument in decorator.args}


STARTING = threading.Lock()


@functools.cache
def fork_server():
    return ForkServer() if isolation.is_whole() else None


def call(path, function, limit, env):
    with STARTING:
        server = fork_server()
    if server:
        return server.run(limit, path=str(path), function=function, env=env, cwd=str(TESTS))
    # -S: what a machine has its interpreters load at each start is not needed, and may take longer than a test
    argv = [*isolation.prefix(), sys.executable, "-B", "-S", "-m", "harness.call", path, function]
    return run_command(argv, limit, cwd=TESTS, env=env, stdin=b"")


def run(path, function, variant, limit, sanitizer, more):
    env = environment(PYTHONPATH=str(TESTS), PARRUN=str(program(variant)), VARIANT=variant, ASAN_OPTIONS=sanitizer,
                      TSAN_OPTIONS=THREADS_LIGHT, **more)
    env.update((name, os.environ[name]) for name in ASKED if name in os.environ)
    ended = call(path, function, limit, env)
    if ended.status == 0:
        if kind_of(function) != "test":
            sys.stdout.write(ended.out.decode())
        return passed()
    return failed(ended.detail())


def kind_of(function):
    return function.split("_")[0]


def has_loopback_name():
    """Whether the machine's own name is, or can be made, one of the loopback: Slurm listens at its address alone."""
    with contextlib.suppress(OSError):
        if socket.gethostbyname(socket.gethostname().partition(".")[0]).startswith("127."):
            return True
    return subprocess.run([*isolation.prefix(), "unshare", "--uts", "true"], capture_output=True, check=False).returncode == 0


def missing(needed):
    """Why tests with daemons of others cannot be run here; None where they can."""
    if not shutil.which(needed, path=f"{os.environ['PATH']}:/usr/sbin"):
        return f"{needed} is not installed (make deps-test)"
    if os.geteuid():
        return f"{needed} takes other users' places, which needs root"
    if needed == "slurmctld" and not has_loopback_name():
        return "this machine's name cannot be one of the loopback"
    return None


@functools.cache
def is_possible(path):
    """Whether the tests of a file can be run here; else it is told."""
    why = missing(NEEDED[path.stem]) if path.stem in NEEDED else None
    if why:
        print(f"left out: {path.stem}, as {why}", file=sys.stderr)
    return not why


def find(kind):
    for path in filter(is_possible, sorted(FOLDER.glob("*.py"))):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and kind_of(node.name) == kind:
                yield path, node.name, marks(node)


def variants(path, words):
    """The builds with which `make test` runs a test: with the sanitizers, where it does not say that it is about the release."""
    if "release" in words:
        return ["release"]
    return ["asan"] + (["release"] if path.stem in BOTH or "both" in words else []) + (["tsan"] if "tsan" in words else [])


def make(kind, builds, sanitizer=LIGHT, **more):
    """Unit and golden tests look for leaks; here they are asked for by leaks_cases(), as a run of a test starts up to a hundred programs."""
    for path, function, words in find(kind):
        for variant in builds(path, words):
            yield Case("e2e" if kind == "test" else kind,
                       f"{path.stem}: {function} ({variant})",
                       lambda path=path, function=function, variant=variant:
                       run(path, function, variant, TIME_LIMIT[kind], sanitizer, more),
                       alone="alone" in words or kind != "test", waits=path.stem in WAIT)


def cases():
    return make("test", variants)


def release_cases():
    """All that `make test` does not run with the release."""
    return make("test", lambda path, words: [] if "release" in variants(path, words) else ["release"])


def leaks_cases():
    """What `make test` runs with the sanitizers, with all that these find."""
    return make("test", lambda path, words: ["asan"] if "asan" in variants(path, words) else [], WHOLE)


def long_cases():
    """What `make test` runs, its sweeps whole: see amount() in parrun.py."""
    return make("test", variants, LONG="1")


def soak_cases():
    return make("soak", lambda *_: ["release"])


def torture_cases():
    return make("torture", lambda *_: ["release"])
