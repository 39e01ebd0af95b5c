"""The scenarios of parrun example: each is printed, checked and run to its end."""
import re
import socket
import subprocess

from harness.parrun import PATIENCE, PROGRAM, VARIANT, Directory, check_nothing_left, mark
from harness.paths import ROOT

FOLDER = ROOT / "src" / "cli" / "examples"

# What each must print, besides sentences; a row an example.
PRINTS = {
    "batch": [rb"^root$"],
    "coprocess": [b"\n".join(b"%d is %x" % (n, n) for n in range(250, 261))],
    "lua-pool": [rb"^collect \| 2262 primes; the most of them from 1 on$"],
    "matrix": [b"\n".join(b"make CC=%s CFLAGS=-O%d" % (compiler, level)
                          for compiler in (b"gcc", b"clang") for level in range(3))],
    "pipeline": [rb"^collect \| 1 files, \d+ lines$"],
    "pool": [rb"^apple has 5 bytes\ntwo words has 9 bytes\nit's has 4 bytes\n\$HOME has 5 bytes\n"
             rb"a;b has 3 bytes$"],
    "process": [rb"^program \| hello world$", rb"^command \| line 3 for world$", rb"^words \| 4$",
                rb"^chunk \| this is Linux$"],
    "queue": [rb"^Put 6 to queue\.\.\.$", rb"^(shell|lua) \| the (square|half) of 6 is [\d.]+$"],
    "service": [rb"^test \| the server answers$", rb"^Process server terminated\.$"],
    "thread": [rb"^thread sum >>> count\.4 has counted$", rb"^thread sum >>> together 4000$"],
}


def parrun(*arguments, cwd=None):
    return subprocess.run([PROGRAM, *arguments], cwd=cwd, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=PATIENCE, check=False)


def told(name):
    ended = parrun("example", name)
    assert ended.returncode == 0 and not ended.stderr, ended
    return ended.stdout


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def run(name):
    directory = Directory()
    directory.file(f"{name}.yaml", told(name))
    given = [f"port={free_port()}"] if name == "service" else []
    checked = parrun("check", f"{name}.yaml", cwd=directory.path)
    assert checked.returncode == 0 and not checked.stdout + checked.stderr, checked
    ended = parrun("--hide", "task.started,task.ended,pool.*,run.*", f"{name}.yaml", *given,
                   cwd=directory.path)
    assert ended.returncode == 0 and not ended.stderr, (name, ended)
    for pattern in PRINTS[name]:
        assert re.search(pattern, ended.stdout, re.M), (name, pattern, ended.stdout.decode())
    check_nothing_left()


def test_the_list_has_each_file_once():
    names = sorted(path.stem for path in FOLDER.glob("*.yaml"))
    lines = parrun("example").stdout.decode().splitlines()
    assert [line.split()[0] for line in lines] == names == sorted(PRINTS), lines
    assert all(len(line) < 80 and line.endswith(".") for line in lines), lines


def test_each_is_printed_byte_for_byte():
    for path in FOLDER.glob("*.yaml"):
        assert told(path.stem) == path.read_bytes(), path


def test_each_says_what_and_how():
    for path in FOLDER.glob("*.yaml"):
        what, how = path.read_text().splitlines()[:2]
        name = path.stem
        assert what.startswith("# Shows "), path
        assert how.startswith(f"# Run it: parrun example {name} >{name}.yaml && parrun {name}.yaml")


# Those with threads, in bodies or beside: the runner's own are in all of them.
THREADED = ("lua-pool", "queue", "thread")


@mark("tsan")
def test_each_runs():
    for name in THREADED if VARIANT == "tsan" else PRINTS:
        run(name)
