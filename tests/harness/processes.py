"""The processes of this machine, or of this pid namespace, read from /proc."""
import contextlib
import os
import pathlib
import select
import signal
import uuid

# Everything that a test starts inherits this variable, unless it clears its environment.
MARK_NAME = "PARRUN_TEST_MARK"
MARK = os.environ.setdefault(MARK_NAME, uuid.uuid4().hex)


def facts_of(pid, name):
    """The file NAME of a process in /proc, of which tests wait for what it comes to say; None when the process is gone."""
    try:
        file = os.open(f"/proc/{pid}/{name}", os.O_RDONLY)
    except OSError:
        return None
    try:
        return os.read(file, 1 << 16).decode(errors="replace")
    except OSError:
        return None
    finally:
        os.close(file)


def stat(pid):
    """Name, state and parent of a process; None when it is gone."""
    text = facts_of(pid, "stat")
    if not text:
        return None
    name, rest = text[text.index("(") + 1:text.rindex(")")], text[text.rindex(")") + 2:].split()
    return name, rest[0], int(rest[1])


def all_pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def children(pid):
    """The living children of PID."""
    found = ((child, stat(child)) for child in all_pids())
    return [child for child, facts in found if facts and facts[2] == pid and facts[1] != "Z"]


def is_ours(pid):
    """True for what this test started: all but itself in its namespace, else what bears its mark."""
    if pid == os.getpid():
        return False
    if os.getpid() == 1:
        return True
    try:
        return f"{MARK_NAME}={MARK}".encode() in pathlib.Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False


def survivors():
    """Everything this test started that still lives, as "pid name"."""
    found = ((pid, stat(pid)) for pid in all_pids() if is_ours(pid))
    return [f"{pid} {facts[0]}" for pid, facts in found if facts and facts[1] not in "ZX"]


def wait_gone(pid, seconds=60):
    """Waits for the end of a process that is no child of ours; True when it ended."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([fd], [], [], seconds)[0])
    finally:
        os.close(fd)


def kill_all(*pids):
    """Kills processes that are there, of which the end of one may take others along."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def peak_memory(pid):
    """VmHWM in KiB; 0 for a process that is gone."""
    lines = (facts_of(pid, "status") or "").splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)
