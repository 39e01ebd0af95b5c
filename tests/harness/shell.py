"""parrun on a terminal, started as a shell with job control starts it."""
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

from .parrun import PATIENCE, PROGRAM, Directory, check_nothing_left
from .processes import children


class Shell:
    """parrun as a job in the foreground of a terminal, as a shell with job control starts it."""

    def __init__(self, scenario, *arguments, size=(24, 80)):
        self.directory = Directory()
        self.directory.file("scenario.yaml", scenario)
        self.seen = b""
        # The session's leader is this process's child, as the test itself must keep its own.
        self.leader, self.terminal = pty.fork()
        if self.leader == 0:
            self.terminal = 0  # which has its size before anybody asks for it
            self.resize(*size)
            self.lead(arguments)

    def resize(self, rows, columns):
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def lead(self, arguments):
        """The shell: prints how the job changes, and continues it when told by a line."""
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.chdir(self.directory.path)
        modes = termios.tcgetattr(0)
        job = os.fork()
        if job == 0:
            os.setpgid(0, 0)
            os.tcsetpgrp(0, os.getpid())
            for number in (signal.SIGTTOU, signal.SIGTSTP, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            os.execv(PROGRAM, ["parrun", *arguments, "scenario.yaml"])
        with contextlib.suppress(OSError):
            os.setpgid(job, job)
        while True:
            _, status = os.waitpid(job, os.WUNTRACED)
            os.tcsetpgrp(0, os.getpid())
            if os.WIFSTOPPED(status):
                os.write(1, b"[stopped %d]\n" % job)
                if b"bg" not in os.read(0, 100):
                    os.tcsetpgrp(0, job)
                os.write(1, b"[continued]\n")  # before anything that the job prints then
                os.kill(-job, signal.SIGCONT)
            else:
                if termios.tcgetattr(0) != modes:
                    os.write(1, b"[terminal changed]\n")
                os.write(1, b"[ended %d]\n" % os.waitstatus_to_exitcode(status))
                os._exit(0)

    def wait_for(self, pattern):
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.seen, re.M)):
            ready = select.select([self.terminal], [], [], max(0, deadline - time.monotonic()))[0]
            assert ready, f"{pattern!r} never came:\n{self.seen.decode(errors='replace')}"
            try:
                self.seen += os.read(self.terminal, 65536)
            except OSError as error:
                raise AssertionError(f"{pattern!r} never came:\n{self.seen.decode()}") from error
        self.seen = self.seen[found.end():]
        return found

    def type(self, text):
        os.write(self.terminal, text)

    def suspend(self):
        """Ctrl-Z; the guard's pid when the whole run has stopped."""
        self.type(b"\x1a")
        return int(self.wait_for(rb"\[stopped (\d+)\]").group(1))

    def go_on(self):
        """fg."""
        self.type(b"\n")
        self.wait_for(rb"\[continued\]")

    def background(self):
        """bg."""
        self.type(b"bg\n")
        self.wait_for(rb"\[continued\]")

    def guard(self):
        """The pid of the job."""
        return children(self.leader)[0]

    def end(self):
        """The exit status, all that was printed before it; nothing is left, and the terminal as it was."""
        found = self.wait_for(rb"([^\0]*)\[ended (-?\d+)\]")
        os.waitpid(self.leader, 0)
        os.close(self.terminal)
        check_nothing_left()
        assert b"[terminal changed]" not in found.group(1), found.group(1)
        return int(found.group(2)), found.group(1).decode(errors="replace")
