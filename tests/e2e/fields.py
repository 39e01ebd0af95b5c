"""The fields of events are those that the reference names, in its order, in every golden scenario."""
import json
import re
import shutil
import subprocess

from harness import manual
from harness.parrun import PROGRAM, Directory, amount, mark
from harness.paths import TESTS
from harness.paths import TESTS

COMMON = ["time", "at", "seq", "event", "run", "wrong", "allowed", "flags"]
EVENT = re.compile(r"^\.It Cm (\S+)$(.*?)(?=^\.It |^\.El)", re.M | re.S)
FIELD = re.compile(r"^\.Va (\S+)", re.M)
ORDER = re.compile(r"^\.It Va (\S+)", re.M)
BYTES = {"line", "message", "output", "reason", "item", "command"}


def declared():
    """The fields of each event, by its name."""
    text = manual.reference(PROGRAM, "events")
    return {found[1]: FIELD.findall(found[2]) for found in EVENT.finditer(text)}


def allowed(names):
    """Every field that may stand on a line, in order."""
    fields = list(COMMON)
    for name in names:
        fields += [name, f"{name}_base64"] if name in BYTES else [name]
    return fields


def events_of(folder):
    """The events of a golden scenario, whatever comes of it."""
    directory = Directory()
    work = directory.path / "work"
    shutil.copytree(folder, work)
    stdin = (work / "stdin").read_bytes() if (work / "stdin").exists() else b""
    ended = subprocess.run([PROGRAM, "-v", "--format", "json", "scenario.yaml"], cwd=work,
                           input=stdin, capture_output=True, timeout=60, check=False)
    return [json.loads(line) for line in ended.stdout.splitlines() if line.startswith(b'{"time"')]


@mark("release")
def test_events_have_the_fields_that_the_reference_names():
    fields = {name: allowed(names) for name, names in declared().items()}
    order = ORDER.findall(manual.reference(PROGRAM, "event-fields"))
    for name, names in declared().items():
        known = [field for field in names if field in order]
        assert known == sorted(known, key=order.index), (name, names)
    seen = set()
    folders = [path.parent for kind in ("pool", "process", "queue", "thread")
               for path in sorted((TESTS / "golden").glob(f"{kind}*/scenario.yaml"))[::amount(5, 1)]]
    for folder in folders:
        for event in events_of(folder):
            has, may = list(event), fields[event["event"]]
            assert has == [field for field in may if field in event], (folder.name, has, may)
            seen.add(event["event"])
    assert len(seen) > 25, sorted(seen)
