"""One command with a time limit, in a session of its own."""
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import threading

# The only variables of the caller that a test sees.
KEPT = ("PATH", "HOME", "TMPDIR")

ADDRESSES = "detect_stack_use_after_return=1:strict_string_checks=1"
# All that the address sanitizer can find: of unit tests. The program's tests do without what each start and each end of a process pays
# for and unit tests have: borders of globals, and in end-to-end tests leaks (but in group leaks), frames that are used after their
# function's return and what is read of memory before it is written. Of where something was taken or freed the caller alone is kept, as
# each place is a page more.
WHOLE = f"{ADDRESSES}:detect_leaks=1"
SHORT = f"{ADDRESSES}:report_globals=0:malloc_context_size=2"
LEAKS = f"{SHORT}:detect_leaks=1"
LIGHT = f"{SHORT}:detect_leaks=0:detect_stack_use_after_return=0:max_malloc_fill_size=0"
THREADS = "halt_on_error=0:exitcode=66:second_deadlock_stack=1"
THREADS_LIGHT = f"{THREADS}:detect_deadlocks=0"  # in which order locks are taken unit and golden tests see
ROOTS = "use_globals=0"  # the program says itself where pointers may be: see roots.c

SANITIZERS = {
    "ASAN_OPTIONS": WHOLE,
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": THREADS,
}


def environment(**more):
    """The environment a test runs in: the same everywhere. `python3` in it is the one that runs the tests
    itself, where the caller's may be a script that looks for one at each start."""
    env = {name: os.environ[name] for name in KEPT if name in os.environ}
    env["PATH"] = f"{pathlib.Path(sys.executable).parent}:{env.get('PATH', os.defpath)}"
    return {**env, "LANG": "C.UTF-8", "TZ": "UTC", **SANITIZERS, **more}


class Ended:
    """How a command ended. STATUS is negative for a signal, None where the time limit passed."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def detail(self):
        text = "time limit passed\n" if self.status is None else f"status {self.status}\n"
        for name, data in (("standard output", self.out), ("standard error", self.err)):
            if data:
                text += f"--- {name}\n{data.decode(errors='replace')[-20000:]}\n"
        return text


def end_group(process):
    """Kills the process group that PROCESS leads; it was started by us."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


USED = threading.local()


def processor_time():
    """Seconds of processor time that this thread's commands have used since it was last asked, with all that they waited for."""
    seconds, USED.seconds = getattr(USED, "seconds", 0.0), 0.0
    return seconds


def count_processor_time(seconds):
    USED.seconds = getattr(USED, "seconds", 0.0) + seconds


class Command(subprocess.Popen):
    """A command of which is known what it used."""

    def _try_wait(self, wait_flags):
        try:
            pid, status, usage = os.wait4(self.pid, wait_flags)
        except ChildProcessError:
            return self.pid, 0
        if pid:
            count_processor_time(usage.ru_utime + usage.ru_stime)
        return pid, status


def run_command(argv, timeout, cwd=None, env=None, stdin=b""):
    """Runs ARGV to its end, or kills its process group when TIMEOUT seconds have passed."""
    process = Command(
        [str(word) for word in argv], cwd=cwd, env=env if env is not None else environment(),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True)
    try:
        out, err = process.communicate(stdin, timeout)
        return Ended(process.returncode, out, err)
    except subprocess.TimeoutExpired:
        end_group(process)
        try:
            out, err = process.communicate(timeout=5)
        except subprocess.TimeoutExpired:  # a child in another session keeps the pipe
            process.stdout.close()
            process.stderr.close()
            out, err = b"", b"(its output could not be read to the end)"
        return Ended(None, out, err)
