"""Each run of a golden test is recorded, and its record told again: byte for byte what the run told."""
import gzip
import json

from .command import environment, run_command

TIME_LIMIT = 300

# Options that a replay takes as well; those with a file get another one, which is compared.
SHAPES = ("--color",)
FILES = ("--log", "--joblog")


def opened(path):
    """The first event of a record."""
    with gzip.open(path) as lines:
        return json.loads(lines.readline())


def outer(records):
    """The record of the run itself: what runs within it begins later."""
    found = [(opened(path)["time"], path) for path in records.glob("*.jsonl.gz")] if records.exists() else []
    return min(found)[1] if found else None


def given(arguments, names):
    """The options of NAMES with their values."""
    for place, word in enumerate(arguments):
        name, equals, value = word.partition("=")
        if name in names:
            yield name, value if equals else arguments[place + 1]


def whole(path):
    """What was written to PATH, with what has rotated away from it before."""
    text = path.read_bytes()
    for number in range(1, 100):
        plain, packed = (path.with_name(f"{path.name}.{number}{end}") for end in ("", ".gz"))
        if plain.exists():
            text = plain.read_bytes() + text
        elif packed.exists():
            text = gzip.decompress(packed.read_bytes()) + text
    return text


class Replayed:
    def __init__(self, arguments, work, records, program):
        self.arguments, self.work, self.program = arguments, work, program
        self.record = outer(records)

    def pairs(self):
        """Files that the run wrote and what the replay is to write in their place."""
        files = dict(given(self.arguments, FILES))
        if "--log" not in files and self.log_file():
            files["--log"] = self.log_file()
        return {name: (self.work / file, self.work / f"replayed{name}") for name, file in files.items()}

    def log_file(self):
        return opened(self.record)["log"].get("file")

    def writes_past_events(self):
        """What a body writes to a stream that it has inherited is in no event."""
        scenario = self.work / "scenario.yaml"
        return scenario.exists() and "inherit" in scenario.read_text()

    def faults(self, ended):
        if not self.record or self.writes_past_events():
            return []
        pairs = self.pairs()
        options = [word for pair in given(self.arguments, SHAPES) for word in pair]
        for name, (_, replayed) in pairs.items():
            options += [name, replayed]
        told = run_command([self.program, "replay", self.record, *options], TIME_LIMIT, cwd=self.work, env=environment())
        header = opened(self.record)["log"]
        faults = []
        if told.status != 0 or (told.err and "stderr_apart" not in header and "each" not in header):
            faults.append(f"replay: {told.detail()}\n")
        if told.out != ended.out:
            faults.append(f"replay: it printed\n{told.out!r}\nand the run\n{ended.out!r}\n")
        for name, (written, replayed) in pairs.items():
            if written.exists() and whole(written) != replayed.read_bytes():
                faults.append(f"replay {name}: {replayed.read_bytes()!r}, the run {whole(written)!r}\n")
        return faults
