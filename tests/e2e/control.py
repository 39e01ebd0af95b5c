"""The run's socket as a client of JSON Lines has it: what it answers, what it follows, and what clients do wrong."""
import contextlib
import json
import os
import pathlib
import shutil
import socket
import threading
import time

from harness.control import Client
from harness.parrun import KILL, TERM, VARIANT, Directory, Run, check_nothing_left, mark, own_path, until

GATE = 'until [ -e gate ]; do sleep 0.05; done'


def start(scenario, *arguments, **options):
    """A run whose socket is in a directory of its own; the path of that socket."""
    directory = options.pop("place", None) or Directory()
    env = {**own_path(), "XDG_RUNTIME_DIR": str(directory.path), **options.pop("env", {})}
    run = Run(scenario, *arguments, env=env, **options)
    run.place = directory
    return run


def socket_of(run):
    return until(lambda: list(run.place.path.glob("parrun/*/socket")), "a socket")[0]


def end(run):
    run.signal(TERM)
    _, out, err = run.finish()
    check_nothing_left()
    assert not list(run.place.path.iterdir()), "something of the socket was left"
    return out, err


@mark("tsan")
def test_what_a_run_says_of_itself():
    run = start(f"""
        processes:
          web: {{run: "echo up; exec sleep 1000", ready: {{log: up}}, daemon: true}}
          slow: {{run: "exec sleep 1000", ready: {{file: gate}}}}
          after: {{run: "true", depends_on: {{slow: ready}}}}
          bad: {{run: "exit 3", allow_failure: false}}
          off: {{run: "true", when: false}}
        pools:
          p: {{workers: 2, tasks: [a, b, c], run: "{GATE} && test ${{{{ item }}}} != c"}}
    """, "-v")
    run.wait_for(rb"bad exited")
    client = Client(socket_of(run))
    assert client.hello["hello"] == 1 and client.hello["pid"] == run.guard, client.hello
    assert client.hello["file"] == str(run.scenario.resolve()), client.hello
    assert not client.ask("wait", ["web"], timeout=60)[1]["status"]
    rows = client.objects()
    states = {name: (row["state"], row["status"]) for name, row in rows.items()}
    assert states == {"web": ("running", 0), "slow": ("running", 6), "after": ("waiting", 6), "bad": ("failed", 1),
                      "off": ("skipped", 0), "p": ("running", 0)}, states
    assert rows["web"]["pid"] in rows["web"]["pids"] and os.path.exists(f"/proc/{rows['web']['pid']}"), rows
    assert rows["web"]["ready"] and not rows["slow"]["ready"] and rows["web"]["daemon"], rows
    assert rows["after"]["doing"] == "waits until slow is ready", rows
    assert "exit" in rows["bad"]["error"] and rows["p"]["left"] == 3, rows
    assert client.ask("status")[1]["status"] == 1
    assert client.ask("status", ["slow", "web"])[1]["status"] == 6
    assert client.ask("status", ["w*"])[1]["status"] == 0
    of_run = client.ask("ps")[0][0]["ps"]
    assert of_run["all"] == 6 and of_run["tasks"] == 3 and of_run["failed"] == 1, of_run
    assert of_run["run"] == client.hello["run"] and of_run["state"] == "running", of_run
    (run.directory.path / "gate").touch()
    assert client.ask("wait", ["after"], until="ended", timeout=60)[1]["status"] == 0
    assert client.ask("wait", ["p"], until="ended", timeout=60)[1]["status"] == 1
    assert client.ask("ps")[0][0]["ps"]["failed"] == 2, "bad, and the one task of p"
    assert client.objects()["p"]["progress"] == "3 of 3 (100%), 1 failed"
    end(run)


def test_what_is_no_request():
    run = start('processes: {web: {run: "exec sleep 1000"}}')
    client = Client(socket_of(run))
    for request, why in (
            ({"statu": []}, "did you mean 'status'?"), ({"id": 1}, "asks for nothing"), ({"follow": "x"}, "list of names"),
            ({"status": [1]}, "a name is a text"), ({"status": ["wep"]}, "did you mean 'web'?"),
            ({"logs": [], "lst": 1}, "did you mean 'last'?"), ({"logs": [], "last": -1}, "a number"),
            ({"logs": [], "follow": 1}, "true or false"), ({"status": [], "timeout": 1}, "no field 'timeout'"),
            ({"wait": [], "until": "x"}, "not \"x\""), ({"follow": [], "events": "nothing.*"}, "no event has"),
            ({"cancel": 99}, "no request with the id 99")):
        client.send(request)
        answer = client.line()
        assert answer["status"] == 2 and why in answer["error"] and answer["id"] == request.get("id"), (request, answer)
    for first in (b"GET / HTTP/1.0\r\n\r\n", b"{}\n\n\n", b'{"hello":99}\n', b"[1,2,3]\n", b'{"hello":"x"}\n'):
        other = Client(socket_of(run), hello=False)
        other.socket.sendall(first)
        answer = other.line()
        assert answer["status"] == 1 and answer["error"], (first, answer)
        assert other.line() is None, first
    client.send({"status": []})
    assert client.until(lambda line: "status" in line)[-1]["status"] == 0
    end(run)


def test_clients_that_break_off():
    """Half a line, half a request, a line without an end: that connection ends, and nothing else."""
    run = start('processes: {web: {run: "while echo line; do sleep 0.05; done"}}')
    path = socket_of(run)
    for rubbish in (b"", b"{", b'{"hello":1}', b'{"hello":1}\n{"id":1,"sta', b"\xff" * 5, b"\0" * 3, b"\n\n"):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(rubbish)
    for words in ({"status": []}, {"logs": [], "follow": True}, {"follow": ["*"]}, {"wait": [], "until": "ended"}):
        client = Client(path)
        client.send({"id": 1, **words})
        client.socket.close()
        client.file.close()
    flood = Client(path)
    sent = 0
    try:
        while sent < 1 << 30:  # a line of a GB: it is refused long before
            sent += flood.socket.send(b"x" * 65536)
            if sent > 1 << 20:
                flood.socket.settimeout(5)
    except (BrokenPipeError, ConnectionResetError, TimeoutError):
        pass
    assert sent < 4 << 20, sent
    assert Client(path).objects()["web"]["state"] == "running"
    end(run)


def test_asked_and_hung_up_half():
    """Who has shut its side down still gets the answer, as with a shell's tools."""
    run = start('processes: {web: {run: "exec sleep 1000"}}')
    client = Client(socket_of(run), hello=False)
    client.socket.sendall(b'{"hello":1}\n{"id":1,"status":[]}\n')
    client.socket.shutdown(socket.SHUT_WR)
    lines = [json.loads(line) for line in client.file]
    assert lines[0]["hello"] == 1 and lines[-1] == {"id": 1, "status": 0}, lines
    end(run)


def test_1000_clients_that_never_read():
    """The run keeps little for them, lets them go, and goes on answering."""
    run = start('processes: {web: {run: "exec yes 0123456789012345678901234567890123456789"}}', "-q", "--log", "/dev/null")
    path = socket_of(run)
    silent = []
    for number in range(1000):
        client = Client(path, hello=False)
        client.socket.sendall(b'{"hello":1}\n' + (b'{"id":1,"follow":["*"]}\n{"id":2,"logs":[],"follow":true}\n'
                                                  if number % 10 else b'{"id":1,"status":[]}\n' * 100))
        silent.append(client)
    speaker = Client(path)
    assert speaker.objects()["web"]["state"] == "running"
    status = pathlib.Path(f"/proc/{run.runner()}/status").read_text(encoding="ascii")
    peak = int(status.split("VmHWM:")[1].split()[0])
    assert VARIANT != "release" or peak < 200 << 10, f"{peak} kB"
    assert len(os.listdir(f"/proc/{run.runner()}/fd")) < 700
    assert speaker.ask("stop")[1]["status"] == 0
    run.finish()
    check_nothing_left()


def test_lines_have_no_gap():
    """What was there, and what comes behind it, each once and in order, for who comes in the middle."""
    run = start("""
        log: {keep: 10000}
        processes:
          a: {run: "seq 4000; until [ -e gate ]; do sleep 0.05; done; seq 4001 8000; exec sleep 1000"}
          b: {run: "seq 4000; until [ -e gate ]; do sleep 0.05; done; seq 4001 8000; exec sleep 1000"}
    """, "-q", "--log", "log")
    path = socket_of(run)
    answers = []

    def follow():
        client = Client(path)
        client.begin("logs", follow=True)
        waiting = {("a", 8000), ("b", 8000)}
        answers.append(client.until(lambda line: waiting.discard((line["event"]["process"], line["line"])) or not waiting))
        assert client.until(lambda line: "status" in line)[-1]["status"] == 0

    clients = [threading.Thread(target=follow) for _ in range(3)]
    for client in clients[:2]:
        client.start()
    (run.directory.path / "gate").touch()
    clients[2].start()
    while len(answers) < len(clients) and any(client.is_alive() for client in clients):
        time.sleep(0.005)
    run.signal(TERM)
    for client in clients:
        client.join()
    run.finish()
    assert len(answers) == len(clients)
    for lines in answers:
        for name in "ab":
            mine = [line for line in lines if line["event"]["process"] == name]
            assert [line["line"] for line in mine] == list(range(1, 8001)), (name, len(mine))
            assert [line["event"]["line"] for line in mine] == [str(n) for n in range(1, 8001)], name


def test_last_lines_and_names():
    run = start("""
        log: {keep: 10}
        processes:
          a: {run: "seq 100; until [ -e gate ]; do sleep 0.05; done; printf unfinished; exec sleep 1000", replicas: 2}
          b: {run: "printf 'x\\\\377y\\n'; exec sleep 1000"}
        """, "-v")
    waiting = {("a.1", 100), ("a.2", 100), ("b", 1)}
    client = Client(socket_of(run))
    client.begin("logs", follow=True)
    client.until(lambda line: waiting.discard((line["event"]["process"], line["line"])) or not waiting)
    client = Client(socket_of(run))

    def texts(*names, **fields):
        return [line["event"]["line"] for line in client.ask("logs", names, **fields)[0]]

    assert texts("a.1") == [str(n) for n in range(91, 101)], texts("a.1")
    assert texts("a", last=2) == ["99", "100"] * 2 or sorted(texts("a", last=2)) == ["100", "100", "99", "99"]
    assert texts("a*", last=0) == []
    line, = client.ask("logs", ["b"])[0]
    assert line["event"]["line"] == "x\ufffdy" and line["event"]["line_base64"] == "eP95", line
    other = Client(socket_of(run))
    other.begin("logs", ["a.1"], last=0, follow=True)
    other.ask("ps")  # answered behind the request before it: the run follows from here
    (run.directory.path / "gate").touch()  # a line without its end is told after a moment, or when the process ends
    line, = other.until(lambda line: "event" in line)
    assert line["event"]["line"] == "unfinished" and line["event"]["unfinished"] and line["line"] == 101, line
    run.signal(TERM)
    assert other.until(lambda line: "status" in line)[-1]["status"] == 0
    run.finish()
    check_nothing_left()


def put_in_the_way(path):
    """A file where the directory was. The run tidies up and makes it anew while this removes it: until the file stands."""
    while not path.is_file():
        shutil.rmtree(path, ignore_errors=True)
        with contextlib.suppress(FileExistsError):
            path.touch(exist_ok=False)


def test_its_directory_is_removed():
    """A sweeper, or the end of the session: the run makes it anew, where it was or in the next place."""
    for whole in (False, True):
        place = Directory()
        temporary = Directory()
        run = start('processes: {web: {run: "exec sleep 1000"}}', place=place, env={"TMPDIR": str(temporary.path)})
        path = socket_of(run)
        kept = Client(path)
        if whole:
            put_in_the_way(place.path)
            found = lambda: list(temporary.path.glob("parrun-*/*/socket"))
        else:
            shutil.rmtree(path.parent, ignore_errors=True)  # what it makes anew meanwhile may stay
            found = lambda: [path] if path.exists() else []

        def connected():
            try:
                return [Client(socket) for socket in found()]
            except OSError:  # it went away, too
                return None

        client, = until(connected, "a new socket")
        assert client.objects()["web"]["state"] == "running"
        assert kept.objects()["web"]["state"] == "running", "those who were there stay"
        assert client.ask("stop")[1]["status"] == 0
        run.finish()
        check_nothing_left()
        assert not found() and not list(temporary.path.iterdir())
        if whole:
            place.path.unlink()
            place.path.mkdir()


def test_stop_is_answered_at_the_end():
    """A stop takes as long as it takes; meanwhile others are answered; a second one joins it."""
    run = start("""
        processes:
          stubborn:
            run: "trap 'echo asked' TERM; echo up; while [ ! -e gate ]; do sleep 0.05; done"
            stop: {grace: 10m}
    """)
    run.wait_for(rb"up")
    first, second, third = Client(socket_of(run)), Client(socket_of(run)), Client(socket_of(run))
    first.begin("stop")
    run.wait_for(rb"asked")
    second.begin("stop")
    row = third.objects()["stubborn"]
    assert row["state"] == "stopping" and "is killed in" in row["doing"], row
    assert third.ask("ps")[0][0]["ps"]["state"] == "stopping"
    assert third.ask("wait", until="ended", timeout=0.01)[1]["status"] == 6
    (run.directory.path / "gate").touch()
    for client in (first, second):
        assert client.until(lambda line: "status" in line)[-1]["status"] == 0
        assert client.line() is None
    run.finish()
    check_nothing_left()


def test_nothing_is_left_of_a_killed_run():
    for number in (TERM, KILL):
        run = start('processes: {web: {run: "exec sleep 1000"}}')
        socket_of(run)
        os.kill(run.runner(), number)
        run.finish()
        check_nothing_left()
        assert not list(run.place.path.iterdir()), number

