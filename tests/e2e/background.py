"""Runs in the background: what run -d waits for, what it lets go of, what it leaves, and how it fails."""
import contextlib
import json
import os
import pty
import signal
import subprocess

from e2e.control_words import SERVICE, World, own_rows
from harness.parrun import PATIENCE, PROGRAM, check_nothing_left, died_of
from harness.processes import all_pids, children, wait_gone


def await_guards():
    """Until nothing of runs that end by themselves is left: all that lives here beside the test."""
    for pid in all_pids():
        if pid != os.getpid():
            assert wait_gone(pid), pid


class Place(World):
    """A world with a home for logs and a directory for scenarios."""

    def __init__(self):
        super().__init__()
        self.here = self.place.path
        self.env["XDG_STATE_HOME"] = str(self.here / "state")
        self.logs = self.here / "state" / "parrun"

    def run(self, scenario, *words, name="web.yaml"):
        self.place.file(name, scenario)
        return self.say("run", "-d", *words, name, cwd=self.here)

    def end(self, *words, status=0):
        said = self.say("stop", *words)
        assert said.returncode == status, said

    def log_of(self, said):
        return self.logs / f"{said.stdout.strip()}.log"

    def gate(self, name):
        os.mkfifo(self.here / name)
        return self.here / name


def test_it_comes_back_when_all_is_up():
    """A one-shot that others wait for has succeeded, what has `ready` is ready, the rest has started."""
    place = Place()
    said = place.run("""
        processes:
          prepare: {run: "touch prepared"}
          web: {run: "test -e prepared && echo up; exec sleep 1000", ready: {log: up}, depends_on: {prepare: succeeded}}
          rest: {run: "exec sleep 1000", depends_on: {web: ready}}
    """)
    assert said.returncode == 0 and not said.stderr, said
    rows = {row["name"]: row for row in own_rows(place.say("status", "--json"))}
    assert [rows[name]["state"] for name in ("prepare", "web", "rest")] == ["done", "running", "running"], rows
    row, = own_rows(place.say("ps", "--json"))
    log = place.log_of(said)
    assert row["run"] == said.stdout.strip() and row["log"] == str(log), row
    assert {one["log"] for one in rows.values()} == {str(log)}, rows
    assert str(log) in place.say("ps").stdout and f"log: {log}\n" in place.say("status").stdout
    assert log.stat().st_mode & 0o7777 == 0o600
    follower = subprocess.Popen([PROGRAM, "logs", "-f"], env=place.env, cwd="/", stdout=subprocess.PIPE, text=True)
    assert follower.stdout.readline() == "web | up\n"
    place.end()
    assert follower.communicate(timeout=PATIENCE)[0] == "" and follower.returncode == 0
    assert "web | up\n" in log.read_text()
    check_nothing_left()


def test_ended_well_is_as_good_as_ready():
    place = Place()
    said = place.run("processes: {once: {run: echo done}}")
    assert said.returncode == 0 and not said.stderr, said
    states = set()
    while "ended" not in states:  # whatever the moment is, it is told
        row, = own_rows(place.say("ps", "-a", "--json"))
        states.add(row["state"])
    assert "unknown" not in states, states
    await_guards()
    row, = own_rows(place.say("ps", "-a", "--json"))
    assert row["run"] == said.stdout.strip() and row["status"] == 0 and row["state"] == "ended", row


def test_nothing_of_the_caller_is_held():
    """Its pipes come to their ends while the run goes on, and its descriptors are in no process of the run."""
    place = Place()
    place.place.file("web.yaml", SERVICE)
    ends = os.pipe()
    os.set_inheritable(ends[1], True)
    said = subprocess.run([PROGRAM, "run", "-d", "web.yaml"], env=place.env, cwd=place.here, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=[ends[1]], timeout=PATIENCE, check=False)
    assert said.returncode == 0 and not said.stderr, said
    os.close(ends[1])
    assert os.read(ends[0], 1) == b"", "the end of the pipe"
    row, = own_rows(place.say("status", "--json"))
    assert row["state"] == "running", row
    assert os.readlink(f"/proc/{row['pid']}/fd/0") == "/dev/null"
    place.end()
    check_nothing_left()


def test_a_hangup_does_not_end_it():
    """Nor does that of its processes' terminal: it has a session of its own. What it starts can still be sent one."""
    place = Place()
    said = place.run("""processes: {web: {run: "trap 'echo again' HUP; echo up; while :; do sleep 0.1; done", ready: {log: up}}}""")
    assert said.returncode == 0, said
    row, = own_rows(place.say("ps", "--json"))
    assert os.getsid(row["pid"]) == row["pid"]
    runner, = children(row["pid"])
    for pid in (row["pid"], runner, row["pid"], runner):
        os.kill(pid, signal.SIGHUP)
    follower = subprocess.Popen([PROGRAM, "logs", "-f"], env=place.env, cwd="/", stdout=subprocess.PIPE, text=True)
    assert follower.stdout.readline() == "web | up\n"
    assert place.say("signal", "HUP", "web").returncode == 0
    while (line := follower.stdout.readline()) != "web | again\n":
        assert line, "it ended"
    place.end()
    follower.communicate(timeout=PATIENCE)
    check_nothing_left()


def test_inherited_streams_are_errors():
    place = Place()
    for stream in ("stdin", "stdout"):
        said = place.run(f"processes: {{web: {{run: cat, {stream}: inherit}}}}")
        assert said.returncode == 2 and not said.stdout, said
        assert f"web.yaml:1:13: error: process 'web': '{stream}: inherit'" in said.stderr, said
    said = place.run('pools: {p: {tasks: {lines: "-"}, run: "true"}}')
    assert said.returncode == 2 and "tasks from standard input" in said.stderr, said
    assert not list(place.here.glob("state/parrun/*")), "and no log"


def test_mistakes_start_nothing():
    place = Place()
    said = place.run("processes: {web: {rum: cat}}")
    assert said.returncode == 2 and "web.yaml:1:" in said.stderr, said
    for words in (["run", "--again", "web.yaml"], ["run", "-d", "--progress", "web.yaml"]):
        assert place.say(*words, cwd=place.here).returncode == 2, words
    place.env["XDG_STATE_HOME"] = str(place.here / "web.yaml")
    said = place.run(SERVICE)
    assert said.returncode == 4 and "web.yaml" in said.stderr, said
    check_nothing_left()


def test_a_start_that_fails():
    """It ends as the run does, and prints where the log is and its last lines."""
    place = Place()
    said = place.run('processes: {web: {run: "echo broken >&2; exit 3", ready: {log: up}}}')
    row, = own_rows(place.say("ps", "-a", "--json"))
    assert said.returncode == 1 and not said.stdout, said
    assert row["log"] in said.stderr and "web | broken\n" in said.stderr and '{"run"' not in said.stderr, said
    assert row["status"] == 1 and row["log"] in place.say("ps", "-a").stdout
    check_nothing_left()


def test_the_end_of_the_log_on_a_terminal():
    """What processes wrote is in it, and moves no cursor there."""
    place = Place()
    place.place.file("web.yaml", r"""processes: {web: {run: "printf '\\033]0;title\\007\\033[2Jbro\\rken\\n'; exit 3", ready: {log: up}}}""")
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(place.here)
        os.execve(PROGRAM, [PROGRAM, "run", "-d", "web.yaml"], place.env)
    seen = b""
    with contextlib.suppress(OSError):  # EIO: it has ended
        while chunk := os.read(terminal, 4096):
            seen += chunk
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1, seen
    assert b"title" in seen and b"ken" in seen and b"\033" not in seen and b"bro\r" not in seen, seen
    os.close(terminal)
    check_nothing_left()


def test_one_fails_and_the_rest_goes_on():
    place = Place()
    said = place.run('processes: {web: {run: "exec sleep 1000"}, bad: {run: "exit 3", ready: {log: up}}}')
    assert said.returncode == 1 and "goes on" in said.stderr, said
    row, = own_rows(place.say("ps", "--json"))
    assert row["run"] == said.stdout.strip() and row["failed"] == 1, row
    place.end(status=1)
    check_nothing_left()


def test_a_file_that_runs():
    place = Place()
    first = place.run(SERVICE)
    said = place.run(SERVICE)
    assert said.returncode == 7 and first.stdout.strip() in said.stderr and not said.stdout, said
    again = place.run(SERVICE, "--again")
    assert again.returncode == 0 and again.stdout != first.stdout, again
    for run in (first, again):
        place.end("-r", run.stdout.strip())
    check_nothing_left()


def test_two_at_once():
    """Of two that start the same file at the same time one comes second."""
    place = Place()
    place.place.file("web.yaml", SERVICE)
    runs = [subprocess.Popen([PROGRAM, "run", "-d", "web.yaml"], env=place.env, cwd=place.here, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True) for _ in range(4)]
    for run in runs:
        run.communicate(timeout=PATIENCE)
    assert sorted(run.returncode for run in runs) == [0, 7, 7, 7]
    place.end()
    check_nothing_left()


def test_an_interrupt_ends_it():
    place = Place()
    place.gate("asked")
    place.place.file("web.yaml", 'processes: {web: {run: "echo here >asked; exec sleep 1000", ready: {log: up}}}')
    command = subprocess.Popen([PROGRAM, "run", "-d", "web.yaml"], env=place.env, cwd=place.here, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    assert (place.here / "asked").read_text() == "here\n"
    command.send_signal(signal.SIGINT)
    out, err = command.communicate(timeout=PATIENCE)
    row, = own_rows(place.say("ps", "-a", "--json"))
    assert command.returncode == died_of(signal.SIGINT) and not out and "SIGINT" in err, (command.returncode, err)
    assert row["status"] == 128 + signal.SIGINT, row
    check_nothing_left()


def test_a_terminal_that_closes():
    """The run has no part of the terminal from which it was started."""
    place = Place()
    place.place.file("web.yaml", SERVICE)
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(place.here)
        os.execve(PROGRAM, [PROGRAM, "run", "-d", "web.yaml"], place.env)
    seen = b""
    while b"\n" not in seen:
        seen += os.read(terminal, 4096)
    assert os.waitpid(pid, 0)[1] == 0, seen
    os.close(terminal)
    row, = own_rows(place.say("ps", "--json"))
    assert row["run"] == seen.decode().strip() and place.say("status").returncode == 0
    place.end()
    check_nothing_left()


def test_the_log_rotates():
    """Nobody else reads the old files either, and what is told at the end is in the newest."""
    place = Place()
    said = place.run('processes: {web: {run: "seq 1 20000"}}', "--log-rotate", "16K:2")
    assert said.returncode == 0, said
    await_guards()
    names = sorted(path.name for path in place.logs.iterdir() if path.name != "lock")
    log = place.log_of(said)
    assert names == [log.name, f"{log.name}.1", f"{log.name}.2"], names
    assert all(path.stat().st_mode & 0o7777 == 0o600 for path in place.logs.iterdir())
    row, = own_rows(place.say("ps", "-a", "--json"))
    assert json.loads(log.read_text().splitlines()[-1]) == row and row["status"] == 0, row


def test_a_log_of_its_own():
    """The story is where the scenario says, what the bodies put out is in the run's log; so is what they say apart."""
    place = Place()
    said = place.run("""
        log: {file: story.log}
        processes: {web: {run: "echo up; exec sleep 1000", ready: {log: up}}}
        pools: {p: {tasks: 1, stderr: apart, run: "echo wrong >&2"}}
    """)
    assert said.returncode == 0, said
    assert place.say("wait", "--until", "ended", "p").returncode == 0
    place.end()
    text = place.log_of(said).read_text()
    assert "web | up" in text and "wrong" in text and "Process web is ready" not in text, text
    assert "Process web is ready" in (place.here / "story.log").read_text()
    check_nothing_left()


def test_the_last_ended_ones_are_kept():
    """Twenty, with those into which they have rotated; what is no log of a run stays."""
    place = Place()
    place.logs.mkdir(parents=True)
    for number in range(25):
        for ending in (".log", ".log.1", ".log.2.gz"):
            (place.logs / f"20200101T0000{number:02}Z-1{ending}").write_text("text\n")
    (place.logs / "notes").write_text("mine\n")
    said = place.run(SERVICE)
    assert said.returncode == 0, said
    kept = sorted(path.name for path in place.logs.iterdir())
    want = [f"20200101T0000{number:02}Z-1{ending}" for number in range(5, 25) for ending in (".log", ".log.1", ".log.2.gz")]
    assert kept == sorted([*want, "lock", "notes", f"{said.stdout.strip()}.log"]), kept
    rows = own_rows(place.say("ps", "-a", "--json"))
    assert [row["state"] for row in rows] == ["unknown"] * 20 + ["running"], rows
    place.end()
    check_nothing_left()


def test_a_run_that_is_killed():
    """Its guard writes down how it ended, whoever has killed it."""
    place = Place()
    said = place.run(SERVICE)
    row, = own_rows(place.say("ps", "--json"))
    runner, = children(row["pid"])
    os.kill(runner, signal.SIGKILL)
    assert wait_gone(row["pid"])
    row, = own_rows(place.say("ps", "-a", "--json"))
    assert row["status"] == 128 + signal.SIGKILL, row
    text = place.log_of(said).read_text().splitlines()
    assert "killed by SIGKILL" in text[-2] and json.loads(text[-1]) == row, text
    check_nothing_left()
