"""Completion, by typing into the shells themselves."""
import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import termios
import time

from e2e.control_words import World
from harness.parrun import PATIENCE, PROGRAM, Directory, mark, own_path

SCENARIO = """\
    vars: {size: 1, sort: a, width: 2}
    threads: {t: {lua: x = 1}}
    pools: {build: {tasks: 3, lua: x = 1}, bundle: {tasks: 2, lua: x = 1}}
    """

RUNNING = """\
    name: living
    processes:
      api: {run: "exec sleep 1000", replicas: 2}
      cron: {run: "echo up; exec sleep 1000"}
    pools: {hash: {tasks: 1, run: "exec sleep 1000"}}
    """

BASH = """\
    source ./made
    bind 'set enable-bracketed-paste off'
    bind '"\\C-g": insert-completions'
    bind -x '"\\C-t": printf "<<%s>>" "$READLINE_LINE"'
    PS1='ready# '
    """

ZSH = """\
    autoload -Uz compinit && compinit -u -D
    source ./made
    zle -C insert-all complete-word _generic
    zstyle ':completion:insert-all:*' completer _all_matches _complete
    zstyle ':completion:insert-all:*' insert true
    show() { print -rn -- "<<$BUFFER>>" }
    zle -N show
    bindkey '^G' insert-all
    bindkey '^T' show
    PS1='ready# '
    """


FISH = """\
    source ./made
    function fish_prompt; echo -n 'ready# '; end
    function show
        commandline --paging-mode; and set -l what list; or set -l what line
        printf '<<%s %s>>' $what (commandline | string collect)
        commandline ''
    end
    bind \\ct show
    """


def made(shell):
    return subprocess.run([PROGRAM, "completion", shell], check=True, capture_output=True,
                          timeout=PATIENCE).stdout.decode()


def prepared(shell):
    directory = Directory()
    directory.file("made", made(shell))
    for name in ("mill.yaml", "scene.yaml", "two words.yaml"):
        directory.file(name, SCENARIO)
    assert shutil.which(shell), f"{shell} is not installed: make deps"
    return directory


class Terminal:
    """An interactive shell on a terminal of its own."""

    def __init__(self, directory, env, *command, kind="dumb"):
        environment = {**env, **own_path(), "TERM": kind, "HOME": str(directory.path),
                       "ZDOTDIR": str(directory.path), "LC_ALL": "C.UTF-8"}
        self.directory = directory
        pid, self.terminal = pty.fork()
        if pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 4000, 0, 0))
            os.chdir(directory.path)
            os.execvpe(command[0], command, environment)
        self.pid = pid
        self.seen = ""
        self.wait_for("ready# ")

    def read(self):
        return os.read(self.terminal, 65536).decode(errors="replace")

    def wait_for(self, pattern):
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.seen, re.S)):
            ready = select.select([self.terminal], [], [], max(0, deadline - time.monotonic()))[0]
            assert ready, f"{pattern!r} never came:\n{self.seen}"
            self.seen += self.read()
        self.seen = self.seen[found.end():]
        return found

    def completed(self, line):
        """LINE with all that is offered for its last word in place of that."""
        os.write(self.terminal, line.encode() + b"\x07\x14\x15")
        return self.wait_for(r"<<(.*?)>>")[1]

    def close(self):
        os.close(self.terminal)
        os.waitpid(self.pid, 0)


class Fish(Terminal):
    """fish asks its terminal what it is and where the cursor stands, and shows its offers as a list to go through."""

    ANSWERS = {"\x1b[c": b"\x1b[?62c", "\x1b[0c": b"\x1b[?62c", "\x1b[6n": b"\x1b[1;1R"}
    SEVERAL_MOST = 20

    def read(self):
        text = super().read()
        while re.search(r"\x1b(\[[0-6]?)?\Z", text):  # the rest of what it asks is on its way
            text += super().read()
        for asked, answer in self.ANSWERS.items():
            os.write(self.terminal, answer * text.count(asked))
        return text

    def shown(self, line, tabs):
        """Whether the list is there after so many tabs, and the line then."""
        os.write(self.terminal, line.encode() + b"\t" * tabs + b"\x14")
        found = self.wait_for(r"<<(list|line) (.*?)>>")
        return found[1] == "list", found[2]

    def completed(self, line):
        several, text = self.shown(line, 1)
        if not several:
            return text
        before = line[:line.rfind(" ") + 1]
        found = []
        for tabs in range(2, self.SEVERAL_MOST):
            text = self.shown(line, tabs)[1]
            if text in found:
                return before + " ".join(offer[len(before):].strip() for offer in found)
            found.append(text)
        raise AssertionError(found)


def started(shell, env):
    directory = prepared(shell)
    if shell == "fish":
        return Fish(directory, env, "fish", "--no-config", "--interactive", "--init-command", FISH, kind="xterm")
    if shell == "bash":
        directory.file("rc", BASH)
        return Terminal(directory, env, "bash", "--noprofile", "--rcfile", "rc", "-i")
    directory.file(".zshrc", ZSH)
    return Terminal(directory, env, "zsh", "-d", "-i")


# What is typed, and the line with all that is offered in place of its last word.
CASES = [
    ("parrun graph --tr", "parrun graph --tree"),
    ("parrun plan --lim", "parrun plan --limit"),
    ("parrun put q --pri", "parrun put q --priority"),
    ("parrun help gra", "parrun help graph"),
    ("parrun --format ", "parrun --format story json"),
    ("parrun --format j", "parrun --format json"),
    ("parrun --format=j", "parrun --format=json"),
    ("parrun --color ", "parrun --color auto always never"),
    ("parrun -j ", "parrun -j auto"),
    ("parrun completion z", "parrun completion zsh"),
    ("parrun --hide thread.sta", "parrun --hide thread.started"),
    ("parrun example proce", "parrun example process"),
    ("parrun queue q.db ", "parrun queue q.db list put requeue purge compact"),
    ("parrun mi", "parrun mill.yaml"),
    ("parrun compl", "parrun completion"),
    ("parrun sc", "parrun scale scene.yaml schema"),
    ("parrun -v pla", "parrun -v plan"),
    ("parrun -v plan mi", "parrun -v plan mill.yaml"),
    ("parrun plan mill.yaml --onl", "parrun plan mill.yaml --only"),
    ("parrun plan mill.yaml --only bu", "parrun plan mill.yaml --only build bundle"),
    ("parrun check mill.yaml si", "parrun check mill.yaml size="),
    ("parrun --log mi", "parrun --log mill.yaml"),
    ("parrun --log=mi", "parrun --log=mill.yaml"),
    ("parrun show mi", "parrun show mill.yaml"),
    ("parrun check scene.yaml mi", "parrun check scene.yaml mill.yaml"),
    ("parrun each --arg-file=mi", "parrun each --arg-file=mill.yaml"),
    ("parrun each cat mi", "parrun each cat mill.yaml"),
    ("parrun graph mi", "parrun graph mill.yaml"),
    ("parrun -v -j 2 mi", "parrun -v -j 2 mill.yaml"),
    ("parrun --journal mill.yaml --resume sc", "parrun --journal mill.yaml --resume scale scene.yaml schema"),
    ("parrun mill.yaml --log sc", "parrun mill.yaml --log scene.yaml"),
    ("parrun -v mill.yaml s", "parrun -v mill.yaml size= sort="),
    ("parrun --journal scene.yaml mill.yaml w", "parrun --journal scene.yaml mill.yaml width="),
    ("parrun mill.yaml --only bu", "parrun mill.yaml --only build bundle"),
    ("parrun mill.yaml --only t,bui", "parrun mill.yaml --only t,build"),
    ("parrun mill.yaml --task bun", "parrun mill.yaml --task bundle:"),
]

# The same of objects of a run that goes on.
LIVING = [
    ("parrun stop ", "parrun stop api.1 api.2 cron hash"),
    ("parrun logs -f a", "parrun logs -f api.1 api.2"),
    ("parrun restart api.1 cr", "parrun restart api.1 cron"),
    ("parrun pause ", "parrun pause hash"),
    ("parrun scale ", "parrun scale api= cron= hash="),
    ("parrun signal HUP cr", "parrun signal HUP cron"),
    ("parrun status -r living h", "parrun status -r living hash"),
    ("parrun status --run=living h", "parrun status --run=living hash"),
]

# Where there is nothing to offer the line stays.
NOTHING = ["parrun mill.yaml size=", "parrun --task ", "parrun --delay ", "parrun put q w"]


def words(line):
    return [word for word in line.split(" ") if word]


def check(name, own):
    """The cases that all share, then the shell's OWN."""
    world = World()
    run = world.start(RUNNING)
    shell = started(name, world.env)
    for line, expected in CASES + LIVING + own:
        found = shell.completed(line)
        assert sorted(words(found)) == sorted(words(expected)), (name, line, found)
    for line in NOTHING:
        found = shell.completed(line)
        assert found == line, (name, line, found)
    shell.close()
    world.stop(run)


@mark("release")
def test_bash():
    check("bash", [
        ("parrun tw", "parrun two\\ words.yaml"),
        ("parrun two\\ words.yaml w", "parrun two\\ words.yaml width="),
        ("parrun 'two words.yaml' w", "parrun 'two words.yaml' width="),
    ])


@mark("release")
def test_zsh():
    check("zsh", [
        ("parrun tw", "parrun two\\ words.yaml"),
        ("parrun two\\ words.yaml w", "parrun two\\ words.yaml width="),
    ])


@mark("release")
def test_fish():
    check("fish", [
        ("parrun tw", "parrun two\\ words.yaml"),
        ("parrun 'two words.yaml' w", "parrun 'two words.yaml' width="),
    ])


def test_every_option_and_its_help():
    listed = subprocess.run([PROGRAM, "completion", "fish", "--", "--"], check=True,
                            capture_output=True, timeout=PATIENCE).stdout.decode().split("\n")
    helped = subprocess.run([PROGRAM, "help", "run"], check=True, capture_output=True,
                            timeout=PATIENCE).stdout.decode()
    assert listed[0] == "words" and listed[-1] == ""
    assert [line.split("\t")[0] for line in listed[1:-1]] == re.findall(r"^ .{4} (--[\w-]+)", helped,
                                                                       re.M)
    for line in listed[1:-1]:
        assert line.split("\t")[1] in helped


def test_no_such_shell():
    ended = subprocess.run([PROGRAM, "completion", "csh"], capture_output=True, check=False,
                           timeout=PATIENCE)
    assert ended.returncode == 2 and not ended.stdout, ended
    assert b"completion is 'bash', 'zsh' or 'fish', not 'csh'" in ended.stderr
