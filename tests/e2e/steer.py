"""Words that steer the objects of a run, from another process at its socket."""
import os
import random
import time

from harness.control import Client
from harness.parrun import PATIENCE, TERM, Directory, Run, amount, check_nothing_left, mark, own_path, wait_until


def start(scenario, *arguments):
    """A run with a client at its socket, which is in a directory of its own."""
    place = Directory()
    run = Run(scenario, *arguments, env={**own_path(), "XDG_RUNTIME_DIR": str(place.path)})
    deadline = time.monotonic() + PATIENCE
    while not (found := list(place.path.glob("parrun/*/socket"))):
        assert time.monotonic() < deadline and run.process.poll() is None, run.finish()
        time.sleep(0.005)
    run.place = place
    run.client = Client(found[0])
    return run


def end(run, status=0):
    """It ends by itself, with this status, and nothing is left."""
    code, out, err = run.finish()
    assert code == status, (code, out.decode(), err.decode())
    check_nothing_left()
    return out.decode()


def stop(run):
    run.signal(TERM)
    return end(run, -TERM)


def word(run, name, names=(), **fields):
    """Its status, and of each object what is said of it; or the error."""
    lines, last = run.client.ask(name, names, **fields)
    return last["status"], last.get("error") or {line["object"]["name"]: line["object"] for line in lines}


def state(run, name):
    return run.client.objects(name)[name]["state"]


def gate(run, name):
    (run.directory.path / name).touch()


SERVER = "trap 'exit 1' TERM; echo up; while :; do sleep 0.1; done"


def test_stop_start_restart():
    """One that ends with a code on its stop signal has not failed, and restart does not apply; a word counts as no restart."""
    run = start(f"""
        processes:
          web: {{run: "{SERVER}", ready: {{log: up}}, restart: {{on: failure, max: 1, delay: 0s}}}}
          other: {{run: "exec sleep 1000"}}
    """)
    assert run.client.ask("wait", ["web"])[1]["status"] == 0
    first = run.client.objects("web")["web"]["pid"]
    status, lines = word(run, "stop", ["web"])
    assert status == 0 and "is being stopped" in lines["web"]["text"], lines
    assert not os.path.exists(f"/proc/{first}"), "it is answered when it has come"
    assert state(run, "web") == "stopped" and run.client.ask("status", ["web"])[1]["status"] == 7
    status, lines = word(run, "stop", ["web"])
    assert status == 7 and lines["web"]["already"], lines
    pids = {first}
    for name in ("start", "restart", "restart", "restart"):
        assert word(run, name, ["web"])[0] == 0
        pids.add(run.client.objects("web")["web"]["pid"])
    assert len(pids) == 5, pids
    assert word(run, "start", ["web"])[0] == 7
    os.kill(run.client.objects("web")["web"]["pid"], 9)  # the one restart that it has of its own
    run.wait_for(rb"restarting .*\(1 of 1\)")
    assert run.client.ask("wait", ["web"])[1]["status"] == 0
    assert word(run, "stop", ["*"])[0] == 0
    out = end(run)
    assert "Stopped by hand and not started again: web, other." in run.seen.decode(), out


def test_a_delay_is_cancelled_or_cut_short():
    run = start("""
        processes:
          web: {run: "[ ! -e gate ] && exit 3; exec sleep 1000", restart: {on: failure, delay: 1h}}
          other: {run: "exec sleep 1000"}
    """)
    run.wait_for(rb"restarting in")
    assert word(run, "stop", ["web"])[0] == 0
    assert state(run, "web") == "stopped"
    assert word(run, "start", ["web"], no_wait=True)[0] == 0
    run.wait_for(rb"restarting in")
    gate(run, "gate")
    assert word(run, "restart", ["web"])[0] == 0
    assert state(run, "web") == "running"
    stop(run)


def test_conditions_hold_for_words():
    run = start(f"""
        processes:
          db: {{run: "{SERVER}", ready: {{log: up}}}}
          web: {{run: "exec sleep 1000", depends_on: {{db: ready}}}}
          bad: {{run: "exit 1", allow_failure: false}}
          after: {{run: "true", depends_on: {{bad: succeeded}}}}
          other: {{run: "exec sleep 1000"}}
    """)
    assert run.client.ask("wait", ["web"])[1]["status"] == 0
    run.client.ask("wait", ["after"], until="ended")
    assert word(run, "stop", ["web", "db"])[0] == 0
    status, lines = word(run, "start", ["web"], no_wait=True)
    assert status == 0 and lines["web"]["text"] == "is being started; it waits until db is ready (it was stopped)", lines
    assert word(run, "start", ["web"], timeout=0.01)[0] == 6
    status, lines = word(run, "start", ["web"], with_deps=True)
    assert status == 0 and list(lines) == ["db", "web"], lines
    assert word(run, "stop", ["web", "db"])[0] == 0
    assert word(run, "start", ["web"], no_deps=True)[0] == 0
    status, error = word(run, "restart", ["after"])
    assert status == 1 and "after would wait in vain: bad failed" in error, error
    status, error = word(run, "start", ["nosuch", "web"])
    assert status == 2 and "nosuch" in error, error
    stop(run)


def test_cascade():
    """Those that say so end first and start last; the others stay as they are."""
    run = start(f"""
        processes:
          db: {{run: "{SERVER}", ready: {{log: up}}}}
          web: {{run: "{SERVER}", ready: {{log: up}}, depends_on: {{db: ready}}, cascade: true}}
          top: {{run: "exec sleep 1000", depends_on: {{web: ready}}, cascade: true}}
          own: {{run: "exec sleep 1000", depends_on: {{db: ready}}}}
    """, "-v")
    assert run.client.ask("wait")[1]["status"] == 0
    own = run.client.objects("own")["own"]["pid"]
    run.client.send({"id": "f", "follow": ["*"], "events": "process.st*,process.ready"})
    status, lines = word(run, "restart", ["db"])
    assert status == 0 and list(lines) == ["db", "web", "top"], lines
    assert run.client.objects("own")["own"]["pid"] == own
    stop(run)
    out = run.seen.decode()
    out = out[out.index("is restarted by hand"):]
    order = ["Process top is stopped.", "Process web is being stopped.", "Process web is stopped.",
             "Process db is being stopped.", "Process db is stopped.", "Run child process db", "Run child process web",
             "Run child process top"]
    assert [out.index(text) for text in order] == sorted(out.index(text) for text in order), out


def test_a_failure_is_made_good():
    run = start("""
        processes:
          job: {run: "[ -e gate ]"}
          other: {run: "until [ -e over ]; do sleep 0.05; done"}
    """)
    run.client.ask("wait", ["job"], until="ended")
    assert state(run, "job") == "failed"
    gate(run, "gate")
    assert word(run, "restart", ["job"])[0] == 0
    gate(run, "over")
    end(run)


def test_a_stopped_producer_keeps_its_queue_open():
    run = start("""
        queues: {q: {}}
        processes:
          producer:
            run: "[ -e gate ] && { echo more; exit 0; }; echo one; exec sleep 1000"
            stdout: {queue: q}
          consumer: {run: "cat >all", stdin: {queue: q}}
    """)
    wait_until(lambda: (run.directory.path / "all").exists() and (run.directory.path / "all").stat().st_size)
    assert word(run, "stop", ["producer"])[0] == 0
    assert state(run, "consumer") == "running"
    gate(run, "gate")
    assert word(run, "start", ["producer"])[0] == 0
    end(run)
    assert (run.directory.path / "all").read_text() == "one\nmore\n"


POOL = """
    processes: {{other: {{run: "until [ -e over ]; do sleep 0.05; done"}}}}
    pools:
      p: {{workers: 2, kind: {kind}, tasks: 60, results: {{file: out.jsonl}}, {body}}}
"""
BODIES = {"process": 'run: "echo x >>begun; until [ -e gate ]; do sleep 0.05; done; echo ${{ item }}"',
          "thread": 'lua: "local f = io.open([[begun]], [[a]]) f:write([[x]]) f:close() while not io.open([[gate]]) do end return item"'}


def steer_pool(kind):
    run = start(POOL.format(kind=kind, body=BODIES[kind]))
    begun = run.directory.path / "begun"
    wait_until(lambda: begun.exists() and begun.read_text().count("x") == 2)
    status, lines = word(run, "pause")
    assert status == 0 and lines["p"]["text"] == "is paused, 2 tasks still run", lines
    assert word(run, "pause", ["p"])[0] == 7
    status, lines = word(run, "scale", {"p": "+4"}, no_wait=True)
    assert status == 0 and lines["p"]["text"].startswith("is scaled from 2 to 6 workers"), lines
    assert begun.read_text().count("x") == 2, "no task is begun in a pause"
    assert word(run, "scale", {"p": 0}, no_wait=True)[0] == 0
    status, lines = word(run, "resume", ["p"])
    assert lines["p"]["text"] == "has no workers: 'parrun scale p=1' gives it one", lines
    assert run.client.objects()["p"]["progress"] == "0 of 60 (0%), scaled to 0 workers: it goes on once it has some again"
    assert word(run, "scale", {"p": 6}, no_wait=True)[0] == 0
    wait_until(lambda: begun.read_text().count("x") == 6)
    status, lines = word(run, "scale", {"p": 1}, no_wait=True)
    assert "; 5 still end" in lines["p"]["text"], lines
    assert word(run, "stop", ["p"])[0] == 0
    assert state(run, "p") == "stopped"
    assert word(run, "scale", {"p": 3})[0] in (0, 7)
    gate(run, "gate")
    assert word(run, "restart", ["p"])[0] == 0
    gate(run, "over")
    end(run)
    results = (run.directory.path / "out.jsonl").read_text().splitlines()
    assert len(results) == 60 and len(set(results)) == 60, len(results)


def test_pool_of_processes():
    steer_pool("process")


@mark("tsan")
def test_pool_of_threads():
    steer_pool("thread")


def test_replicas():
    """Those that stay keep names and pids; those that go are no failure, and all are asked at once."""
    run = start(f"""
        processes: {{web: {{run: "{SERVER}", restart: {{on: failure}}}}}}
    """)
    first = run.client.objects()["web"]["pid"]
    assert word(run, "scale", {"web": 4})[0] == 0
    objects = run.client.objects()
    assert list(objects) == ["web", "web.2", "web.3", "web.4"] and objects["web"]["pid"] == first, objects
    status, lines = word(run, "scale", {"web": "-2"})
    assert status == 0 and list(lines) == ["web.3", "web.4"], lines
    objects = run.client.objects()
    assert list(objects) == ["web", "web.2"] and objects["web"]["pid"] == first, objects
    assert word(run, "scale", {"web": 3})[0] == 0
    assert word(run, "restart", ["web.1"])[0] == 0
    assert run.client.objects()["web"]["pid"] != first and list(run.client.objects("web.*")) == ["web", "web.2", "web.3"]
    assert word(run, "scale", {"web": 3})[0] == 7
    before = run.client.objects()
    for wrong in ({"web": 0}, {"web": "x"}, {"web": 1025}, {"web": -5}, {"web": 2, "nosuch": 2}):
        assert word(run, "scale", wrong)[0] == 2, wrong
    assert {name: one["pid"] for name, one in run.client.objects().items()} == {
        name: one["pid"] for name, one in before.items()}
    stop(run)


def test_signal():
    run = start("""
        processes:
          web: {run: "trap 'echo heard' USR1; echo up; while :; do sleep 0.1; done", ready: {log: up}}
          job: {run: "true"}
        pools: {p: {tasks: [1], run: "exec sleep 1000"}}
    """)
    assert run.client.ask("wait", ["web"])[1]["status"] == 0
    run.client.ask("wait", ["job"], until="ended")
    for name in ("USR1", "SIGUSR1", "10"):
        assert word(run, "signal", ["web"], send=name)[0] == 0
        run.wait_for(rb"heard")
    assert word(run, "signal", ["web"], send="NOSUCH")[0] == 2
    assert word(run, "signal", ["job"], send="HUP")[0] == 7
    assert word(run, "signal", ["p"], send="HUP")[0] == 2
    assert "signal STOP web" in word(run, "pause", ["web"])[1]
    stop(run)


def test_stop_now():
    run = start("""
        processes:
          deaf: {run: "trap '' TERM; echo up; while :; do sleep 0.1; done", ready: {log: up}, stop: {grace: 1h}}
          other: {run: "exec sleep 1000"}
    """)
    assert run.client.ask("wait", ["deaf"])[1]["status"] == 0
    assert word(run, "stop", ["deaf"], timeout=0.05)[0] == 6
    assert word(run, "stop", ["deaf"], now=True)[0] == 0
    assert state(run, "deaf") == "stopped"
    stop(run)


def test_drain():
    run = start("""
        pools: {p: {workers: 2, tasks: 1000, run: "echo x >>begun; until [ -e gate ]; do sleep 0.05; done; echo x >>done"}}
    """)
    path = run.directory.path
    wait_until(lambda: (path / "begun").exists() and (path / "begun").read_text().count("x") == 2)
    run.client.begin("stop", [], drain=True)
    run.wait_for(rb"Draining: no more tasks are begun; still running: 2 tasks")
    gate(run, "gate")
    end(run)
    assert (path / "begun").read_text().count("x") == (path / "done").read_text().count("x") == 2


MODEL = f"""
    queues: {{q: {{capacity: 8}}, r: {{capacity: 8}}}}
    processes:
      db: {{run: "{SERVER}", ready: {{log: up}}, stop: {{grace: 1h}}}}
      web: {{run: "{SERVER}", ready: {{log: up}}, depends_on: {{db: ready}}, cascade: true, restart: {{on: failure, delay: 5ms}}}}
      hub: {{run: "exec cat", stdin: {{queue: q, ack: line}}, stdout: {{queue: r}}, restart: {{on: failure, delay: 5ms}}}}
      keep: {{run: "until [ -e over ]; do sleep 0.05; done"}}
    pools:
      make: {{workers: 2, tasks: 400, run: "echo ${{{{ item }}}}", results: {{queue: q}}}}
      take: {{workers: 2, tasks: {{queue: r}}, lua: "local f = io.open([[taken]], [[a]]) f:write([[x]] .. string.char(10)) f:close()"}}
"""


def test_random_words():
    """Whatever is said, in whatever order: it goes on, every object comes to what was said last, nothing is lost or left."""
    seed = int(os.environ.get("STEER_SEED", random.randrange(1 << 30)))
    steps = int(os.environ.get("STEER_STEPS", amount(15, 1000)))
    print(f"STEER_SEED={seed} STEER_STEPS={steps}")
    draw = random.Random(seed)
    run = start(MODEL)
    run.client.socket.settimeout(4 * PATIENCE)
    names = ["db", "web", "hub", "make", "take", "w*", "*ake"]
    for _ in range(steps):
        name = draw.choice(["stop", "start", "restart", "restart", "pause", "resume", "scale", "signal"])
        fields = {"no_wait": True} if name not in ("pause", "resume", "signal") else {}
        if name in ("start", "restart") and not draw.randrange(4):
            fields[draw.choice(["with_deps", "no_deps"])] = True
        if name in ("stop", "restart") and not draw.randrange(4):
            fields["now"] = True
        if name == "scale":
            said = draw.choice([{"make": draw.randrange(5)}, {"take": draw.randrange(5)}, {"web": 1 + draw.randrange(4)}])
        elif name in ("pause", "resume"):
            said = draw.sample(["make", "take"], draw.randrange(3))
        elif name == "signal":
            said, fields["send"] = [draw.choice(["web", "db"])], draw.choice(["KILL", "TERM", "CONT"])
        else:
            said = draw.sample(names, 1 + draw.randrange(2))
        status, answer = word(run, name, said, **fields)
        assert status in (0, 1, 2, 7), (name, said, fields, status, answer)
        if not draw.randrange(3):
            time.sleep(draw.random() * 0.05)
        run.client.objects()
    for name in ("make", "take"):
        if run.client.objects(name)[name]["state"] not in ("done", "failed"):
            word(run, "scale", {name: 2})
            word(run, "resume", [name])
    objects = run.client.objects()
    down = [name for name, one in objects.items() if one["state"] not in ("done", "running", "failed")]
    if down:
        status, answer = word(run, "start", down, with_deps=True, timeout=3 * PATIENCE)
        assert status == 0 or status == 7, (down, status, answer)
    assert word(run, "wait", ["make", "take"], until="ended", timeout=3 * PATIENCE)[0] == 0, run.client.objects()
    gate(run, "over")
    assert word(run, "stop", ["db", "web"], timeout=3 * PATIENCE)[0] in (0, 7)
    code, out, err = run.finish()
    check_nothing_left()
    taken = (run.directory.path / "taken").read_text().count("x")
    assert taken >= 400, (taken, out, err)
