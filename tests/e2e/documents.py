"""ARCHITECTURE.md and CONTRIBUTING.md name what is there."""
import re

from harness.parrun import mark
from harness.paths import ROOT

DOCUMENTS = ("ARCHITECTURE.md", "CONTRIBUTING.md")
# Names that stand for any name.
ANY = re.compile(r"NAME|ROOM|TEXT")


def is_there(name):
    """A path from the top or from src/, perhaps with wildcards."""
    return any(list(folder.glob(name.rstrip("/"))) for folder in (ROOT, ROOT / "src"))


def faults_of(text):
    """What TEXT, a document, names and the project has not."""
    faults = [name for name in re.findall(r"`([\w./*]+/[\w.*]*)`", text)
              if not ANY.search(name) and not is_there(name) and not name.startswith("build/")]
    for row in re.findall(r"^\| `(src/[\w/]+\.c)` \| (.*?) \|", text, re.M):
        source = ROOT / row[0]
        code = source.read_text() if source.exists() else ""
        faults += [f"{row[0]}: {name}" for name in re.findall(r"`(\w+)\(\)`", row[1])
                   if not re.search(rf"^[a-z].*\b{name}\(", code, re.M)]
    code = "\n".join(path.read_text() for path in (ROOT / "src").rglob("*.[ch]"))
    faults += [name for name in re.findall(r"`(\w+)\(\)`", text) if not re.search(rf"\b{name}\(", code)]
    return faults


@mark("release")
def test_documents_name_what_is_there():
    for name in DOCUMENTS:
        assert not faults_of((ROOT / name).read_text()), (name, faults_of((ROOT / name).read_text()))


@mark("release")
def test_rooms_are_told_of():
    """Each folder of src/ has its row in ARCHITECTURE.md, with the rank that tests/rooms has."""
    rows = re.findall(r"^\| (\d+) \| (.*?) \|", (ROOT / "ARCHITECTURE.md").read_text(), re.M)
    told = {room: int(rank) for rank, rooms in rows for room in re.findall(r"`(\w+)/`", rooms)}
    ranks = dict(re.findall(r'"(\w+)": (\d+)', (ROOT / "tests" / "rooms").read_text()))
    folders = {path.name for path in (ROOT / "src").iterdir() if path.is_dir() and any(path.iterdir())}
    assert set(told) == folders, set(told) ^ folders
    assert told == {room: int(ranks[room]) for room in folders}, told


@mark("release")
def test_what_is_not_there_is_found():
    assert faults_of("| `src/base/buf.c` | `no_such_function()` | |") and faults_of("see `base/no_such.c`")
    assert not faults_of("| `src/base/buf.c` | `buf_text()` | |\nsee `base/buf.c` and `scenario/keys/*.def`")
