"""What tasks that run elsewhere ask of their run: put, get and the other words, through the frames of their agent."""
import json
import os
import pathlib
import signal
import socket
import subprocess

from harness.parrun import PATIENCE, PROGRAM, Directory, Run, check_nothing_left, check_status, complete, mark, until
from harness.processes import stat

# A launcher that goes nowhere.
ON = "on: {command: [env], slots: 2}"
ENV = {**os.environ, "PATH": f"{os.path.dirname(PROGRAM)}:{os.environ['PATH']}"}


def parent(pid):
    return stat(pid)[2]


def numbers(directory):
    return sorted(int(line) for path in directory.path.glob("got.*") for line in path.read_text().split())


@mark("release")
def test_all_messages_come_once():
    """From four tasks at once to two that wait for them before: what is put waits for room in the queue."""
    directory = Directory()
    status, out, err = complete(f"""
        queues: {{q: {{capacity: 1000}}}}
        pools:
          make:
            {ON}
            workers: 4
            tasks: 4
            produces: q
            run: n=${{{{ item }}}}; seq $((n * 25000 + 1)) $((n * 25000 + 25000)) | parrun put q
          take: {{{ON}, workers: 2, tasks: 2, consumes: q, run: "parrun get --all q >got.${{{{ item }}}}"}}
        """, directory=directory, env=ENV)
    check_status(status, 0, out + err)
    assert numbers(directory) == list(range(1, 100001)), len(numbers(directory))
    check_nothing_left()


@mark("release")
def test_large_messages_through_a_small_window():
    """Of 2 MiB each, there and back."""
    directory = Directory()
    status, out, err = complete(f"""
        queues: {{q: {{capacity: 1}}}}
        pools:
          make: {{{ON}, workers: 2, tasks: 2, produces: q, run: "head -c 2097152 /dev/zero | tr '\\\\0' 'x' | parrun put q"}}
          take: {{{ON}, workers: 1, tasks: 1, consumes: q, run: parrun get --all q | wc -c}}
        """, directory=directory, env=ENV)
    check_status(status, 0, out + err)
    assert b"\n4194306\n" in out, out
    check_nothing_left()


def test_answers_are_those_of_home():
    """More clients than the run's socket lets in, of which those that ask for nothing make room; what is refused, what times out, a
    word for the run, and a session that has shut down its side."""
    directory = Directory()
    directory.file("clients.py", """\
        import os, socket, subprocess, sys
        idle = []
        for _ in range(300):
            idle.append(socket.socket(socket.AF_UNIX))
            idle[-1].connect(os.environ["PARRUN_SOCKET"])
        puts = [subprocess.Popen(["parrun", "put", "q", str(number)]) for number in range(1, 41)]
        assert not any(put.wait() for put in puts)
        session = socket.socket(socket.AF_UNIX)
        session.connect(os.environ["PARRUN_SOCKET"])
        session.sendall(b'{"hello":1}\\n{"id":1,"status":["p"]}\\n')
        session.shutdown(socket.SHUT_WR)
        said = session.makefile("rb").read()
        print("session", said.count(b"\\n"), b'"name":"p"' in said)
        """)
    status, out, err = complete(f"""
        queues: {{q: {{}}, other: {{items: [x]}}}}
        pools:
          p:
            {ON}
            tasks: 1
            workers: 1
            produces: q
            run: |
              python3 clients.py || exit 1
              parrun get other; echo "refused $?"
              parrun status --json p | grep -o '"state":"running"'
          take:
            {ON}
            tasks: 1
            workers: 1
            consumes: [q, other]
            run: |
              parrun get --count 40 q >got.0
              parrun get other
              parrun get --timeout 1ms other; echo "timed out $?"
        """, directory=directory, env=ENV)
    check_status(status, 0, out + err)
    assert numbers(directory) == list(range(1, 41)), out + err
    for line in (b"refused 2\n", b"pool 'p' does not declare it: add 'consumes: other' to it", b'"state":"running"\n', b"x\n",
                 b"session 3 True\n"):
        assert line in out + err, (line, out + err)
    check_nothing_left()


def held(directory, *more):
    """A run whose task `p` puts into a queue that is full, and what its shell has told of itself."""
    run = Run(f"""
        queues: {{q: {{capacity: 2}}, empty: {{}}}}
        pools:
          p:
            {ON}
            tasks: 1
            workers: 1
            produces: [q, empty]
            run: '[ ! -e told ] || exit 0; echo "$PPID $PARRUN_SOCKET" >told.new; mv told.new told; exec parrun put q 1 2 3'
        processes:
          take: {{consumes: [q, empty], run: 'until [ -e go ]; do sleep 0.05; done; parrun get --all q >got.0'}}
        """, *more, directory=directory, env=ENV)
    until(lambda: b"for room in" in ask("status", run), "a put that waits")
    worker, address = (directory.path / "told").read_text().split()
    return run, int(worker), address


def ask(word, run):
    return subprocess.run([PROGRAM, word, "-r", str(run.scenario)], capture_output=True, timeout=PATIENCE, check=False).stdout


def test_a_put_that_is_lost_with_its_agent():
    """What waited for room is forgotten, as that of a task that is killed here; whichever dies, the other removes the socket."""
    for is_guard in (False, True):
        directory = Directory()
        run, worker, address = held(directory)
        assert pathlib.Path(address).is_socket(), address
        agent = parent(worker)
        os.kill(parent(agent) if is_guard else agent, signal.SIGKILL)
        run.wait_for(rb"Task 0 was ended: its worker was lost")
        until(lambda path=address: not os.path.exists(path), "the end of its socket")
        directory.file("go", "")
        status, out, err = run.finish()
        check_status(status, 0, out + err)
        assert numbers(directory) == [1, 2], numbers(directory)
        check_nothing_left()


def test_run_ends_while_one_waits():
    directory = Directory()
    run, _, address = held(directory)
    listed = subprocess.run([PROGRAM, "ps", "--json"], capture_output=True, check=True, timeout=PATIENCE).stdout.splitlines()
    assert all(json.loads(row)["run"] for row in listed), listed  # an agent is no run
    client = subprocess.Popen([PROGRAM, "get", "empty"], env={**ENV, "PARRUN_SOCKET": address}, stderr=subprocess.PIPE)
    with socket.socket(socket.AF_UNIX) as other:
        other.connect(address)
        run.signal(signal.SIGTERM)
        run.finish()
        other.settimeout(PATIENCE)
        assert other.recv(1000) == b""
    _, err = client.communicate(timeout=PATIENCE)
    assert client.returncode == 4 and err == b"parrun: error: the run has ended\n", (client.returncode, err)
    check_nothing_left()
