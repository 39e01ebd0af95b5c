"""What is printed of a scenario that is not run: show, list, vars, graph."""
import os
import pathlib
import shutil
import subprocess
import tempfile

from harness.parrun import PATIENCE, PROGRAM, Directory, amount, mark
from harness.paths import ROOT
from harness.paths import ROOT

FOLDERS = ("configs", "examples", "src/cli/examples", "tests/golden/*")

SCENARIO = """\
name: mill
vars: {size: 3, word: "a b", list: [1], on: true, text: "1"}
queues:
  corn: {help: what waits to be ground}
  flour: {}
processes:
  farmer: {run: "seq 9", stdout: {queue: corn}, help: brings the corn}
pools:
  mill: {workers: "${{ vars.size }}", tasks: 1, lua: x = 1, consumes: corn, produces: flour}
threads:
  baker: {lua: x = 1, consumes: flour, help: "bakes\\nbread"}
  idle: {lua: x = 1}
"""


def parrun(*arguments, directory, status=0):
    ended = subprocess.run([PROGRAM, *arguments], cwd=directory, stdin=subprocess.DEVNULL,
                           capture_output=True, timeout=PATIENCE, check=False)
    assert ended.returncode == status, ended
    return ended.stdout.decode()


def of_mill(*arguments):
    directory = Directory()
    directory.file("mill.yaml", SCENARIO)
    return parrun(*arguments, directory=directory.path)


def is_valid(path):
    return subprocess.run([PROGRAM, "check", path.name], cwd=path.parent, check=False,
                          stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


def check_shown(path):
    """What is shown of a file is valid, and nothing more is to be shown of it."""
    shown = parrun("show", path.name, directory=path.parent)
    again = path.with_name("shown-again.yaml")
    again.write_text(shown)
    if "***" in shown:  # a secret is not in it, and nothing else is wrong with it
        ended = subprocess.run([PROGRAM, "check", again.name], cwd=path.parent, capture_output=True, timeout=PATIENCE,
                               check=False)
        errors = [line for line in ended.stderr.decode().splitlines() if ": error: " in line]
        assert errors and all("is shorter than 4 bytes" in line for line in errors), ended
        again.unlink()
        return
    parrun("check", again.name, directory=path.parent)
    assert parrun("show", again.name, directory=path.parent) == shown, shown
    again.unlink()


@mark("release")
def test_show_is_complete():
    count = 0
    folders = [folder for pattern in FOLDERS for folder in sorted(ROOT.glob(pattern)) if folder.is_dir()]
    for folder in folders[:3] + folders[3::amount(5, 1)]:
        with tempfile.TemporaryDirectory(prefix="show.") as held:
            copy = pathlib.Path(held) / "copy"
            shutil.copytree(folder, copy)
            for path in filter(is_valid, sorted(copy.glob("*.yaml"))):
                check_shown(path)
                count += 1
    assert count > amount(30, 100), count


def test_show():
    shown = of_mill("show", "mill.yaml", "size=5")
    for line in ("  size: 5", "    workers: 5", "    output: group", '  text: "1"', '  "on": true',
                 "    run: seq 9", "    shell: /bin/sh", "    help: |-", "      bread"):
        assert line in shown.splitlines(), (line, shown)


def test_show_hostile_texts():
    directory = Directory()
    texts = ["", " ", "yes", "012", "1e3", "~", "null", "a: b", "a #b", "- a", "'", '"', "\\", "%",
             "@a", "`", "*a", "&a", "!a", "|", ">", "?", "a\nb", "\na\n", " a\n b\n", "a\n\n\n",
             "\ta", "a\tb\n", "\u00e9", "\u2028", "\x85", "\ufeff", "a\r\nb", "...", "---", "[", "{",
             "1_000", "0x1F", "1:20", "=", "<<", "a ", "10s", ".inf", "+1", "\U0001F600", "\x7f"]
    quoted = ", ".join('"' + "".join(f"\\U{ord(c):08x}" for c in text) + '"' for text in texts)
    directory.file("s.yaml", f"queues: {{q: {{items: [{quoted}]}}}}\n"
                             "threads: {t: {consumes: q, lua: x = 1}}\n")
    escaped = ["".join(f"\\U{ord(c):08x}" for c in text) for text in texts]
    path = directory.file("t.yaml", "vars:\n" + "".join(f'  v{n:02}: "{text}"\n  l{n:02}: ["{text}"]\n' for n, text in enumerate(escaped))
                                    + "threads: {t: {lua: x = 1}}\n")
    check_shown(path)
    told = parrun("vars", "t.yaml", directory=directory.path).split("\n")
    want = [f"v{n:02}={text.partition(chr(10))[0]}" for n, text in enumerate(texts)]
    assert told == [*want, ""], (told, want)
    check_shown(directory.path / "s.yaml")


def test_show_keeps_what_looks_like_a_template():
    directory = Directory()
    path = directory.file("s.yaml", "vars: {a: \"${{ '$' .. '{{ 1 }}' }}\"}\n"
                                    "threads: {t: {lua: x = 1}}\n")
    check_shown(path)


def test_show_keeps_bytes_that_are_no_text():
    """A scenario is text: such a byte is an expression in it, wherever a template may make one."""
    directory = Directory()
    bytes_ = "${{ 'a\\\\xff${' .. '{ x }}\\\\xc3\\\\x28' }}"
    path = directory.file("s.yaml", f"""\
        vars: {{a: "{bytes_}", list: ["{bytes_}"]}}
        log: {{show: [task.output], hide: ["*.started", "*.ended", "pool.*", "worker.*", "run.*"]}}
        env: {{A: "{bytes_}"}}
        pools: {{p: {{tasks: ["{bytes_}", "{bytes_}x"], workers: 1, run: "echo $A ${{{{ item }}}} ${{{{ vars.a }}}}"}}}}
        """)
    check_shown(path)
    directory.file("shown.yaml", parrun("show", "s.yaml", directory=directory.path))
    ran = [subprocess.run([PROGRAM, name], cwd=directory.path, capture_output=True, timeout=PATIENCE, check=True).stdout
           for name in ("s.yaml", "shown.yaml")]
    text = b"a\xff${{ x }}\xc3("
    assert ran[0] == ran[1] and b" ".join([text, text + b"x", text]) in ran[0], ran


def test_list():
    assert of_mill("list", "mill.yaml") == (
        "process  farmer  brings the corn\n"
        "pool     mill\n"
        "thread   baker   bakes\n"
        "thread   idle\n"
        "queue    corn    what waits to be ground\n"
        "queue    flour\n")


def test_vars():
    assert of_mill("vars", "mill.yaml", "size=7") == "size=7\nword=a b\non=true\ntext=1\n"


def test_tree():
    assert of_mill("graph", "--tree", "mill.yaml") == (
        "farmer (process)\n"
        "└─ corn (queue)\n"
        "   └─ mill (pool)\n"
        "      └─ flour (queue)\n"
        "         └─ baker (thread)\n"
        "idle (thread)\n")


def test_tree_of_a_ring():
    directory = Directory()
    directory.file("ring.yaml", "queues: {a: {}, b: {}}\nthreads:\n"
                                "  one: {lua: x = 1, consumes: a, produces: b}\n"
                                "  two: {lua: x = 1, consumes: b, produces: a}\n")
    assert parrun("graph", "--tree", "ring.yaml", directory=directory.path) == (
        "one (thread)\n"
        "└─ b (queue)\n"
        "   └─ two (thread)\n"
        "      └─ a (queue)\n"
        "         └─ one (thread), see above\n")


def test_graph():
    lines = of_mill("graph", "mill.yaml").splitlines()
    assert lines[0] == 'digraph "mill" {' and lines[-1] == "}"
    edges = [line.strip() for line in lines if "->" in line]
    assert sorted(edges) == [
        '"corn" -> "mill";', '"farmer" -> "corn";', '"flour" -> "baker";', '"mill" -> "flour";']


def test_wrong_scenario():
    directory = Directory()
    directory.file("wrong.yaml", "nothing: here\n")
    for word in ("show", "list", "vars", "graph"):
        assert parrun(word, "wrong.yaml", directory=directory.path, status=2) == ""


def test_paths_of_what_is_reached_by_a_link():
    """Relative to where the link stands: of the scenario and of what it includes."""
    directory = Directory()
    scenario = "include: part.yaml\nprocesses: {p: {run: 'cat data; echo $FROM', cwd: ., env_file: vars.env}}\n"
    part = "processes: {i: {run: 'echo $FROM too', env_file: vars.env}}\n"
    for place in ("real", "there", "parts"):
        (directory.path / place).mkdir()
        directory.file(f"{place}/data", f"data of {place}\n")
        directory.file(f"{place}/vars.env", f"FROM={place}\n")
    directory.file("real/s.yaml", scenario)
    directory.file("parts/part.yaml", part)
    for place in ("real", "there"):
        (directory.path / place / "part.yaml").symlink_to("../parts/part.yaml")
    (directory.path / "there/s.yaml").symlink_to("../real/s.yaml")
    for place in ("real", "there"):
        out = parrun("-q", "--show=process.output", f"{place}/s.yaml", directory=directory.path)
        assert sorted(out.splitlines()) == [f"i | {place} too", f"p | data of {place}", f"p | {place}"], out


def test_show_of_included_files():
    directory = Directory()
    (directory.path / "sub").mkdir()
    directory.file("sub/w.lua", "x = 1\n")
    directory.file("sub/a.env", "A=1\n")
    directory.file("sub/part.yaml", "env_file: [a.env]\nthreads: {t: {lua: {file: w.lua}}}\n")
    path = directory.file("s.yaml", "include: sub/part.yaml\nthreads: {u: {lua: x = 1}}\n")
    check_shown(path)
    shown = parrun("show", "s.yaml", directory=directory.path)
    assert f"file: {directory.path}/sub/w.lua\n" in shown and "include" not in shown, shown


@mark("release")
def test_check_of_many_objects_takes_little_memory():
    """Bytes for each byte of the file, beyond what a file of one object takes."""
    shapes = {"processes": ('  p{}: {{run: "true"}}\n', 50), "threads": ("  t{}: {{lua: x()}}\n", 50),
              "pools": ('  p{}: {{run: "true", tasks: [a]}}\n', 60)}

    def peak(text):
        directory = Directory()
        directory.file("s.yaml", text)
        checked = subprocess.Popen([PROGRAM, "check", "s.yaml"], cwd=directory.path, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(checked.pid, 0)
        assert status == 0, status
        return used.ru_maxrss * 1024
    one = peak("processes: {p: {run: x}}\n")
    for key, (line, most) in shapes.items():
        text = f"{key}:\n" + "".join(line.format(n) for n in range(60000))  # far more than what this process takes itself, which counts as theirs
        share = (peak(text) - one) / len(text)
        assert share < most, (key, share)
