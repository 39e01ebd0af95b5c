"""Cgroups that parrun was given: what leaves its group and its session is ended all the same."""
import contextlib
import os
import pathlib
import time

from harness.parrun import PATIENCE, TERM, Directory, Run, check_nothing_left, check_status, died_of, mark
from harness.processes import wait_gone


def hierarchy():
    """Where cgroups of version 2 are; None where they are not, or may not be made."""
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, rest = line.partition(" - ")
        point = pathlib.Path(fields.split()[4])
        if rest.startswith("cgroup2 ") and os.access(point, os.W_OK) and os.geteuid() == 0:
            return point
    return None


def remove(path, patience=PATIENCE):
    """A cgroup is busy for a moment after its last process has ended."""
    deadline = time.monotonic() + patience
    while path.exists():
        with contextlib.suppress(OSError):
            path.rmdir()
        assert time.monotonic() < deadline, f"{path} is still there: {list(path.iterdir())}"


@contextlib.contextmanager
def delegated(marked=True):
    """This process is in a cgroup of its own, marked as systemd marks those with Delegate=yes."""
    point = hierarchy()
    path = point / f"test-{os.getpid()}-{time.monotonic_ns()}"
    path.mkdir()
    try:
        if marked:
            os.setxattr(path, "user.delegate", b"1")
        (path / "cgroup.procs").write_text("0")
        yield path
    finally:
        (point / "cgroup.procs").write_text("0")
        remove(path)


SCENARIO = """
    processes:
      server:
        run: |
          setsid sh -c 'setsid sleep 1000 & echo $! >daemon'
          echo "daemon $(cat daemon)"
          exec sleep 1000
        health: {run: "! rm sick 2>/dev/null", interval: 20ms, threshold: 1}  # sick once for each file
        restart: {on: always, delay: 10ms}
"""


def check_first_daemon(marked):
    """It runs on when the second life has begun, but where the run's cgroups may be used."""
    directory = Directory()
    with delegated(marked):
        run = Run(SCENARIO, directory=directory)
        first = int(run.wait_for(rb"daemon (\d+)")[1])
        (directory.path / "sick").touch()
        run.wait_for(rb"daemon (\d+)")
        assert wait_gone(first, PATIENCE if marked else 0) == marked
        run.signal(TERM)
        status, out, err = run.finish()
        check_nothing_left()
    check_status(status, died_of(TERM), out + err)


@mark("release")
def test_a_daemon_ends_with_the_process_that_left_it():
    if not hierarchy():
        return
    check_first_daemon(marked=True)


@mark("release")
def test_not_where_nobody_delegated_it():
    """As root may write everywhere: what is not marked is somebody else's."""
    if not hierarchy():
        return
    check_first_daemon(marked=False)


@mark("release")
def test_nothing_is_left_of_a_runner_that_is_killed():
    """The guard removes what the runner had made; the test's own cgroup can be removed."""
    if not hierarchy():
        return
    with delegated() as path:
        run = Run(SCENARIO)
        run.wait_for(rb"daemon (\d+)")
        assert list(path.glob("parrun-*/server")), list(path.rglob("*"))
        os.kill(run.runner(), 9)
        status, out, err = run.finish()
        check_nothing_left()
        assert status == died_of(9), (status, out + err)
        assert not list(path.glob("parrun-*")), list(path.rglob("*"))
