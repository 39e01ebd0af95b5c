"""As process 1, as in a container: reaps every orphan, forwards signals, exits as the run did."""
import os
import re
import signal
import subprocess
import time

from harness import isolation
from harness.parrun import PATIENCE, PROGRAM, Directory, check_status
from harness.processes import children, stat


class Container:
    """parrun as the first process of a pid namespace; the test must itself be outside of it."""

    def __init__(self, scenario):
        self.directory = Directory()
        self.directory.file("scenario.yaml", scenario)
        way = [word for word in isolation.prefix() if word != "--kill-child"]
        self.process = subprocess.Popen(
            [*way, PROGRAM, "scenario.yaml"], cwd=self.directory.path, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.seen = b""

    def wait_for(self, pattern):
        while line := self.process.stdout.readline():
            self.seen += line
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"{pattern!r} never came:\n{self.seen.decode()}")

    def first(self):
        """The namespace's process 1, by its number here."""
        return children(self.process.pid)[0]

    def finish(self):
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, self.seen + out, err


def test_exit_status():
    for code in (0, 7):
        container = Container(f"processes: {{test: {{run: 'echo $PPID; exit {code}'}}}}")
        status, out, err = container.finish()
        check_status(status, 1 if code else 0, out + err)


def test_signal():
    """Process 1 cannot be ended by a signal, so the status says it as a shell does."""
    container = Container("""
        processes:
          test: {run: "trap 'echo heard; exit 0' TERM; echo ready; while :; do sleep 0.1; done"}
    """)
    container.wait_for(rb"ready")
    os.kill(container.first(), signal.SIGTERM)
    status, out, err = container.finish()
    check_status(status, 128 + signal.SIGTERM, out + err)
    assert b"heard" in out, out


def test_orphans_are_reaped():
    """Double-forked ones of the run, and those of somebody who came into the namespace."""
    container = Container("""
        processes:
          test:
            run: |
              n=0
              while [ $n -lt 200 ]; do (setsid true & ) ; n=$((n + 1)); done
              echo made; while :; do sleep 0.1; done
    """)
    container.wait_for(rb"made")
    first = container.first()
    inside = ["nsenter", "-t", str(first), "-p", "-m", "sh", "-c"]
    subprocess.run([*inside, "(setsid true &) ; (setsid true &)"], check=True, timeout=PATIENCE)
    visitor = subprocess.Popen([*inside, "echo in; exec sleep 1000"], stdout=subprocess.PIPE)
    assert visitor.stdout.readline() == b"in\n"
    count = "for f in /proc/[0-9]*/stat; do cat $f 2>/dev/null; done | sed 's/.*) //' | grep -c '^Z'"
    deadline = time.monotonic() + PATIENCE
    while (left := subprocess.run([*inside, count], capture_output=True, check=False,
                                  timeout=PATIENCE).stdout) != b"0\n":
        assert time.monotonic() < deadline, f"zombies: {left}"
        time.sleep(0.05)
    # Whoever came in from outside is no part of the run: nothing but the end of the namespace ends it.
    assert visitor.poll() is None
    os.kill(first, signal.SIGTERM)
    status, out, err = container.finish()
    check_status(status, 128 + signal.SIGTERM, out + err)
    assert b"leaked" not in out, out
    visitor.wait(PATIENCE)


def test_stop_at_ctrl_z_is_passed_over():
    """Nobody above process 1 could continue it."""
    container = Container("""
        processes:
          test: {run: "trap 'echo usr' USR1; echo pid $$; while :; do sleep 0.1; done"}
    """)
    container.wait_for(rb"pid")
    first = container.first()
    os.kill(first, signal.SIGTSTP)
    os.kill(first, signal.SIGTERM)
    status, out, err = container.finish()
    check_status(status, 128 + signal.SIGTERM, out + err)
    assert stat(first) is None
