"""The manual: its made parts are those of the program, and its examples do what they say."""
import dataclasses
import re
import subprocess
import sys
import textwrap

from harness import manual
from harness.parrun import PATIENCE, PROGRAM, Directory, check_nothing_left, mark, own_path
from harness.paths import ROOT


def call(argv, directory, **options):
    return subprocess.run(argv, cwd=directory, capture_output=True, timeout=PATIENCE, check=False,
                          env={**own_path(), "XDG_STATE_HOME": str(directory)}, **{"stdin": subprocess.DEVNULL, **options})


def shell(command, directory):
    ended = call(["sh", "-c", command], directory)
    assert ended.returncode == 0, (command, ended, (directory / "out").read_text()
                                   if (directory / "out").exists() else "")


# ---- what is done with a block of each kind ----

def as_scenario(example, directory, arguments, status=0):
    """The block is a scenario; ARGUMENTS stand behind it, as the shell takes them."""
    (directory / "example.yaml").write_text(example.text)
    words = " ".join(arguments)
    line = f"'{PROGRAM}' example.yaml {words} >out"
    ended = call(["sh", "-c", line], directory)
    assert ended.returncode == status and not ended.stderr, \
        (ended, (directory / "out").read_text())


def as_failing(example, directory, arguments):
    as_scenario(example, directory, arguments, status=1)


def as_check(example, directory, _arguments):
    (directory / "example.yaml").write_text(example.text)
    ended = call([PROGRAM, "check", "example.yaml"], directory)
    assert ended.returncode == 0 and not ended.stderr, ended


def as_lua(example, directory, _arguments):
    """The block is a Lua chunk; it is run in a body of each kind."""
    chunk = textwrap.indent(example.text, "      ")
    for head in ("processes:\n  body:\n", "threads:\n  body:\n", "pools:\n  body:\n    tasks: 1\n",
                 "pools:\n  body:\n    kind: thread\n    tasks: 1\n"):
        scenario = dataclasses.replace(example, text=f"{head}    lua: |\n{chunk}")
        as_scenario(scenario, directory, [])


def as_python(example, directory, _arguments):
    """The block is a program that reads events: it must give back bytes that are no UTF-8."""
    (directory / "bytes.yaml").write_text("processes: {p: {run: \"printf 'caf\\\\351\\\\n'\"}}\n")
    (directory / "reader.py").write_text(example.text)
    ended = call(["sh", "-c", f"'{PROGRAM}' --format json bytes.yaml | '{sys.executable}' reader.py"],
                 directory)
    assert ended.stdout == b"caf\xe9\n", ended


def as_shell(example, directory, _arguments):
    """The block is for a shell."""
    shell(f"exec >out; {example.text}", directory)


def as_program(example, directory, arguments):
    """The block is a file, run by the command ARGUMENTS."""
    (directory / "example").write_text(example.text)
    shell(f"exec >out; {' '.join(arguments)} example", directory)


KINDS = {"program": as_program, "shell": as_shell, "run": as_scenario, "fails": as_failing, "check": as_check, "lua": as_lua, "python": as_python}


def try_example(example):
    held = Directory()
    directory = held.path
    for command in example.marks.get("before", []):
        shell(command, directory)
    for kind, *arguments in (test.split() for test in example.marks["test"]):
        KINDS[kind](example, directory, arguments)
    for command in example.marks.get("after", []):
        shell(command, directory)


def try_page(page):
    """Every example; tells of all that failed, each with its place."""
    faults = []
    found = manual.examples(page)
    for example in found:
        try:
            try_example(example)
        except (AssertionError, subprocess.TimeoutExpired) as fault:
            faults.append(f"man/{page}:{example.line}: {fault}")
    assert not faults, "\n".join(faults)
    check_nothing_left()
    return len(found)


# ---- tests ----

def test_made_parts_are_not_stale():
    parts = 0
    for path in manual.PAGES.glob("*.[1-8]"):
        for name, text in manual.made_parts(path.name):
            parts += 1
            assert text == manual.reference(PROGRAM, name), \
                f"man/{path.name}: {name} is stale: make reference"
    assert parts >= 2, parts


def test_pages_are_clean():
    pages = sorted(str(path) for path in manual.PAGES.glob("*.[1-8]"))
    ended = call(["mandoc", "-T", "lint", "-W", "warning", *pages], ROOT)
    assert ended.returncode == 0 and not ended.stdout, ended


def test_headings_lose_no_word():
    """A word such as "In" or "An" in a heading is a macro to mdoc, and is not shown, unless \\& stands before it."""
    headings, faults = 0, []
    for path in manual.PAGES.glob("*.[1-8]"):
        shown = re.sub(".\b", "", call(["mandoc", path.name], manual.PAGES).stdout.decode())
        shown = [" ".join(line.split()) for line in shown.splitlines()]
        for heading in re.findall(r"^\.S[sh] (.*)", path.read_text(), re.M):
            headings += 1
            text = " ".join(heading.replace("\\&", "").replace('"', "").split())
            faults += [] if text in shown else [f"{path.name}: {heading}"]
        faults += [f"{path.name}: {line}" for line in re.findall(r"^\..* Ar [.,:;?!|](?: .*)?$", path.read_text(), re.M)]
    assert headings > 100 and not faults, faults


def options_of(command):
    """The options of COMMAND, and what each has as its value: "" for none."""
    told = call([PROGRAM, "help", command], ROOT).stdout.decode()
    return dict(re.findall(r"^  .*?--([a-z-]+) ?(\S*)", told, re.M))


@mark("release")
def test_options_in_pages_are_there():
    """parrun(1) names options that a command of it takes, with a value where they have one; and a line that begins
    with "parrun --" or "parrun -q" is taken as far as its files, which are not there."""
    options = {}
    for command in ("put", "get", "plan", "run"):
        options |= options_of(command)
    assert options["quiet"] == "" and options["journal"] == "FILE", options
    page = (manual.PAGES / "parrun.1").read_text()
    faults = [f"--{name}" for name in re.findall(r"Fl Fl ([a-z-]+)", page) if name not in options]
    faults += [f"--{name}=" for name in re.findall(r"Fl Fl ([a-z-]+) Ns \S* ?=", page) if not options.get(name)]
    held = Directory()
    for path in manual.PAGES.glob("*.[1-8]"):
        for line in re.findall(r'^\.(?:Dl|Ql|Li) "?parrun( -[-q][^"\n]*)', path.read_text(), re.M):
            ended = call(["sh", "-c", f"'{PROGRAM}'{line.rstrip(' ,.;')}"], held.path)
            if b"No such file or directory" not in ended.stderr:
                faults.append(f"{path.name}: parrun{line}: {ended.stderr}")
    assert not faults, faults


def test_examples_of_events():
    assert try_page("parrun-events.7") >= 2


@mark("release")
def test_examples_of_scenario():
    assert try_page("parrun-scenario.5") >= 2


def test_examples_of_lua():
    assert try_page("parrun-lua.7") >= 13


def test_examples_of_the_command():
    assert try_page("parrun.1") >= 2


@mark("release")
def test_recipes():
    assert try_page("parrun-recipes.7") >= 20
