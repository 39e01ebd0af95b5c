"""Supervision: ports that open late, checks that hang, restarts that are stopped, the order of a stop."""
import contextlib
import os
import queue
import re
import socket
import subprocess
import threading

from harness.parrun import (INT, PATIENCE, TERM, USR1, Directory, Run, check_nothing_left,
                            check_status, complete, died_of, mark)


class Server:
    """Answers each connection with BYTES, in a thread, on the loopback alone; not before open()."""

    def __init__(self, answer, family=socket.AF_INET, address=("127.0.0.1", 0)):
        self.socket = socket.socket(family)
        self.socket.bind(address)
        self.address = self.socket.getsockname()
        self.answer = answer
        self.requests = []

    def open(self):
        self.socket.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.socket.accept()
                with peer, contextlib.suppress(OSError):
                    answer = self.answer() if callable(self.answer) else self.answer
                    if answer:
                        request = b""
                        while b"\r\n\r\n" not in request and (more := peer.recv(4096)):
                            request += more
                        if not request:  # somebody has only looked whether there is a server
                            continue
                        self.requests.append(request)
                        peer.sendall(answer)

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


@contextlib.contextmanager
def serving(*arguments, **options):
    server = Server(*arguments, **options)
    try:
        yield server
    finally:
        server.close()


def waits_for(server, probe, **options):
    """A client is started after the server has been opened, and not before."""
    run = Run(f"""
        processes:
          server: {{run: "echo up; exec sleep 1000", daemon: true, ready: {{{probe}, interval: 10ms, conflict: accept}}}}
          client: {{run: echo client, depends_on: server}}
    """, **options)
    run.wait_for(rb"up")
    assert b"client" not in run.seen, run.seen
    server.open()
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    assert b"client | client" in run.seen + out, run.seen + out
    check_nothing_left()


def test_tcp():
    with serving(b"") as server:
        waits_for(server, f'tcp: "127.0.0.1:{server.address[1]}"')


def test_tcp_localhost():
    with serving(b"") as server:
        waits_for(server, f"tcp: {server.address[1]}")


def test_unix():
    directory = Directory()
    with serving(b"", family=socket.AF_UNIX, address=str(directory.path / "socket")) as server:
        waits_for(server, "unix: socket", directory=directory)


def test_http():
    answers = iter([b"HTTP/1.1 503 Not yet\r\n\r\n", b"HTTP/1.1 503 Not yet\r\n\r\n"])
    with serving(lambda: next(answers, b"HTTP/1.1 204 Here\r\n\r\n")) as server:
        port = server.address[1]
        waits_for(server, f'http: "http://127.0.0.1:{port}/a?b#c"')
        assert len(server.requests) >= 3, server.requests
        assert server.requests[0].startswith(b"GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:"), server.requests


def test_http_reads_the_answer():
    """A server that is still writing is not left: it would take that for an error."""
    refused = []

    class Long(Server):
        def _serve(self):
            peer, _ = self.socket.accept()
            with peer:
                peer.recv(4096)
                try:
                    peer.sendall(b"HTTP/1.1 200 Here\r\n\r\n" + b"x" * 200_000)
                except OSError as error:
                    refused.append(error)

    server = Long(b"")
    try:
        waits_for(server, f'http: "http://127.0.0.1:{server.address[1]}/"')
    finally:
        server.close()
    assert not refused, refused


def test_http_that_never_ends():
    """The status counts, though the rest of the answer does not come."""
    with serving(b"") as endless:
        endless.socket.listen()
        held = []

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    peer, _ = endless.socket.accept()
                    held.append(peer)
                    peer.sendall(b"HTTP/1.1 503 No\r\n\r\nand so on")

        threading.Thread(target=serve, daemon=True).start()
        run = Run(f"""
            processes:
              server:
                run: exec sleep 1000
                health: {{http: "http://127.0.0.1:{endless.address[1]}/", interval: 10ms, timeout: 5s, threshold: 1}}
        """)
        status, out, err = run.finish()
        check_status(status, 1, out + err)
        assert b"answered with status 503" in out, out
        for peer in held:
            peer.close()


def never_ready(probe, words):
    run = Run(f"""
        processes:
          server: {{run: exec sleep 1000, ready: {{{probe}, interval: 10ms, timeout: 5s, conflict: accept}}}}
    """)
    status, out, err = run.finish()
    check_status(status, 1, out + err)
    assert words in out, out
    check_nothing_left()


def test_refused():
    with serving(b"") as server:  # bound, but never listening
        never_ready(f'tcp: "127.0.0.1:{server.address[1]}"', b"Connection refused")


def test_no_http():
    with serving(b"220 smtp.example.org ready\r\n") as server:
        server.open()
        never_ready(f'http: "http://127.0.0.1:{server.address[1]}"', b"does not answer in HTTP")


def test_http_that_fails():
    with serving(b"HTTP/1.1 500 No\r\n\r\n") as server:
        server.open()
        never_ready(f'http: "http://127.0.0.1:{server.address[1]}"', b"answered with status 500")


def test_no_such_host():
    """A name that is refused without asking anybody: how long a server of names takes is the machine's affair."""
    never_ready('tcp: "no..such.host:80"', b"has no address")


def test_http_that_never_answers():
    """A look that hangs is ended, and the next one may succeed."""
    with serving(b"") as silent:
        silent.socket.listen()
        run = Run(f"""
            processes:
              server:
                run: exec sleep 1000
                health: {{http: "http://127.0.0.1:{silent.address[1]}/", interval: 10ms, timeout: 50ms, threshold: 2}}
        """)
        status, out, err = run.finish()
        check_status(status, 1, out + err)
        assert re.search(rb"Process server is unhealthy: 2 looks in a row: http://127.0.0.1:\d+/: no answer within 50ms\.", out), out


def test_stop_during_a_check_that_hangs():
    run = Run("""
        processes:
          server: {run: "exec sleep 1000", ready: {run: "echo >looking; exec sleep 1000"}}
          sign: {run: "until test -f looking; do sleep 0.05; done; echo looks"}
    """)
    run.wait_for(rb"looks")
    run.signal(TERM)
    status, out, err = run.finish()
    check_nothing_left()
    check_status(status, died_of(TERM), out + err)


def test_stop_during_the_wait_for_a_restart():
    """The classic bug: what a stop finds waiting is started all the same, and nobody knows of it."""
    run = Run("""
        processes:
          a: {run: "exit 3", restart: {on: failure, delay: 1h, max_delay: 1h}}
          b: {run: "echo b", depends_on: a}
    """)
    run.wait_for(rb"restarting in 1h \(1 of 5\)")
    run.signal(INT)
    status, out, err = run.finish()
    check_nothing_left()
    check_status(status, died_of(INT), out + err)
    assert b"Process b skipped: the run was stopped." in out, out


def test_second_signal_during_the_wait_for_a_restart():
    run = Run("""
        processes:
          a: {run: "exit 3", restart: {on: always, delay: 1h, max_delay: 1h}}
          deaf: {run: "trap '' TERM; echo deaf; while :; do sleep 1; done", stop: {grace: 1h}}
    """)
    run.wait_for(rb"restarting in 1h|deaf \| deaf")
    run.wait_for(rb"restarting in 1h|deaf \| deaf")
    run.signal(INT)
    run.wait_for(rb"Stopping")
    run.signal(TERM)
    status, out, err = run.finish()
    check_nothing_left()
    check_status(status, died_of(INT), out + err)


ORDER = """
    processes:
      web: {run: "trap 'echo bye; exit 0' TERM; sh -c 'echo up; exec sleep 1000' & wait", depends_on: {app: ready}}
      app: {run: "trap 'echo bye; exit 0' TERM; sh -c 'echo up; exec sleep 1000' & wait", ready: {log: up}, depends_on: {db: ready}}
      db: {run: "trap 'echo bye; exit 0' TERM; sh -c 'echo up; exec sleep 1000' & wait", ready: {log: up}}
"""


@mark("tsan")
def test_stops_in_reverse():
    run = Run(ORDER)
    run.wait_for(rb"web \| up")
    run.signal(TERM)
    status, out, err = run.finish()
    check_status(status, died_of(TERM), out + err)
    ends = [line.split()[0] for line in out.splitlines() if line.endswith(b"| bye")]
    assert ends == [b"web", b"app", b"db"], out
    check_nothing_left()


def test_interrupt_after_a_failure():
    """fail_fast stops the run; a signal in that stop ends parrun by that signal, still with grace."""
    directory = Directory()
    gate = directory.fifo("gate")
    run = Run("""
        fail_fast: true
        processes:
          slow:
            run: "trap 'echo leaving; read -r x <gate; exit 0' TERM; echo up; while :; do sleep 0.1; done"
            ready: {log: up}
            stop: {grace: 1h}
          bad: {run: "exit 3", depends_on: {slow: ready}}
    """, directory=directory)
    run.wait_for(rb"slow \| leaving")
    run.signal(INT)
    run.wait_for(rb"Stopping: signal INT")
    with open(gate, "w", encoding="ascii") as end:
        end.write("go\n")
    status, out, err = run.finish()
    check_status(status, died_of(INT), out + err)
    assert b"killed" not in out, out
    check_nothing_left()


def test_stop_command():
    """The command may take its time; what it stops is killed at the end of the grace, and it too."""
    run = Run("""
        processes:
          deaf:
            run: trap '' TERM; echo up; while :; do sleep 0.1; done
            stop: {run: "echo >called; exec sleep 1000", grace: 5s}
    """)
    run.wait_for(rb"up")
    run.signal(TERM)
    status, out, err = run.finish()
    check_status(status, died_of(TERM), out + err)
    assert b"Process deaf killed: it did not end within 5s." in out, out
    assert (run.directory.path / "called").exists()
    check_nothing_left()


def test_notify_barrier():
    """A sender that waits for the message to be read (BARRIER=1) is let go."""
    run = Run("""
        processes:
          server:
            ready: {notify: true}
            exec:
              - python3
              - -c
              - |
                import array, os, socket
                s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                s.connect("\\0" + os.environ["NOTIFY_SOCKET"][1:])
                s.send(b"READY=1")
                r, w = os.pipe()
                s.sendmsg([b"BARRIER=1"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [w]))])
                os.close(w)
                os.read(r, 1)
                print("let go")
    """)
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    assert b"server | let go" in out, out


def test_watchdog():
    """What sends WATCHDOG=1 lives; what stops doing so is ended."""
    run = Run("""
        processes:
          server:
            ready: {notify: true}
            health: {notify: true, interval: 4s, threshold: 1}
            exec:
              - python3
              - -c
              - |
                import os, socket, time
                s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                s.connect("\\0" + os.environ["NOTIFY_SOCKET"][1:])
                print(os.environ["WATCHDOG_USEC"], flush=True)
                s.send(b"READY=1")
                began = time.monotonic()
                while time.monotonic() < began + 5:
                    s.send(b"WATCHDOG=1")
                    time.sleep(0.02)
                print("falls silent", flush=True)
                time.sleep(1000)
    """)
    run.wait_for(rb"server \| 4000000")
    run.wait_for(rb"falls silent|unhealthy")
    assert b"unhealthy" not in run.seen, run.seen
    status, out, err = run.finish()
    check_status(status, 1, out + err)
    assert b"Process server is unhealthy: it did not say WATCHDOG=1." in out, out


def test_parruns_own_socket_is_not_inherited():
    os.environ["NOTIFY_SOCKET"] = "/nowhere/at/all"
    try:
        run = Run("""processes: {a: {run: 'echo "<$NOTIFY_SOCKET>"'}}""")
    finally:
        del os.environ["NOTIFY_SOCKET"]
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    assert b"a | <>" in out, out


def status_of(run):
    """What SIGUSR1 prints: its first line and those below it."""
    run.signal(USR1)
    head = run.wait_for(rb"^After .* running, .* waiting, .* ended\.$")
    return head


@mark("tsan")
def test_status():
    directory = Directory()
    gate = directory.fifo("gate")
    run = Run("""
        processes:
          db: {run: "echo db up; exec sleep 1000", daemon: true, ready: {file: sign, interval: 10ms}}
          web: {run: "echo web", depends_on: [db, seed]}
          seed: {run: "echo seed; read -r x <gate; touch sign"}
          flaky: {run: "exit 3", daemon: true, restart: {on: failure, delay: 1h, max_delay: 1h}}
        pools:
          p: {tasks: 3, workers: 1, output: lines, run: "echo in pool; read -r x <gate"}
        threads:
          t: {lua: "print('in thread') parrun.sleep(1000)", daemon: true}
        queues:
          q: {items: [a, b]}
    """.replace("t: {lua", "t: {consumes: q, lua"), directory=directory)
    for _ in range(5):
        run.wait_for(rb"db up|seed \| seed|restarting in 1h|in pool|in thread")
    status_of(run)
    lines = [run.line() for _ in range(7)]
    text = b"".join(lines)
    for pattern in (rb"process db \(\d+\) runs for \S+, is not ready: .*/sign: No such file or directory\n",
                    rb"process web waits until db is ready, seed has succeeded\n",
                    rb"process seed \(\d+\) runs for ",
                    rb"process flaky is started again in (59m|1h)",
                    rb"pool p runs for \S+: 0 of 3 tasks done; running: task 0 for ",
                    rb"thread t runs for ",
                    rb"queue q holds 2 messages\n"):
        assert re.search(pattern, text), f"{pattern}\n{text.decode()}"
    run.signal(TERM)
    status, out, err = run.finish()
    check_status(status, died_of(TERM), out + err)
    assert gate.exists()


def test_status_in_a_stop():
    """What the stop waits for."""
    run = Run("""
        processes:
          base: {run: "echo up; exec sleep 1000", ready: {log: up}}
          deaf: {run: "trap '' TERM; echo deaf; while :; do sleep 0.1; done", ready: {log: deaf}, stop: {grace: 1h}, depends_on: {base: ready}}
    """, "-v")
    run.wait_for(rb"deaf \| deaf")
    run.signal(TERM)
    run.wait_for(rb"Process deaf is being stopped")
    status_of(run)
    text = run.line() + run.line()
    assert re.search(rb"process base \(\d+\) runs for \S+, is ready; it is stopped after those that depend on it\n",
                     text), text
    assert re.search(rb"process deaf \(\d+\) was asked to end, is killed in (59m|1h)", text), text
    run.signal(INT)  # another one: the same again so soon counts once
    status, out, err = run.finish()
    check_status(status, died_of(TERM), out + err)
    check_nothing_left()


def test_service_of_systemd():
    """READY=1 once every daemon is ready, the watchdog's word, and STOPPING=1."""
    directory = Directory()
    gate = directory.fifo("gate")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(directory.path / "notify"))
        messages = queue.Queue()
        # As systemd does it is read at any time: who waits for room in it does nothing else.
        threading.Thread(target=lambda: [messages.put(manager.recv(4096)) for _ in iter(int, 1)], daemon=True).start()
        environment = os.environ | {"NOTIFY_SOCKET": str(directory.path / "notify"),
                                    "WATCHDOG_USEC": "100000"}
        run = Run("""
            processes:
              d: {run: "echo up; read -r x <gate; touch sign; exec sleep 1000", daemon: true, ready: {file: sign, interval: 10ms}}
              e: {run: "exec sleep 1000", depends_on: d}
        """, directory=directory, env=environment)
        run.wait_for(rb"d \| up")
        seen = b""
        while b"WATCHDOG=1" not in seen or b"STATUS=1 running, 1 waiting" not in seen:
            seen += messages.get(timeout=PATIENCE) + b"\n"
        assert b"READY=1" not in seen, seen
        with open(gate, "w", encoding="ascii") as end:
            end.write("go\n")
        while b"READY=1" not in seen:
            seen += messages.get(timeout=PATIENCE) + b"\n"
        while b"STATUS=2 running, 0 waiting" not in seen:
            seen += messages.get(timeout=PATIENCE) + b"\n"
        run.signal(TERM)
        while b"STOPPING=1" not in seen:
            seen += messages.get(timeout=PATIENCE) + b"\n"
        status, out, err = run.finish()
    check_status(status, died_of(TERM), out + err)
    check_nothing_left()


def test_a_port_that_a_stranger_has_accepted():
    """A process must not seem ready by another's answers without a word; one that is alone has no such word."""
    with socket.create_server(("127.0.0.1", 0)) as stranger, socket.create_server(("::1", 0), family=socket.AF_INET6) as other:
        port, port6 = stranger.getsockname()[1], other.getsockname()[1]
        status, out, err = complete(f"""
            processes:
              a: {{run: exec sleep 1000, daemon: true, ready: {{tcp: {port}, conflict: accept}}}}
              b: {{run: exec sleep 1000, daemon: true, ready: {{tcp: "[::1]:{port6}", conflict: accept}}}}
              c: {{run: touch sign, ready: {{file: sign}}, depends_on: {{a: ready, b: ready}}}}
        """, directory=Directory())
    check_status(status, 0, out + err)
    for place in (f"a: localhost:{port}", f"b: [::1]:{port6}"):
        assert f"Process {place} answers already, before it has started; something else has it.\n".encode() in out, out
    assert out.count(b"answers already") == 2, out
    check_nothing_left()


def test_a_place_that_a_stranger_has_is_no_start():
    """By default the process is not started: who has the port or the socket is told."""
    directory = Directory()
    with socket.create_server(("127.0.0.1", 0)) as stranger, socket.socket(socket.AF_UNIX) as other:
        other.bind(str(directory.path / "socket"))
        other.listen()
        port = stranger.getsockname()[1]
        for probe, place in ((f"tcp: {port}", f"localhost:{port}"), (f"http: 'http://127.0.0.1:{port}/'", "http://127.0.0.1"),
                             ("unix: socket", f"{directory.path}/socket")):
            status, out, err = complete(f"""
                processes:
                  a: {{run: echo started, daemon: true, ready: {{{probe}}}}}
                  b: {{run: echo after, depends_on: {{a: ready}}}}
            """, directory=directory)
            check_status(status, 1, out + err)
            assert place.encode() in out and b"a | started" not in out and b"b | after" not in out, out
            assert b" answers already, before it has started: " in out, out
            assert f" ({os.getpid()}) has it".encode() in out, out
    check_nothing_left()


def test_what_an_earlier_run_has_left_is_named():
    directory = Directory()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        left = subprocess.Popen(["sleep", "1000"], pass_fds=[server.fileno()])
    directory.file("s.pid", f"{left.pid}\n")
    try:
        status, out, err = complete(f"""
            processes: {{a: {{run: echo started, forking: true, pidfile: s.pid, daemon: true, ready: {{tcp: {port}}}}}, b: {{run: echo}}}}
        """, directory=directory)
    finally:
        left.kill()
        left.wait()
    check_status(status, 1, out + err)
    assert f": sleep ({left.pid}) has it, and its pidfile names that: an earlier run has left it.\n".encode() in out, out
    check_nothing_left()


SERVER = """import os, socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])), reuse_port=True)
open("up", "w").close()
server.accept()[0].recv(1)
import time
time.sleep(1000)
"""


def test_a_start_that_waits_for_its_port():
    directory = Directory()
    directory.file("server.py", SERVER)
    stranger = socket.create_server(("127.0.0.1", 0))
    port = stranger.getsockname()[1]
    run = Run(f"""
        processes:
          a: {{exec: [python3, server.py, "{port}"], daemon: true, ready: {{tcp: {port}, conflict: wait}}}}
          b: {{run: echo after, depends_on: {{a: ready}}}}
    """, directory=directory)
    run.wait_for(rb"Process a is tried again in 200ms: localhost:\d+ answers already, before it has started: .* has it\.")
    assert not (directory.path / "up").exists()
    stranger.close()
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    assert b"b | after" in out and out.count(b"tried again") == 1, out
    check_nothing_left()


def test_a_start_that_waits_in_vain():
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        status, out, err = complete(f"""
            processes: {{a: {{run: echo started, ready: {{tcp: {stranger.getsockname()[1]}, conflict: wait, timeout: 300ms}}}}}}
        """)
    check_status(status, 1, out + err)
    assert b"a failed: ready: localhost:" in out and b" has it." in out, out


def test_an_answer_of_another_makes_nobody_ready():
    """A stranger that has taken the port while the process was starting; what the process has started itself counts."""
    directory = Directory()
    directory.file("server.py", SERVER)
    directory.fifo("gate")
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        port = stranger.getsockname()[1]
        run = Run(f"""
            processes:
              a: {{run: "echo up; exec sleep 1000", daemon: true, ready: {{tcp: {port}, timeout: 10s, interval: 20ms}}}}
              b: {{run: echo after, depends_on: {{a: ready}}}}
        """, directory=directory)
        run.wait_for(rb"a \| up")
        stranger.listen()
        status, out, err = run.finish()
    check_status(status, 1, out + err)
    assert f"localhost:{port} answers, but ".encode() in out and f"({os.getpid()}) has it".encode() in out, out
    assert b"b | after" not in out, out
    for line in ("exec python3 server.py {}", "python3 server.py {} & wait", "setsid python3 server.py {} & wait"):
        status, out, err = complete(f"""
            processes:
              a: {{run: "{line.format(port)}", daemon: true, ready: {{tcp: {port}}}}}
              b: {{run: echo after, depends_on: {{a: ready}}}}
        """, directory=directory)
        check_status(status, 0, out + err)
        assert b"b | after" in out, (line, out)
    check_nothing_left()


def test_a_run_that_ends_between_two_lives_has_failed():
    """A service whose backoff is longer than the rest of the run never came up."""
    status, out, err = complete("""
        processes:
          srv: {run: "echo $$ >pid; exit 3", daemon: true, restart: {on: failure, delay: 1h}}
          work: # until the runner has taken the first life's end
            run: "until test -s pid; do sleep 0.05; done; while kill -0 $(cat pid); do sleep 0.05; done"
    """, directory=Directory())
    check_status(status, 1, out + err)
    assert b"What went wrong first: Process srv failed: it was to be started again when the run ended.\n" in out, out


def test_what_a_life_leaves_is_ended_before_the_next():
    """A server's children have its port: a second life that finds one of the first could not begin."""
    status, out, err = complete("""
        processes:
          srv:
            run: "if test -f child && kill -0 $(cat child); then echo still there; exit 0; fi;
              sleep 1000 & echo $! >child; exit 1"
            restart: {on: failure, max: 2, delay: 1ms}
    """, directory=Directory())
    check_status(status, 1, out + err)
    assert b"still there" not in out and b"leaked" not in out, out


def test_dependency_fails_before_another_is_done():
    """What was ready and has failed is not there for those that have not started."""
    run = Run("""
        processes:
          db: {run: "echo up; while [ ! -e end ]; do sleep 0.05; done; exit 1", daemon: true, ready: {log: "^up$"}}
          schema: {run: "while [ ! -e done ]; do sleep 0.05; done"}
          web: {run: "echo web was started", depends_on: [db, schema]}
    """)
    run.wait_for(rb"db is ready")
    run.directory.file("end", "")
    run.wait_for(rb"Process db end")
    run.directory.file("done", "")
    status, out, err = run.finish()
    check_status(status, 1, out + err)
    assert b"Process web skipped: db failed." in run.seen + out, run.seen + out


def test_dependency_is_restarted():
    """Nobody starts on it until it is ready again."""
    run = Run("""
        processes:
          db:
            run: |
              if [ -e once ]; then while [ ! -e again ]; do sleep 0.05; done; echo up; exec sleep 1000; fi
              echo up; while [ ! -e once ]; do sleep 0.05; done; exit 1
            daemon: true
            ready: {log: "^up$"}
            restart: {on: failure, delay: 10ms}
          schema: {run: "while [ ! -e done ]; do sleep 0.05; done"}
          web: {run: "test -e again && echo db is there", depends_on: [db, schema]}
    """)
    run.wait_for(rb"db is ready")
    run.directory.file("once", "")
    run.wait_for(rb"restarting")
    run.directory.file("done", "")
    run.wait_for(rb"Process schema end")
    run.directory.file("again", "")
    run.wait_for(rb"web . db is there")
    status, out, err = run.finish()
    check_status(status, 0, out + err)


def test_dependency_becomes_unhealthy():
    run = Run("""
        processes:
          db:
            run: "trap 'while [ ! -e done ]; do sleep 0.05; done; exit 0' TERM; echo up; while :; do sleep 0.1; done"
            daemon: true
            ready: {log: "^up$"}
            health: {run: "test ! -e ill", interval: 10ms, threshold: 1}
            stop: {grace: 1000s}
          schema: {run: "while [ ! -e ill ]; do sleep 0.05; done; while [ ! -e go ]; do sleep 0.05; done"}
          web: {run: "echo web was started", depends_on: [db, schema]}
    """)
    run.wait_for(rb"db is ready")
    run.directory.file("ill", "")
    run.wait_for(rb"is unhealthy")
    run.directory.file("go", "")
    run.wait_for(rb"Process schema end")
    run.directory.file("done", "")
    status, out, err = run.finish()
    check_status(status, 1, out + err)
    assert b"Process web skipped: db failed." in run.seen + out, run.seen + out


def test_templates_see_the_environment_of_their_body():
    """What env and env_file declare is in env for every template of the body, as it is for its programs."""
    directory = Directory()
    directory.file(".env", "FILED=from the file\nNAME=ready\n")
    status, out, err = complete("""
        env_file: .env
        env: {TOP: top, BUILT: "${{ env.TOP }} and ${{ env.FILED }}"}
        processes:
          d:
            env: {OWN: own}
            exec: [echo, "${{ env.FILED or 'unset' }},", "${{ env.BUILT or 'unset' }},", "${{ env.OWN or 'unset' }}"]
          srv: {run: "echo ready; exec sleep 1000", daemon: true, ready: {log: "^${{ env.NAME or 'unset' }}$"}}
          after: {run: "true", depends_on: srv}
        pools:
          p:
            tasks: [one, two]
            env: {EACH: "item ${{ item }}"}
            run: echo ${{ env.EACH or 'unset' }}, ${{ env.TOP or 'unset' }}
    """, directory=directory)
    check_status(status, 0, out + err)
    assert b"d | from the file, top and from the file, own" in out, out
    assert b"item one, top" in out and b"item two, top" in out, out


def test_file_of_an_earlier_run():
    """A file that was there before the process says nothing of it."""
    directory = Directory()
    directory.file("pid", "4711\n")
    run = Run("""
        processes:
          srv: {run: "echo up; while [ ! -e go ]; do sleep 0.05; done; echo $$ >pid; exec sleep 1000", daemon: true, ready: {file: pid}}
          client: {run: echo client, depends_on: srv}
    """, directory=directory)
    run.wait_for(rb"srv . up")
    run.signal(USR1)
    run.wait_for(rb"pid was there before the process was started")
    directory.file("go", "")
    run.wait_for(rb"client . client")
    status, out, err = run.finish()
    check_status(status, 0, out + err)


def test_file_of_an_earlier_run_is_told():
    directory = Directory()
    directory.file("pid", "4711\n")
    status, out, _ = complete("""
        processes:
          srv: {run: "exec sleep 1000", ready: {file: pid, timeout: 100ms}}
    """, directory=directory)
    check_status(status, 1, out)
    assert b"pid was there before the process was started: it counts when it is made or written anew" in out, out


def test_goes_to_the_background():
    """A starter that leaves its server behind is told how that could be looked after."""
    run = Run("""
        processes:
          d: {run: "setsid sleep 1000 >/dev/null 2>&1 & exit 0", daemon: true, ready: {unix: never}}
          t: {run: "true", depends_on: d}
    """)
    status, out, err = run.finish()
    check_status(status, 1, out + err)
    assert re.search(rb"it ended before it was ready, and left \w+ \d+ in the background: let it run in the foreground", out), out
    check_nothing_left()


def test_output_of_what_is_left():
    """What a starter leaves in the background is read on under the starter's name."""
    run = Run("""
        processes:
          start: {run: "(while [ ! -e go ]; do sleep 0.05; done; seq 30000; : >done; exec sleep 1000) & echo started"}
          t: {run: "while [ ! -e done ]; do sleep 0.05; done", depends_on: start}
    """)
    run.wait_for(rb"Process start end")
    run.directory.file("go", "")
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    lines = (run.seen + out).decode().splitlines()
    told = [line.removeprefix("start | ") for line in lines if re.fullmatch(r"start \| \d+", line)]
    assert told[:1000] == [str(number) for number in range(1, 1001)], told[:20]
    check_nothing_left()
