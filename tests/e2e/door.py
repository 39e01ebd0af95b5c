"""The run's socket: parrun put and --get in the shells of bodies, in crowds, and against accidents."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import textwrap
import time

from harness.parrun import (KILL, PATIENCE, PROGRAM, TERM, Directory, Run, amount, check_nothing_left, check_status,
                            mark, own_path)
from harness.paths import program

NOBODY = "65534"

# The program that shells start very often: without sanitizers it starts in no time.
CROWD = own_path(program("release"))


def start(scenario, *arguments, **options):
    options.setdefault("env", own_path())
    return Run(scenario, *arguments, **options)


def whole(scenario, *arguments, **options):
    return start(scenario, *arguments, **options).finish()


def lines_of(out, name):
    """What the object NAME has printed."""
    head = f"{name} | ".encode()
    return [line[len(head):] for line in out.splitlines() if line.startswith(head)]


@mark("tsan")
def test_puts_of_many_shells():
    """All that was put is taken once, by shells and by a Lua body at the same time."""
    makers = amount(4, 20)
    status, out, err = whole(f"""
        queues: {{q: {{capacity: 7}}}}
        processes:
          make:
            replicas: {makers}
            produces: q
            run: |
              for i in $(seq 10); do parrun put q $(seq -f "$PARRUN_INDEX.$i.%g" 49) & done
              parrun put q "$PARRUN_INDEX.a" "$PARRUN_INDEX.b" "$PARRUN_INDEX.c"; wait
              seq -f "$PARRUN_INDEX.in.%g" 7 | parrun put q
          shell: {{consumes: q, replicas: 3, run: "parrun get q --all"}}
          lua:
            consumes: q
            lua: 'for m in parrun.queue("q"):each() do print(m) end'
        log: {{hide: [run.*, process.start*, process.ended]}}
    """, env=CROWD)
    check_status(status, 0, out + err)
    got = sorted(line.partition(b" | ")[2] for line in out.splitlines() if b" | " in line)
    want = [f"{n}.{i}.{k}" for n in range(1, makers + 1) for i in range(1, 11) for k in range(1, 50)]
    want += [f"{n}.{letter}" for n in range(1, makers + 1) for letter in "abc"]
    want += [f"{n}.in.{k}" for n in range(1, makers + 1) for k in range(1, 8)]
    assert len(want) == 500 * makers and got == sorted(line.encode() for line in want)
    check_nothing_left()


LOOP = """
    queues: {words: {capacity: 2}, lengths: {capacity: 2}}
    processes:
      make: {exec: [seq, "100", "139"], stdout: {queue: words}}
      measure:
        consumes: words
        produces: lengths
        run: while w=$(parrun get words); do parrun put lengths -- "$w:${#w}"; done
      tell: {consumes: lengths, run: 'while l=$(parrun get lengths); do echo "$l"; done'}
"""


def test_loop_of_a_shell():
    status, out, err = whole(LOOP, env=CROWD)
    check_status(status, 0, out + err)
    assert lines_of(out, "tell") == [b"%d:3" % n for n in range(100, 140)], out
    check_nothing_left()


def books(out):
    """put and taken of each queue at its end, from the events."""
    stats = {}
    for line in out.splitlines():
        event = json.loads(line)
        if event["event"] == "queue.stats":
            stats[event["queue"]] = (event["put"], event["taken"])
    return stats


def test_books():
    status, out, err = whole(LOOP, "--format", "json", "--show", "queue.stats", env=CROWD)
    check_status(status, 0, out + err)
    assert books(out) == {"words": (40, 40), "lengths": (40, 40)}, books(out)


def test_any_bytes():
    """NUL at the end in place of newlines: every other byte goes through, in both directions."""
    directory = Directory()
    messages = [bytes(range(1, 256)), b"", b"\n", b"a" * 300_000, b"\xff\xfe"]
    directory.file("in", b"".join(m + b"\0" for m in messages))
    status, out, err = whole("""
        queues: {q: {framing: nul}}
        processes:
          make: {produces: q, run: parrun put -0 q <in}
          take: {consumes: q, run: parrun get q --null --all >out}
    """, directory=directory)
    check_status(status, 0, out + err)
    assert (directory.path / "out").read_bytes() == (directory.path / "in").read_bytes()


def test_so_many_messages():
    """--count takes as many as it says, all that are left at the end, and none beyond; --all the rest."""
    status, out, err = whole("""
        queues: {q: {}}
        processes:
          make: {exec: [seq, "2000"], stdout: {queue: q}}
          take:
            consumes: q
            run: |
              parrun get q --count 5 | tr '\\n' ' '; parrun get q
              parrun get q --count 1500 | tail -1
              parrun get q --count 400 >some; wc -l <some; parrun get q --count 400 | wc -l
              parrun get q --count 400 && echo never; echo status $?; parrun get q --all; echo status $?
        log: {hide: [run.*, process.start*, process.ended]}
    """)
    check_status(status, 0, out + err)
    assert [line.partition(b"| ")[2] for line in out.splitlines()] == [
        b"1 2 3 4 5 6", b"1506", b"400", b"94", b"status 1", b"status 0"], out


def test_broadcast_and_pools():
    """Tasks of both kinds of pool put into several queues; every consumer gets all of a broadcast."""
    status, out, err = whole("""
        queues: {even: {delivery: broadcast}, odd: {}}
        pools:
          p:
            tasks: 20
            produces: [even, odd]
            run: if [ $((${{ item }} % 2)) = 0 ]; then parrun put even ${{ item }};
                 else parrun put odd ${{ item }}; fi
          t:
            kind: thread
            tasks: 1
            produces: odd
            lua: 'assert(parrun.run("parrun put odd 21").code == 0)'
        processes:
          one: {consumes: even, run: parrun get even --all}
          two: {consumes: even, lua: 'for m in parrun.queue("even"):each() do print(m) end'}
          three: {consumes: odd, run: parrun get odd --all}
    """)
    check_status(status, 0, out + err)
    even = sorted(b"%d" % n for n in range(0, 20, 2))
    assert sorted(lines_of(out, "one")) == even and sorted(lines_of(out, "two")) == even, out
    assert sorted(lines_of(out, "three")) == sorted(b"%d" % n for n in range(1, 22, 2)), out


@mark("tsan")
def test_killed_taker_gives_back():
    """A client that is stopped before it has written the message: another one gets it."""
    directory = Directory()
    directory.fifo("full")
    directory.fifo("gate")
    run = start("""
        queues: {q: {items: [%s, second]}}
        processes:
          take:
            consumes: q
            run: |
              exec 3<>full
              parrun get q >full &
              echo waits $!
              read x <gate
              kill -9 $!; wait
              parrun get q | cut -c1-9; parrun get q; parrun get q; echo "end $?"
    """ % ("x" * 200_000), directory=directory)
    pid = int(run.wait_for(rb"waits (\d+)").group(1))
    wait_until_blocked(pid)
    (directory.path / "gate").write_text("go\n")
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    assert lines_of(out, "take")[1:] == [b"xxxxxxxxx", b"second", b"end 1"], out
    check_nothing_left()


def wait_until_blocked(pid):
    """Waits until PID waits in the middle of writing into a pipe."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        where = pathlib.Path(f"/proc/{pid}/syscall").read_text().split()
        if where[0] == str(WRITE):
            return
        time.sleep(0.001)
    raise AssertionError(f"{pid} never blocked")


WRITE = {"x86_64": 1, "aarch64": 64}.get(os.uname().machine, 4)


@mark("tsan")
def test_killed_putter_puts_no_more():
    """What was taken stays; what waited for room, and what stood behind it, is not put."""
    directory = Directory()
    directory.fifo("full")
    directory.fifo("dead")
    run = start("""
        queues: {q: {capacity: 3, trace: true}}
        processes:
          make:
            produces: q
            run: |
              parrun put q 1 2 3 4 5 6 &
              read x <full
              kill -9 $!; wait; echo >dead
              parrun put q last
          take: {consumes: q, run: "read x <dead; parrun get q --all"}
    """, directory=directory)
    run.wait_for(rb"^Put 3 to queue")
    (directory.path / "full").write_text("yes\n")
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    assert lines_of(out, "take") == [b"1", b"2", b"3", b"last"], out


def test_timeouts():
    status, out, err = whole("""
        queues: {empty: {}, full: {capacity: 1}}
        processes:
          try:
            produces: [full, empty]
            consumes: empty
            run: |
              exec 2>&1
              parrun get empty --timeout 50ms; echo "get $?"
              parrun put full --timeout 50ms 1 2 3; echo "put $?"
          take: {consumes: full, depends_on: [try], run: parrun get full --all}
    """)
    check_status(status, 0, out + err)
    assert lines_of(out, "try") == [
        b"parrun: error: queue 'empty' was empty all the time", b"get 124",
        b"parrun: error: value 2: queue 'full' was full all the time", b"put 124"], out
    assert lines_of(out, "take") == [b"1"], out


def find_sockets(directory):
    return list(pathlib.Path(directory).glob("parrun*"))


def waiting_run(directory, **more):
    run = start("""
        queues: {q: {close: never}}
        processes:
          make: {produces: q, run: "echo $PARRUN_SOCKET; sleep 1000"}
          take: {consumes: q, run: "parrun get q; echo status $?"}
    """, env={**own_path(), "TMPDIR": str(directory), **more}, directory=Directory())
    path = run.wait_for(rb"make \| (/.*)").group(1).decode()
    return run, path


def test_socket_is_private_and_removed():
    for number in (TERM, KILL):
        directory = Directory()
        run, path = waiting_run(directory.path)
        status = os.stat(path)
        above = os.stat(os.path.dirname(path))
        assert status.st_mode & 0o7777 == 0o600 and above.st_mode & 0o7777 == 0o700, path
        assert status.st_uid == above.st_uid == os.geteuid(), path
        os.kill(run.runner(), number)
        run.finish()
        check_nothing_left()
        assert not find_sockets(directory.path), f"{path} was left behind by signal {number}"


def test_socket_is_where_the_session_keeps_its_own():
    session, temporary = Directory(), Directory()
    run, path = waiting_run(temporary.path, XDG_RUNTIME_DIR=str(session.path))
    assert path.startswith(str(session.path)), path
    run.signal(TERM)
    run.finish()
    for wrong in ("relative", str(session.path / "missing"), str(session.path / ("x" * 100))):
        run, path = waiting_run(temporary.path, XDG_RUNTIME_DIR=wrong)
        assert path.startswith(str(temporary.path)), path
        run.signal(TERM)
        run.finish()
    assert not find_sockets(session.path) and not find_sockets(temporary.path)


def test_other_users_are_sent_away():
    """Even where somebody opens the directory to them."""
    if os.geteuid() or not shutil.which("setpriv"):
        return
    directory = Directory()
    os.chmod(directory.path, 0o755)
    run, path = waiting_run(directory.path)
    reach = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
             "python3", "-c", "import socket, sys\n"
             "s = socket.socket(socket.AF_UNIX)\n"
             f"s.connect({path!r})\n"
             "print('connected', flush=True)\n"
             "print(s.recv(100) or 'sent away')"]
    refused = subprocess.run(reach, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert "PermissionError" in refused.stderr and not refused.stdout, refused
    os.chmod(pathlib.Path(path).parent.parent, 0o755)
    os.chmod(os.path.dirname(path), 0o755)
    os.chmod(path, 0o666)
    sent = subprocess.run(reach, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert sent.stdout in ("connected\nsent away\n", "connected\n"), sent
    run.signal(TERM)
    run.finish()


def test_what_is_no_request():
    """Whatever comes at the socket, the run goes on; a flood of it is not kept."""
    directory = Directory()
    run, path = waiting_run(directory.path)
    hello = b"\x11\0\0\0\x80\1\0\0\0\4\0\0\0none\0\0\0\0"
    for rubbish in (b"GET / HTTP/1.0\r\n\r\n" * 100, b"\0\0\0\0", b"\1\0\0\0\x81", b"\1\0\0\0\x80",
                    hello[:9], hello + b"\1\0\0\0\x83", hello + b"\1\0\0\0\x81",
                    hello + b"\6\0\0\0\x82\xff\xff\xff\xff\xff", b"\xff" * 100_000):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
            try:
                client.sendall(rubbish)
                client.shutdown(socket.SHUT_WR)
                while client.recv(65536):
                    pass
            except OSError:
                pass
    ended = subprocess.run([PROGRAM, "put", "q", "from outside"], timeout=PATIENCE, check=False,
                           env={**own_path(), "PARRUN_SOCKET": path})
    assert ended.returncode == 0, ended
    run.wait_for(rb"take \| from outside")
    run.signal(TERM)
    run.finish()
    check_nothing_left()


def test_run_ends_while_one_waits():
    """From outside: who waits for a message learns that the run has ended."""
    directory = Directory()
    run, path = waiting_run(directory.path)
    outside = {**own_path(), "PARRUN_SOCKET": path}
    client = subprocess.Popen([PROGRAM, "get", "q", "--all"], env=outside, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
    subprocess.run([PROGRAM, "put", "q", "1", "2"], env=outside, timeout=PATIENCE, check=True)
    assert client.stdout.readline() in (b"1\n", b"2\n")  # it is there; take has the other
    run.signal(TERM)
    run.finish()
    _out, err = client.communicate(timeout=PATIENCE)
    assert client.returncode == 4 and err == b"parrun: error: the run has ended\n", (client.returncode, err)
    late = subprocess.run([PROGRAM, "get", "q"], env=outside, capture_output=True, timeout=PATIENCE,
                          check=False)
    assert late.returncode == 4 and late.stderr == err, late


def test_without_a_socket():
    """No directory can be made: the run goes on, and who asks for a queue is told why."""
    read_only = ["unshare", "--mount", "sh", "-c",
                 'mount -t tmpfs -o ro,size=4k none /tmp && exec "$@"', "sh"]
    if subprocess.run([*read_only, "true"], capture_output=True, check=False).returncode:
        return
    with tempfile.TemporaryDirectory(dir="/var/tmp") as directory:
        shutil.copy(PROGRAM, f"{directory}/parrun")  # /tmp may be where it stands
        (pathlib.Path(directory) / "scenario.yaml").write_text(textwrap.dedent("""
            queues: {q: {}}
            processes:
              make: {stdout: {queue: q}, run: "echo message; parrun put q 1; echo status $? >&2"}
              take: {stdin: {queue: q}, run: cat}
        """))
        ended = subprocess.run([*read_only, "./parrun", "scenario.yaml"], cwd=directory,
                               env={**os.environ, "TMPDIR": "/nowhere",
                                    "PATH": f"{directory}:{os.environ['PATH']}"},
                               timeout=PATIENCE, capture_output=True, check=False)
    assert ended.returncode == 0, ended
    assert lines_of(ended.stdout, "take") == [b"message"], ended.stdout
    assert b"status 4" in ended.stdout, ended.stdout
    assert re.search(rb"the run has no socket: .*Read-only", ended.stdout), ended.stdout


def test_status_counts_who_waits():
    """SIGUSR1 tells of those who wait at the door too."""
    run = Run("""
        queues: {q: {}, full: {capacity: 1, items: [x]}}
        processes:
          get: {run: parrun get q, consumes: q, produces: full}
          put: {run: parrun put full y, produces: [full, q], consumes: full}
    """, env=own_path())
    run.wait_for(rb"Process put to ")
    for wanted in (b"queue q holds 0 messages, 1 waits for a message\n",
                   b"queue full holds 1 message, 1 waits for room\n"):
        while wanted not in run.seen:  # until they have asked
            run.signal(signal.SIGUSR1)
            run.wait_for(rb"queue full holds 1 message")
            time.sleep(0.1)  # what comes sooner behind it is taken for the same signal
    run.signal(TERM)
    run.finish()
