"""ps, status, logs, wait and stop from another terminal: which run is meant, what they print, how they end."""
import json
import os
import pathlib
import shutil
import subprocess

from harness.parrun import PATIENCE, PROGRAM, Directory, Run, check_nothing_left
from harness.paths import ROOT

SERVICE = 'processes: {web: {run: "echo up; exec sleep 1000", ready: {log: up}}}'


def hide_others():
    """Of the runs in /tmp those of other tests are not seen: each test has its own mounts, and is the first process of its own namespace."""
    assert os.getpid() == 1, "this hides /tmp from all: run it by tests/run e2e --only NAME"
    program = pathlib.Path(PROGRAM).read_bytes()
    subprocess.run(["mount", "-t", "tmpfs", "none", "/tmp"], check=True)
    if not os.path.exists(PROGRAM):
        os.makedirs(os.path.dirname(PROGRAM))
        pathlib.Path(PROGRAM).write_bytes(program)
        os.chmod(PROGRAM, 0o755)


class World:
    """A place for sockets that no other test looks at, and words that are said there."""

    def __init__(self):
        hide_others()
        self.place = Directory()
        self.env = {**os.environ, "XDG_RUNTIME_DIR": str(self.place.path), "TMPDIR": str(self.place.path)}
        self.env.pop("PARRUN_SOCKET", None)

    def start(self, scenario, *arguments, **options):
        run = Run(scenario, *arguments, env=self.env, **options)
        run.wait_for(b"up")
        return run

    def say(self, *words, cwd="/", env=None):
        return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=cwd,
                              env=env or self.env)

    def stop(self, run, *words):
        said = self.say("stop", *words)
        assert said.returncode == 0, said
        run.finish()


def own_rows(said):
    return [json.loads(line) for line in said.stdout.splitlines()]


def test_no_run():
    world = World()
    for words in (["status"], ["logs"], ["wait"], ["stop"], ["status", "-r", "web"]):
        said = world.say(*words)
        assert said.returncode == 5 and str(world.place.path) in said.stderr and not said.stdout, said
    said = world.say("ps")
    assert said.returncode == 0 and not said.stdout, said


def test_one_run():
    world = World()
    run = world.start(SERVICE)
    row, = own_rows(world.say("ps", "--json"))
    assert row["state"] == "running" and row["pid"] == run.guard and row["file"] == str(run.scenario.resolve()), row
    said = world.say("ps")
    assert row["run"] in said.stdout and said.stdout.startswith("RUN ") and f" {run.guard} " in said.stdout, said
    assert world.say("wait", "--timeout", "60s", "web").returncode == 0
    said = world.say("status")
    head, line = said.stdout.splitlines()
    assert said.returncode == 0 and head.startswith("NAME") and line.split()[:3] == ["web", "process", "running"], said
    row, = own_rows(world.say("status", "--json", "w*"))
    assert row["name"] == "web" and row["memory"] > 0 and row["cpu"] >= 0, row
    said = world.say("status", "wep")
    assert said.returncode == 2 and "did you mean 'web'?" in said.stderr, said
    said = world.say("wait", "--until", "ended", "--timeout", "10ms", "--json")
    assert said.returncode == 6 and own_rows(said)[0]["status"] == 6, said
    said = world.say("wait", "--until", "ended", "--timeout", "10ms", "web")
    assert (said.returncode, said.stderr) == (6, "parrun: error: the time has passed: web still runs\n"), said
    said = world.say("logs")
    assert said.returncode == 0 and said.stdout == "web | up\n", said
    assert world.say("logs", "--grep", "down").stdout == "" and world.say("logs", "--grep", "[u]p").stdout == "web | up\n"
    assert world.say("logs", "--grep", "(").returncode == 2
    assert world.say("logs", "-n", "0").stdout == "" and world.say("logs", "--since", "1h").stdout == "web | up\n"
    row, = own_rows(world.say("logs", "--json"))
    assert row["line"] == "up" and row["process"] == "web", row
    assert world.say("status").returncode == 0, "and it still goes on"
    world.stop(run)
    check_nothing_left()


def test_which_run():
    """The one whose file is here, or the one that -r names; else all of them are listed."""
    world = World()
    one, two = world.start(SERVICE), world.start(SERVICE)
    ids = {row["file"]: row["run"] for row in own_rows(world.say("ps", "--json"))}
    assert len(ids) == 2, ids
    said = world.say("status")
    assert said.returncode == 5 and all(run in said.stderr for run in ids.values()), said
    assert world.say("status", cwd=one.directory.path).returncode == 0
    for name in (str(two.scenario), ids[str(two.scenario.resolve())]):
        said = world.say("logs", "-r", name)
        assert said.returncode == 0 and said.stdout == "web | up\n", said
    said = world.say("status", "-r", "scenario")
    assert said.returncode == 5 and "more than one" in said.stderr, said
    elsewhere = {**world.env, "XDG_RUNTIME_DIR": "/nowhere", "TMPDIR": str(world.place.path)}
    assert world.say("status", "-r", str(one.scenario), env=elsewhere).returncode == 5
    world.stop(one, "-r", str(one.scenario))
    assert world.say("status").returncode == 0, "the only one that is left"
    world.stop(two)
    check_nothing_left()


def test_a_body_asks_its_own_run():
    world = World()
    other = world.start(SERVICE)
    run = Run('processes: {asks: {run: "parrun status --json; echo up; parrun logs"}}',
              env={**world.env, "PATH": f"{os.path.dirname(PROGRAM)}:{os.environ['PATH']}"})
    status, out, err = run.finish()
    assert status == 0 and b'"name":"asks"' in out and b"asks | asks | up" in out, out + err
    world.stop(other)


def test_logs_follow_to_the_end():
    world = World()
    run = world.start("""
        processes:
          a: {run: "echo up; until [ -e gate ]; do sleep 0.05; done; echo more; printf last"}
          b: {run: "until [ -e gate ]; do sleep 0.05; done; echo of b"}
    """)
    follower = subprocess.Popen([PROGRAM, "logs", "-f", "a"], env=world.env, cwd="/", stdout=subprocess.PIPE, text=True)
    assert follower.stdout.readline() == "a | up\n"
    (run.directory.path / "gate").touch()
    assert follower.stdout.read().splitlines() == ["a | more", "a | last"]
    assert follower.wait(PATIENCE) == 0
    run.finish()
    check_nothing_left()


def test_a_reader_that_goes():
    """logs -f | head -1 ends quietly, and the run goes on."""
    world = World()
    run = world.start('processes: {web: {run: "echo up; while echo line; do sleep 0.05; done"}}', "-q", "--show", "process.output")
    said = subprocess.run(["bash", "-c", f"set -o pipefail; '{PROGRAM}' logs -f | head -1"], env=world.env, cwd="/",
                          capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert said.stdout == "web | up\n" and not said.stderr and said.returncode == 141, said
    assert world.say("status").returncode == 0
    world.stop(run)


def test_statuses():
    world = World()
    run = world.start("""
        processes:
          keep: {run: "echo up; exec sleep 1000"}
          bad: {run: "exit 3"}
          late: {run: "true", depends_on: {keep: succeeded}}
    """)
    assert world.say("wait", "--until", "ended", "bad").returncode == 1
    assert [world.say("status", name).returncode for name in ("keep", "bad", "late")] == [0, 1, 6]
    assert world.say("status").returncode == 1
    said = world.say("stop")
    assert said.returncode == 1, said
    run.finish()
    check_nothing_left()


def test_steering():
    world = World()
    run = world.start("""
        processes: {web: {run: "trap 'echo hup' HUP; echo up; while :; do sleep 0.1; done", ready: {log: up}}}
        pools: {p: {workers: 1, tasks: {range: [1, 1000000]}, run: "sleep 0.1"}}
    """)

    def row(name):
        found, = own_rows(world.say("status", "--json", name))
        return found

    before = row("web")["pid"]
    assert world.say("restart", "web").returncode == 0
    assert row("web")["pid"] != before and row("web")["restarted"] == 1
    said = world.say("signal", "HUP", "web")
    assert said.returncode == 0, said
    run.wait_for(b"hup")
    assert world.say("stop", "web").returncode == 0
    assert row("web")["state"] == "stopped" and world.say("status", "web").returncode == 7
    assert world.say("start", "web").returncode == 0 and row("web")["state"] == "running"
    assert world.say("scale", "p=3").returncode == 0 and row("p")["workers"] == 3
    assert world.say("pause").returncode == 0 and world.say("wait", "--until", "idle", "p").returncode == 0
    assert world.say("resume", "p").returncode == 0
    for words in (["restart"], ["scale", "p"], ["scale", "p=x"], ["signal", "NOSUCH", "web"], ["start", "nosuch"]):
        said = world.say(*words)
        assert said.returncode == 2 and said.stderr, said
        assert words != ["scale", "p"] or "'p' has no =N behind it: write p=4, " in said.stderr, said
    world.stop(run)
    check_nothing_left()


def test_places_of_others():
    """A place that others may write to is named and passed over."""
    world = World()
    place = world.place.path / "parrun"
    place.mkdir(mode=0o755)
    os.chmod(place, 0o755)
    said = world.say("status")
    assert said.returncode == 5 and "skipped" in said.stderr and "mode" in said.stderr, said


def test_clients_of_the_examples():
    for program, name in (("python3", "control.py"), ("node", "control.js")):
        assert shutil.which(program), program
        world = World()
        run = world.start(SERVICE)
        path, = world.place.path.glob("parrun/*/socket")
        client = subprocess.Popen([program, ROOT / "examples" / name, path, "web"], stdout=subprocess.PIPE, text=True)
        lines = []
        while not lines or lines[-1] != "web: up\n":
            lines.append(client.stdout.readline())
            assert lines[-1], lines
        assert lines[2] == "web is running\n" and lines[0].startswith("run "), lines
        world.stop(run)
        assert client.stdout.read() == "the run has ended\n"
        assert client.wait(PATIENCE) == 0
        check_nothing_left()
