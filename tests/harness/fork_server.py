"""Processes for end-to-end tests, each forked from an interpreter that has loaded already what they all import: a start of
one's own costs more than many a test does. Each is in a session and a pid namespace of its own, which ends with it.

`python3 -S -m harness.fork_server` is that interpreter; it reads requests from its standard input, a socket."""
import contextlib
import ctypes
import importlib
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback

from .call import main as call
from .command import Ended, count_processor_time, environment
from .paths import BUILD, TESTS

REQUEST = 1 << 20  # bytes, at most
CLONE_NEWNS, CLONE_NEWPID = 0x20000, 0x20000000  # see unshare(2)
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 2, 4, 8, 0x4000, 1 << 18  # see mount(2)
PR_SET_PDEATHSIG = 1  # see prctl(2)
LIBRARY = ctypes.CDLL(None, use_errno=True)


# --- what is forked

def system(name, *arguments):
    if getattr(LIBRARY, name)(*arguments):
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")


def end_with_parent():
    system("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def enter():
    """The first process of the new namespace has a /proc of its own."""
    end_with_parent()
    system("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    system("mount", b"proc", b"/proc", b"proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, None)


def run(request):
    """A process's whole life: the status of the function, 1 where it has raised."""
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    status = 0
    try:
        enter()
        call(request["path"], request["function"])
    except BaseException:
        traceback.print_exc()
        status = 1
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


def hold(request, told, streams):
    """The process that waits for a test: says its own number, then how the test has ended and what it has used."""
    os.setsid()
    end_with_parent()
    os.write(told, b"%d\n" % os.getpid())
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    system("unshare", CLONE_NEWPID | CLONE_NEWNS)
    pid = os.fork()
    if not pid:
        os.closerange(3, 1 << 16)
        run(request)
    for number in range(3):
        os.close(number)
    _, status, usage = os.wait4(pid, 0)
    os.write(told, b"%d %f\n" % (os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime))
    os._exit(0)


def preload():
    """What the tests and their harness import of others, and of the standard library."""
    texts = (path.read_text() for folder in ("e2e", "harness") for path in (TESTS / folder).glob("*.py"))
    wanted = {name for text in texts for name in re.findall(r"^(?:import|from) ([\w.]+)", text, re.M)}
    for name in sorted(wanted):
        if name.partition(".")[0] in sys.stdlib_module_names:
            importlib.import_module(name)


def serve(channel):
    preload()
    channel.send(b"ready")
    while True:
        message, streams, _, _ = socket.recv_fds(channel, REQUEST, 4)
        if not message:
            return
        pid = os.fork()
        if not pid:
            channel.close()
            hold(json.loads(message), streams[0], streams[1:])
        for stream in streams:
            os.close(stream)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


# --- who asks for it

def end(told):
    """Kills a test by the number that it TOLD."""
    number = told.partition(b"\n")[0]
    if number:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(int(number), signal.SIGKILL)


def read_all(told, ends, limit):
    """All that comes from ENDS, by end; the test is killed, and what is left of it read, when LIMIT seconds have passed."""
    texts = dict.fromkeys(ends, b"")
    left, until, killed = set(ends), time.monotonic() + limit, False
    while left:
        ready, _, _ = select.select(left, [], [], max(0, until - time.monotonic()))
        for one in ready:
            text = os.read(one, 1 << 16)
            texts[one] += text
            if not text:
                left.remove(one)
        if not ready:
            if killed:
                break
            killed, until = True, time.monotonic() + 5
            end(texts[told])
    return texts


class ForkServer:
    def __init__(self):
        self.lock = threading.Lock()
        self.channel, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            self.process = subprocess.Popen([sys.executable, "-S", "-m", "harness.fork_server"], stdin=other, cwd=TESTS, start_new_session=True,
                                            env=environment(PYTHONPATH=str(TESTS), PYTHONPYCACHEPREFIX=str(BUILD / "python")))
        self.channel.recv(16)

    def request(self, told, streams, **request):
        with self.lock:
            socket.send_fds(self.channel, [json.dumps(request).encode()], [told, *streams])

    def run(self, limit, **request):
        """Calls FUNCTION of the file PATH, with ENV and in CWD; it is killed when LIMIT seconds have passed."""
        pipes = [os.pipe() for _ in range(4)]
        told, given, out, err = (read for read, _ in pipes)
        try:
            self.request(pipes[0][1], [given, pipes[2][1], pipes[3][1]], **request)
        finally:
            for end in (given, *(write for _, write in pipes)):
                os.close(end)
        try:
            read = read_all(told, (told, out, err), limit)
        finally:
            for end in (told, out, err):
                os.close(end)
        status, _, seconds = read[told].decode().partition("\n")[2].partition(" ")
        count_processor_time(float(seconds or 0))
        return Ended(int(status) if status else None, read[out], read[err])


if __name__ == "__main__":
    with socket.socket(fileno=os.dup(0)) as channel:
        serve(channel)
