"""make install, dist and deb, where every path has blanks in it, and as a user without root."""
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import tarfile

from harness.parrun import PATIENCE, PROGRAM, Directory, mark
from harness.paths import ROOT

LIMIT = PATIENCE * 5


def call(argv, directory, **variables):
    ended = subprocess.run(argv, cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT,
                           env={**os.environ, "MAKEFLAGS": "", "MAKELEVEL": "", **variables}, check=False)
    assert ended.returncode == 0, ended
    return ended.stdout.decode()


def files_below(directory):
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


# What `make dist` alone has to know, and more files than all else.
MANY = ("tests/golden/", "tests/bad/")


def checkout(directory, without=MANY):
    """A copy of all sources, with the program that was built, in a directory with a blank in its name."""
    copy = directory / "check out"
    names = call(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], ROOT).split("\0") if (ROOT / ".git").exists() else \
        [name for name in files_below(ROOT) if not name.startswith("build/")]
    for name in (name for name in names if name and not name.startswith(without)):
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target, follow_symlinks=False)
    (copy / "build").mkdir()
    shutil.copy2(PROGRAM, copy / "build/parrun")
    return copy


WANTED = ["bin/parrun", "share/bash-completion/completions/parrun", "share/doc/parrun/examples/crawl.yaml",
          "share/fish/vendor_completions.d/parrun.fish", "share/man/man1/parrun.1",
          "share/man/man1/parrun-each.1", "share/man/man5/parrun-scenario.5", "share/man/man7/parrun-lua.7",
          "share/parrun/parrun.schema.json"]


@mark("release")
def test_install_where_paths_have_blanks():
    held = Directory()
    copy = checkout(held.path)
    to = held.path / "a b"
    places = {"DESTDIR": str(to), "PREFIX": "/usr/lo cal"}
    words = [f"{name}={value}" for name, value in places.items()]
    (held.path / "t m p").mkdir()
    # The program is there: to compile it again is not what is tried here.
    call(["make", "-o", "build/parrun", "install", *words], copy, TMPDIR=str(held.path / "t m p"))
    there = files_below(to / "usr/lo cal")
    assert not set(WANTED) - set(there), there
    program = to / "usr/lo cal/bin/parrun"
    assert call([program, "--version"], held.path) == call([PROGRAM, "--version"], held.path)
    assert not (held.path / "a").exists()
    call(["make", "uninstall", *words], copy)
    assert not files_below(to), files_below(to)


@mark("release")
def test_every_target_knows_its_files_where_the_checkout_has_blanks():
    held = Directory()
    copy = checkout(held.path)
    targets = [line.split()[0] for line in call(["make", "-s", "help"], copy).splitlines()]
    assert "install" in targets and "dist" in targets, targets
    call(["make", "-n", *(target for target in targets if "%" not in target), "DESTDIR=/tmp/a b", "PREFIX=/x y"], copy)


@mark("release")
def test_dist_holds_all_that_is_built():
    held = Directory()
    copy = checkout(held.path, without=())
    call(["make", "dist"], copy)
    found, = (copy / "build").glob("parrun-*.tar.gz")
    with tarfile.open(found) as tar:
        tar.extractall(held.path / "un packed", filter="data")
    unpacked, = (held.path / "un packed").iterdir()
    assert unpacked.name == found.name.removesuffix(".tar.gz"), unpacked
    assert files_below(unpacked) == [name for name in files_below(copy) if not name.startswith("build/")]
    assert os.access(unpacked / "tests/run", os.X_OK)
    # Make finds whatever the program is made of.
    call(["make", "-n", "build/parrun"], unpacked)


@mark("release")
def test_deb_has_what_is_installed():
    held = Directory()
    copy = checkout(held.path)
    out = call(["packaging/deb", "build/parrun", "1.2.3", "build/o u t"], copy).strip()
    assert pathlib.Path(out).name.startswith("parrun_1.2.3-0parrun1_"), out
    listed = [line.split(maxsplit=5) for line in call(["dpkg-deb", "-c", out], copy).splitlines()]
    assert all(words[1] == "root/root" for words in listed), listed
    names = {words[5] for words in listed}
    for name in WANTED:
        packed = f"./usr/{name}" + (".gz" if "/man/" in name else "")
        assert packed in names, (packed, names)
    assert "./usr/share/doc/parrun/copyright" in names
    fields = call(["dpkg-deb", "-f", out], copy)
    assert "Version: 1.2.3-0parrun1\n" in fields and "libc6" in fields, fields
    call(["dpkg-deb", "-x", out, "unpacked"], copy)
    packed = copy / "unpacked/usr/share/doc/parrun/changelog.Debian.gz"
    text = gzip.decompress(packed.read_bytes()).decode()
    entry = (r"parrun \(1\.2\.3-0parrun1\) unstable; urgency=medium\n\n  \* .+\n\n -- .+ <.+@.+>  "
             r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000\n")
    assert re.fullmatch(entry, text), text
