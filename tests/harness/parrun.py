"""A run of parrun that a test talks to while it goes on."""
import contextlib
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import tempfile
import textwrap
import time

from .processes import children, survivors

PROGRAM = os.environ["PARRUN"]
VARIANT = os.environ["VARIANT"]
PATIENCE = 150  # seconds that a test waits for an event before it says that it never came
LONG = bool(os.environ.get("LONG"))  # `make test-long`: sweeps are run whole


def amount(usual, whole):
    """How much of a sweep is done: USUAL of it by `make test`, WHOLE by `make test-long`."""
    return whole if LONG else usual


def own_path(program=PROGRAM):
    """The environment in which `parrun` in a shell is PROGRAM."""
    return {**os.environ, "PATH": f"{pathlib.Path(program).parent}:{os.environ['PATH']}"}


def held_port():
    """A socket that holds a port of this machine, which who binds it with SO_REUSEADDR still gets; and the port."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held, held.getsockname()[1]


def until(found, wanted):
    """Asks until FOUND() is something true, which is returned; WANTED is what it would be."""
    deadline = time.monotonic() + PATIENCE
    while not (value := found()):
        assert time.monotonic() < deadline, f"never came: {wanted}"
        time.sleep(0.005)
    return value


def mark(*_words):
    """Tells the driver how to run a test: alone, release (only there), tsan (there too)."""
    return lambda function: function


class Directory:
    """A new directory, the test's own; removed at the end of the process that made it."""

    def __init__(self):
        self._held = tempfile.TemporaryDirectory(prefix="parrun.")
        self.path = pathlib.Path(self._held.name)

    def file(self, name, text):
        path = self.path / name
        path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        return path

    def fifo(self, name):
        os.mkfifo(self.path / name)
        return self.path / name


class Run:
    """parrun with a scenario, its standard output read line by line."""

    def __init__(self, scenario, *arguments, directory=None, **options):
        self.directory = directory or Directory()
        made = self.directory.file(f"scenario.{id(self)}.made", scenario)
        self.scenario = made.rename(self.directory.path / "scenario.yaml")  # at once: another run may just read it
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        options.setdefault("cwd", self.directory.path)
        self.process = subprocess.Popen([PROGRAM, *arguments, "scenario.yaml"], **options)
        self.seen = b""
        self.unread = b""

    @property
    def guard(self):
        return self.process.pid

    def find_runner(self):
        """The pid of the guard's one child that is there from the beginning; None where the run is over."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            found = children(self.guard)
            if found:
                return min(found)
            time.sleep(0.001)
        return None

    def runner(self):
        """The same of a run that goes on until the test has done something."""
        runner = self.find_runner()
        assert runner, f"no runner: {self.finish()}"
        return runner

    def signal_runner(self, number):
        """Of a run that may just be over."""
        runner = self.find_runner()
        if runner:
            with contextlib.suppress(ProcessLookupError):
                os.kill(runner, number)

    def line(self):
        """The next line with its newline; b"" at the end."""
        deadline = time.monotonic() + PATIENCE
        while b"\n" not in self.unread:
            left = deadline - time.monotonic()
            ready = left > 0 and select.select([self.process.stdout], [], [], left)[0]
            assert ready, f"no further line; so far:\n{self.seen.decode(errors='replace')}"
            chunk = os.read(self.process.stdout.fileno(), 65536)
            if not chunk:
                line, self.unread = self.unread, b""
                self.seen += line
                return line
            self.unread += chunk
        line, _, self.unread = self.unread.partition(b"\n")
        self.seen += line + b"\n"
        return line + b"\n"

    def wait_for(self, pattern):
        """Reads up to a line that matches; returns the match."""
        while line := self.line():
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"{pattern!r} never came:\n{self.seen.decode(errors='replace')}\n"
                             f"{self.process.stderr.read().decode(errors='replace')}")

    def signal(self, number):
        self.process.send_signal(number)

    def finish(self):
        """Waits for the end; returns status (negative: a signal), all output, all error output."""
        try:
            out, err = self.process.communicate(timeout=PATIENCE * 5)
        except subprocess.TimeoutExpired as late:
            raise AssertionError(f"no end; so far:\n{(self.seen + self.unread + (late.output or b'')).decode(errors='replace')}") from late
        self.seen += self.unread + (out or b"")
        self.unread = b""
        return self.process.returncode, self.seen, err or b""


def complete(scenario, *arguments, **options):
    """Runs a scenario to its end; status, output, error output."""
    return Run(scenario, *arguments, **options).finish()


def wait_until(what):
    """Asks until WHAT returns something true."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "never true"
        time.sleep(0.01)


def check_nothing_left():
    left = survivors()
    assert not left, f"left behind: {left}"


def check_status(got, want, detail=b""):
    assert got == want, f"status {got}, expected {want}\n{detail.decode(errors='replace')}"


def died_of(number):
    return -int(number)


USR1 = signal.SIGUSR1
INT, TERM, HUP, QUIT, KILL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT,
                              signal.SIGKILL)
