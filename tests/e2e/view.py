"""parrun view in a terminal (tmux): what stands on its screen, what its keys do, how it leaves the terminal."""
import os
import pathlib
import pty
import re
import resource
import shlex
import signal
import subprocess
import time

from e2e.control_words import World, own_rows
from harness.parrun import PATIENCE, PROGRAM, Directory, Run, check_nothing_left, mark, until
from harness.processes import survivors

SHOP = r"""
    name: shop
    processes:
      db: {run: "echo up; printf 'wide \\346\\227\\245\\346\\234\\254 \\033[31mred\\033[0m \\007bell\\n'; exec sleep 1000", ready: {log: up}}
      web: {run: "echo serving; exec sleep 1000", depends_on: db}
    pools:
      work: {workers: 2, tasks: [a, b, c, d], run: "until [ -e gate ]; do sleep 0.05; done; echo did ${{item}}; test ${{item}} != b"}
"""


class Terminal:
    """A terminal of COLUMNS x ROWS in which a shell runs WORDS and then says how they have ended."""

    def __init__(self, world, words, columns=80, rows=24, term="screen-256color", cwd=None):
        self.held = Directory()
        self.env = {**world.env, "LANG": "C.UTF-8", "TERM": term}
        config = self.held.file("config", f"set -g status off\nset -g default-terminal {term}\nset -g remain-on-exit on\n")
        self.words = ["tmux", "-S", str(self.held.path / "tmux"), "-f", str(config)]
        line = f"{shlex.join(words)}; status=$?; echo; echo it ended with $status; stty -a | grep -o -- '-*icanon\\|-*echo '; exec sleep 1000"
        self.say("new-session", "-d", "-x", str(columns), "-y", str(rows), "-c", str(cwd or self.held.path), "sh", "-c", line)

    def say(self, *words):
        said = subprocess.run([*self.words, *words], env=self.env, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert said.returncode == 0, said
        return said.stdout

    def keys(self, *keys):
        self.say("send-keys", *keys)

    def size(self, columns, rows):
        self.say("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self):
        """The lines that stand there, without what differs from run to run: ids, times, and what processes use."""
        text = self.say("capture-pane", "-p")
        text = re.sub(r"\d{8}T\d{6}Z-(\d+)", "", text)
        text = re.sub(r"(\d+\.\d|\d+)% +[\d.]+[BKMG](?=│)", lambda found: " " * len(found[0]), text)
        text = re.sub(r", [\d.]+/s(, \S+ left)?", "", text)
        text = re.sub(r"^\d\d:\d\d:\d\d ", "HH:MM:SS ", text, flags=re.MULTILINE)
        return [line.rstrip() for line in text.splitlines()]

    def wait_for(self, wanted):
        """Until WANTED, a function of the screen, a part of a line, or all lines, is true of it."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            lines = self.screen()
            if callable(wanted):
                there = wanted(lines)
            else:
                there = lines == wanted if isinstance(wanted, list) else any(wanted in line for line in lines)
            if there:
                return lines
            time.sleep(0.02)
        shown = "\n".join(lines)
        want = "\n".join(wanted) if isinstance(wanted, list) else str(wanted)
        raise AssertionError(f"the screen is\n{shown}\nand never became\n{want}")

    def process(self):
        """The view's pid."""
        shell = self.say("list-panes", "-F", "#{pane_pid}").strip()
        children = pathlib.Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        return int(children[0])

    def end(self):
        self.say("kill-server")


def list_of(text):
    """The lines of a picture, which begins and ends with a line break."""
    return text.strip("\n").split("\n")


BRIEFS = "r restart  s stop  S start  p pause  x explain  Enter output  ? help  q leave"

SMALL = list_of("""
shop  running  up 3/3  tasks 0/4
NAME      STATE      RE   CPU    MEM│─ db ──────────────────────────────────────
db        running                   │up
web       running                   │wide 日本 red ^Gbell
work 2/2  running                   │
 0 of 4 (0%)                        │
                                    │
                                    │
                                    │
                                    │
                                    │
                                    │
                                    │
                                    │
                                    │
                                    │
                                    │
                                    │
                                    │
                                    │
                                    │
                                    │
─ nothing went wrong so far ────────────────────────────────────────────────────
""" + BRIEFS)

AFTER = list_of("""
shop  running  up 2/3  tasks 4/4  failed 1
NAME      STATE      RE   CPU    MEM
db        running
web       running
work 0/0  failed
 4 of 4 (100%), 1 failed
""")


def start(world, scenario=SHOP):
    run = Run(scenario, "-q", "--show", "process.ready", env=world.env)
    run.wait_for(b"ready")
    return run


def wait_ready(world):
    assert world.say("wait", "db", "web").returncode == 0


def test_screens():
    """At 80x24 and 200x50, and while the size changes."""
    world = World()
    run = start(world)
    wait_ready(world)
    terminal = Terminal(world, [PROGRAM, "view"])
    terminal.wait_for(SMALL)
    terminal.size(200, 50)
    lines = terminal.wait_for(lambda lines: len(lines) == 50 and lines[-1] == BRIEFS.replace("  ?", "  / search  ?"))
    left = lines[1].index("│")
    assert left == 64 and all(line[left] == "│" for line in lines[1:48]), lines
    assert lines[2][:left].split() == ["db", "running"] and lines[2][left + 1:] == "up", lines
    assert lines[48] == "─ nothing went wrong so far " + "─" * 172, lines
    terminal.size(40, 8)
    terminal.wait_for(lambda lines: len(lines) == 8 and lines[-1].endswith("? help  q leave"))
    terminal.size(20, 5)
    terminal.wait_for(["too small; q leaves", "", "", "", ""])
    terminal.size(80, 24)
    terminal.wait_for(SMALL)
    terminal.keys("q")
    terminal.wait_for("it ended with 0")
    terminal.end()
    world.stop(run)
    check_nothing_left()


def test_what_went_wrong():
    """Of a task that fails, and of a process that is killed; the list says what has become of them."""
    world = World()
    run = start(world)
    wait_ready(world)
    terminal = Terminal(world, [PROGRAM, "view", "shop"])
    terminal.wait_for(SMALL)
    (run.directory.path / "gate").touch()
    terminal.wait_for("HH:MM:SS Task 1 (b) failed: exit code 1.")
    terminal.keys("j", "j")
    terminal.wait_for(lambda lines: [line.partition("│")[0].rstrip() for line in lines[:6]] == AFTER)
    terminal.wait_for("│did d")
    terminal.keys("k")
    terminal.wait_for("│serving")
    pid, = [row["pid"] for row in own_rows(world.say("status", "--json", "web"))]
    os.kill(pid, signal.SIGKILL)
    terminal.wait_for("HH:MM:SS Process web was ended by signal KILL.")
    terminal.wait_for(lambda lines: lines[3].startswith("web       failed"))
    terminal.keys("x")
    terminal.wait_for("│wrong     Process web was ended by signal")
    terminal.end()
    said = world.say("stop")
    assert said.returncode == 1, said
    run.finish()


def test_keys():
    """Words that steer, search and scrolling, and the output alone."""
    world = World()
    run = start(world)
    wait_ready(world)
    terminal = Terminal(world, [PROGRAM, "view"])
    terminal.wait_for(SMALL)
    terminal.keys("j", "s")
    terminal.wait_for(lambda lines: lines[3].startswith("web       stopped"))
    terminal.keys("S")
    terminal.wait_for(lambda lines: lines[3].startswith("web       running"))
    terminal.keys("r")
    terminal.wait_for(lambda lines: re.match(r"web +running +\d ", lines[3]))
    terminal.keys("j", "+")
    terminal.wait_for(lambda lines: lines[4].startswith("work 3/3"))
    terminal.keys("-")
    terminal.wait_for("work")
    terminal.keys("p")
    terminal.wait_for(lambda lines: " paused " in lines[4])
    terminal.keys("p")
    terminal.wait_for(lambda lines: " running " in lines[4])
    terminal.keys("k", "k", "Enter")
    terminal.wait_for(lambda lines: lines[1].startswith("─ db ──") and lines[2] == "up")
    terminal.keys("/", "nosuch", "Enter")
    terminal.wait_for("No further match above.")
    terminal.keys("Escape")
    terminal.wait_for(lambda lines: lines[2].startswith("db        running"))
    terminal.keys("f", "wo")
    terminal.wait_for(lambda lines: lines[-1] == "find: wo")
    terminal.keys("Enter", "?")
    terminal.wait_for("q       leave the view")
    terminal.keys("q")
    terminal.wait_for("it ended with 0")
    terminal.end()
    world.stop(run)


def test_a_process_with_a_terminal():
    """It is shown as its terminal shows it, has the size of its pane once it is typed to, and gets all keys but one."""
    world = World()
    run = start(world, """
        name: shell
        processes:
          sh: {tty: true, run: "echo up; printf 'over\\rO\\n'; while read -r word; do echo got $word; stty size; done", ready: {log: up}}
          none: {run: "exec sleep 1000"}
    """)
    terminal = Terminal(world, [PROGRAM, "view"])
    terminal.wait_for("│Over")
    terminal.keys("t")
    terminal.wait_for("Ctrl-]: back")
    terminal.keys("quit", "BSpace", "Enter")
    terminal.wait_for("│got qui")
    terminal.wait_for("│20 43")
    terminal.keys("C-]", "j", "t")
    terminal.wait_for("It has no terminal of its own")
    terminal.keys("q")
    terminal.wait_for("it ended with 0")
    terminal.end()
    world.stop(run)


def restored(lines):
    """The shell's words after the view: the terminal has its modes again."""
    return "icanon" in lines and "-icanon" not in lines and "echo" in [line.strip() for line in lines]


def run_out_of_memory(terminal):
    """A screen of another size needs more than there is."""
    resource.prlimit(terminal.process(), resource.RLIMIT_DATA, (1, 1))
    terminal.size(400, 200)


@mark("release")
def test_ways_out():
    """A key, Ctrl-C, signals, a crash, no memory: the terminal is what it was."""
    world = World()
    run = start(world)
    wait_ready(world)
    ways = [(lambda terminal: terminal.keys("q"), 0), (lambda terminal: terminal.keys("C-c"), 0)]
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        ways.append((lambda terminal, number=number: os.kill(terminal.process(), number), 128 + number))
    ways.append((lambda terminal: os.kill(terminal.process(), signal.SIGSEGV), 128 + signal.SIGSEGV))
    ways.append((run_out_of_memory, 4))
    for way, status in ways:
        terminal = Terminal(world, [PROGRAM, "view"])
        terminal.wait_for(SMALL)
        assert terminal.say("display-message", "-p", "#{alternate_on}") == "1\n"
        way(terminal)
        terminal.wait_for(f"it ended with {status}")
        terminal.wait_for(restored)
        assert terminal.say("display-message", "-p", "#{alternate_on} #{cursor_flag} #{keypad_flag}") == "0 1 0\n"
        terminal.end()
    assert world.say("status").returncode == 0, "and the run goes on"
    world.stop(run)


def test_suspended():
    """Ctrl-Z and fg: the shell has the terminal meanwhile, and all is drawn anew."""
    world = World()
    run = start(world)
    wait_ready(world)
    line = f"set -m; {shlex.quote(PROGRAM)} view; echo stopped with $?; read word; fg"
    terminal = Terminal(world, ["bash", "-c", line])
    terminal.wait_for(SMALL)
    terminal.keys("C-z")
    terminal.wait_for("stopped with 148")
    terminal.keys("on", "Enter")
    terminal.wait_for(SMALL)
    terminal.keys("PPage", "q")
    terminal.wait_for("it ended with 0")
    terminal.wait_for(restored)
    terminal.end()
    world.stop(run)


def test_the_end_of_the_run():
    """It ends while the view looks: what is there stays, until a key; a killed one as well."""
    for end in ("stop", "kill"):
        world = World()
        run = start(world)
        wait_ready(world)
        terminal = Terminal(world, [PROGRAM, "view"])
        terminal.wait_for(SMALL)
        if end == "stop":
            world.stop(run)
        else:
            os.kill(run.runner(), signal.SIGKILL)
            run.finish()
            terminal.wait_for("The run has ended, or was killed.")
        terminal.wait_for(lambda lines: lines[0].startswith("shop  ended"))
        terminal.keys("r")
        terminal.wait_for("The run has ended.")
        terminal.keys("q")
        terminal.wait_for("it ended with 0")
        terminal.end()


def test_run_with_a_view():
    """run --view: who leaves is asked; the run is stopped, or goes on, and where the terminal goes it is stopped."""
    for keys, wanted in ((["q", "y"], "it ended with 0"), (["q", "d"], "it ended with 0"), (None, None)):
        world = World()
        world.env["XDG_STATE_HOME"] = str(world.place.path / "state")
        directory = Directory()
        directory.file("scenario.yaml", SHOP)
        terminal = Terminal(world, [PROGRAM, "run", "--view", "scenario.yaml"], cwd=directory.path)
        terminal.wait_for(SMALL)
        if keys is None:
            terminal.end()
        else:
            terminal.keys(keys[0])
            terminal.wait_for("Stop the run?")
            terminal.keys(keys[1])
            terminal.wait_for(wanted)
            terminal.end()
        if keys and keys[1] == "d":
            terminal = Terminal(world, [PROGRAM, "run", "--view", "scenario.yaml"], columns=200, cwd=directory.path)
            lines = terminal.wait_for("it ended with 7")
            assert "runs already, as" in lines[0] and "parrun view" in lines[0], lines
            terminal.end()
            assert world.say("stop").returncode == 0
        until(lambda: not world.say("ps").stdout, "no run in ps")
        until(lambda: not survivors(), "the end of a run that nobody waits for")


def test_no_terminal():
    """What cannot show it says so, before anything is started."""
    world = World()
    directory = Directory()
    directory.file("scenario.yaml", "processes: {web: {run: 'touch started'}}")
    for words in (["view"], ["run", "--view", "scenario.yaml"]):
        said = world.say(*words, cwd=directory.path)
        assert said.returncode == 2 and "a view needs a terminal" in said.stderr and not said.stdout, said
        for term in ("dumb", "no-such-terminal", ""):
            ours, theirs = pty.openpty()
            said = subprocess.run([PROGRAM, *words], stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, text=True, timeout=PATIENCE,
                                  check=False, cwd=directory.path, env={**world.env, "TERM": term})
            os.close(ours)
            os.close(theirs)
            assert said.returncode == 2 and term in said.stderr and "parrun: error" in said.stderr, said
    assert not (directory.path / "started").exists()
    for words in (["run", "--view", "-d", "scenario.yaml"], ["run", "--view", "--progress", "scenario.yaml"]):
        said = world.say(*words, cwd=directory.path)
        assert said.returncode == 2 and "--view excludes" in said.stderr, said
    check_nothing_left()


def test_much_output():
    """As much as a process can write: the view shows the end of it, and the run goes on."""
    world = World()
    run = start(world, """
        name: loud
        processes:
          loud: {run: "echo up; until [ -e gate ]; do sleep 0.05; done; seq 1 300000; printf last; exec sleep 1000", ready: {log: up}}
    """)
    terminal = Terminal(world, [PROGRAM, "view"])
    terminal.wait_for("│up")
    (run.directory.path / "gate").touch()
    terminal.wait_for(lambda lines: "│300000" in "".join(lines) and any(line.endswith("│last") for line in lines))
    terminal.keys("g")
    terminal.wait_for("lines below: End shows them")
    terminal.keys("q")
    terminal.wait_for("it ended with 0")
    terminal.end()
    world.stop(run)
