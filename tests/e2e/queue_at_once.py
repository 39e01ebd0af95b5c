"""One queue file and several who want it at once: shells, runs that begin, runs that end."""
import fcntl
import os
import signal
import subprocess
import threading

from harness.parrun import PATIENCE, PROGRAM, TERM, Directory, Run, check_nothing_left, check_status, mark
from e2e.durable import bodies, complete, rows, told, words

SHELLS = 8
EACH = 3


def at_once(*functions):
    """Runs them beside each other; what one of them raises is raised here."""
    failures = []

    def call(function):
        try:
            function()
        except BaseException as failure:
            failures.append(failure)
    threads = [threading.Thread(target=call, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def putter(directory, number, name="q.db"):
    def put():
        for i in range(EACH):
            ended = subprocess.run([PROGRAM, "queue", name, "put", "jobs", f"{number}.{i}"], cwd=directory.path,
                                   capture_output=True, timeout=2 * PATIENCE, check=False)
            check_status(ended.returncode, 0, ended.stderr)
    return put


def test_puts_of_several_shells():
    """The first of them makes the file, and nobody is in anybody's way."""
    directory = Directory()
    at_once(*(putter(directory, n) for n in range(SHELLS)))
    assert sorted(bodies(directory)) == sorted(f"{n}.{i}" for n in range(SHELLS) for i in range(EACH))


def test_purge_beside_puts():
    directory = Directory()
    told(directory, "put", "jobs", "first")
    purged = []

    def purge():
        for _ in range(EACH):
            purged.append(int(told(directory, "purge", "jobs").split()[0]))
    at_once(purge, *(putter(directory, n) for n in range(SHELLS)))
    assert sum(purged) + len(bodies(directory)) == SHELLS * EACH + 1, purged


WORK = """
    queues: {jobs: {durable: q.db}}
    pools: {p: {workers: 1, tasks: {queue: jobs}, run: "echo ${{ item }} >>done"}}
"""


def test_puts_around_the_start_and_the_end_of_runs():
    """A put goes to the run or into the file, and no run is refused because of one."""
    directory = Directory()
    told(directory, "put", "jobs", "first")
    putting = threading.Event()

    def run():
        while not putting.is_set():
            status, out, err = complete(WORK, directory=directory)
            check_status(status, 0, out + err)

    def put():
        try:
            at_once(*(putter(directory, n) for n in range(3)))
        finally:
            putting.set()
    at_once(run, put)
    check_nothing_left()
    all_of_them = words(directory) + bodies(directory)
    assert sorted(all_of_them) == sorted(["first"] + [f"{n}.{i}" for n in range(3) for i in range(EACH)])


def test_what_a_run_did_not_take_goes_into_the_file():
    """Its queue is full, and it ends: the rest of the put is done without it."""
    directory = Directory()
    run = Run("""
        queues: {jobs: {durable: q.db, capacity: 2, close: never}}
        processes:
          up: {run: "echo here; read line; echo up; exec sleep 600", stdin: {queue: jobs}}
        """, directory=directory)
    run.wait_for(b"up . here")
    put = subprocess.Popen([PROGRAM, "queue", "q.db", "put", "jobs"], cwd=directory.path, stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    line = b"next\n"
    put.stdin.write(b"first\n" + line * 20)
    put.stdin.flush()
    run.wait_for(b"up . up")
    run.signal(TERM)
    run.finish()
    out, err = put.communicate(b"last\n", timeout=PATIENCE)
    check_status(put.returncode, 0, out + err)
    check_nothing_left()
    assert out == b"22 messages put into jobs.\n", out
    left = bodies(directory)
    assert left[-1] == "last" and len(left) == 21, (len(left), left[-1][:10])


def test_a_reader_of_standard_input_keeps_nobody_waiting():
    """The file is taken when all has come, not before."""
    directory = Directory()
    slow = subprocess.Popen([PROGRAM, "queue", "q.db", "put", "jobs"], cwd=directory.path, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE)
    slow.stdin.write(b"slow\n")
    slow.stdin.flush()
    told(directory, "put", "jobs", "quick")
    slow.communicate(timeout=PATIENCE)
    assert bodies(directory) == ["quick", "slow"]


def test_a_long_wait_is_told():
    directory = Directory()
    told(directory, "put", "jobs", "a")
    with open(directory.path / "q.db", "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        put = subprocess.Popen([PROGRAM, "queue", "q.db", "put", "jobs", "b"], cwd=directory.path,
                               stderr=subprocess.PIPE)
        line = put.stderr.readline()
        assert line.startswith(b"parrun: waiting for process ") and b"which has the queue file 'q.db'" in line, line
    assert put.wait(PATIENCE) == 0
    put.stderr.close()
    assert bodies(directory) == ["a", "b"]


def test_a_run_waits_for_a_put_and_not_for_a_run():
    directory = Directory()
    told(directory, "put", "jobs", "a")
    with open(directory.path / "q.db", "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        run = Run(WORK, directory=directory)
        assert run.process.stderr.readline().startswith(b"parrun: waiting for process ")
        status, out, err = complete(WORK, directory=directory)
        check_status(status, 2, out + err)
        assert b"is writing it" in err, err
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    assert words(directory) == ["a"]


@mark("release")
def test_a_socket_that_has_gone():
    """A run that cannot be reached, as somebody has removed its socket and it makes none anew: told, and waited for."""
    directory = Directory()
    run = Run("""
        queues: {jobs: {durable: q.db, close: never}}
        processes: {up: {run: "read line; echo up; exec sleep 600", stdin: {queue: jobs}}}
        """, directory=directory)
    told(directory, "put", "jobs", "a")
    run.wait_for(b"up . up")
    (socket,), = rows(directory, "SELECT socket FROM holder")
    os.kill(run.runner(), signal.SIGSTOP)
    os.rename(os.path.dirname(socket), directory.path / "gone")
    put = subprocess.Popen([PROGRAM, "queue", "q.db", "put", "jobs", "b"], cwd=directory.path,
                           stderr=subprocess.PIPE)
    assert f"waiting for process {run.runner()}, which has".encode() in put.stderr.readline()
    os.kill(run.runner(), signal.SIGCONT)
    assert put.wait(PATIENCE) == 0
    put.stderr.close()
    run.signal(TERM)
    run.finish()
    check_nothing_left()
    assert bodies(directory) == ["b"]
