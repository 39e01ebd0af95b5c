"""Processes for end-to-end tests, each forked from an interpreter that has loaded already what they all import: a start of
one's own costs more than many a test does. Each is the first process of a pid namespace of its own, which ends with it.

`python3 -S -m harness.fork_server` is that interpreter; it reads requests from its standard input, a socket."""
import contextlib
import ctypes
import gc
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

from .call import load
from .command import Ended, count_processor_time, environment
from .late import hold_up
from .paths import BUILD, TESTS

REQUEST = 1 << 20  # bytes, at most
CLONE_NEWNS, CLONE_NEWPID = 0x20000, 0x20000000  # see unshare(2)
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 2, 4, 8, 0x4000, 1 << 18  # see mount(2)
PR_SET_PDEATHSIG = 1  # see prctl(2)
LIBRARY = ctypes.CDLL(None, use_errno=True)


def system(name, *arguments):
    if getattr(LIBRARY, name)(*arguments):
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")


# --- a test

def enter():
    """The first process of the new namespace has a /proc of its own."""
    system("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    system("unshare", CLONE_NEWNS)
    system("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    system("mount", b"proc", b"/proc", b"proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, None)


def run(function, streams):
    """A process's whole life: its status is 1 where FUNCTION has raised."""
    os.setpgid(0, 0)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, 1 << 16)
    status = 0
    try:
        enter()
        hold_up(function.__name__)
        function()
    except BaseException:
        traceback.print_exc()
        status = 1
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


# --- what forks: one for each file of tests, and one for these

class Server:
    def __init__(self, channel, start):
        self.channel, self.start = channel, start
        self.running = {}  # by the descriptor of a process: its number, and where its end is told

    def end(self, process):
        """Tells how a test has ended and what it has used."""
        pid, told = self.running.pop(process)
        _, status, usage = os.wait4(pid, 0)
        with contextlib.suppress(OSError):
            os.write(told, b"%d %f\n" % (os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime))
        os.close(told)
        os.close(process)

    def serve(self):
        """Until nobody can ask any more."""
        while True:
            ready, _, _ = select.select([self.channel, *self.running], [], [])
            for one in ready:
                if one is not self.channel:
                    self.end(one)
                    continue
                message, descriptors, _, _ = socket.recv_fds(self.channel, REQUEST, 4)
                if not message:
                    return
                self.start(self, json.loads(message), descriptors)


def fork_apart(space):
    """os.fork() whose child is the first process of a new pid namespace; SPACE is that of the caller."""
    system("unshare", CLONE_NEWPID)
    try:
        return os.fork()
    finally:
        if os.getpid() != 1:
            system("setns", space, CLONE_NEWPID)


def functions(path):
    """The functions of a file by their names; where it cannot be loaded, each says why."""
    try:
        module = load(path)
        return lambda name: getattr(module, name)
    except Exception as error:
        def fail(error=error):
            raise error
        return lambda _: fail


def start_tests(function):
    space = os.open("/proc/self/ns/pid", os.O_RDONLY)

    def start(server, request, descriptors):
        told, *streams = descriptors
        pid = fork_apart(space)
        if not pid:
            run(function(request["function"]), streams)
        os.write(told, b"%d\n" % pid)
        server.running[os.pidfd_open(pid)] = pid, told
        for stream in streams:
            os.close(stream)
    return start


def serve_file(channel, request):
    """Loads a file of tests as one of them would, and forks them."""
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    function = functions(request["path"])
    keep_shared()
    Server(channel, start_tests(function)).serve()


def start_file(server, request, descriptors):
    if not os.fork():
        server.channel.close()
        with contextlib.suppress(KeyboardInterrupt), socket.socket(fileno=descriptors[0]) as channel:
            serve_file(channel, request)
        os._exit(0)
    os.close(descriptors[0])


def preload():
    """What the tests and their harness import of others, and of the standard library."""
    texts = (path.read_text() for folder in ("e2e", "harness") for path in (TESTS / folder).glob("*.py"))
    wanted = {name for text in texts for name in re.findall(r"^(?:import|from) ([\w.]+)", text, re.M)}
    for name in sorted(wanted):
        if name.partition(".")[0] in sys.stdlib_module_names:
            importlib.import_module(name)
    keep_shared()


def keep_shared():
    """A collection would write to each object that is there, and so copy the page that it shares with those that are forked."""
    gc.collect()
    gc.freeze()


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


class Channel:
    """One that many threads may write to."""

    def __init__(self):
        self.lock = threading.Lock()
        self.ours, self.other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def send(self, descriptors, **request):
        with self.lock:
            socket.send_fds(self.ours, [json.dumps(request).encode()], descriptors)


class ForkServer:
    def __init__(self):
        self.channel = Channel()
        self.lock = threading.Lock()
        self.files = {}  # the channels of those of a file, by its path and environment
        with self.channel.other as other:
            self.process = subprocess.Popen([sys.executable, "-S", "-m", "harness.fork_server"], stdin=other, cwd=TESTS, start_new_session=True,
                                            env=environment(PYTHONPATH=str(TESTS), PYTHONPYCACHEPREFIX=str(BUILD / "python")))

    def of_file(self, path, env, cwd):
        with self.lock:
            key = path, *sorted(env.items())
            if key not in self.files:
                channel = self.files[key] = Channel()
                with channel.other as other:
                    self.channel.send([other.fileno()], path=path, env=env, cwd=cwd)
            return self.files[key]

    def run(self, limit, path, function, env, cwd):
        """Calls FUNCTION of the file PATH, with ENV and in CWD; it is killed when LIMIT seconds have passed."""
        pipes = [os.pipe() for _ in range(4)]
        told, given, out, err = (read for read, _ in pipes)
        try:
            self.of_file(path, env, cwd).send([pipes[0][1], given, pipes[2][1], pipes[3][1]], function=function)
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
    preload()
    Server(socket.socket(fileno=os.dup(0)), start_file).serve()
