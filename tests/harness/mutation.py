"""The table of small faults in tests/mutation/, and how each is tried: see README.md there."""
import dataclasses
import os
import pathlib
import shutil
import subprocess
import time

from .case import Case, failed, passed
from .command import run_command
from .isolation import prefix
from .paths import BUILD, ROOT, TESTS

FOLDER = TESTS / "mutation"
SCRATCH = BUILD / "mutation"
BUILD_LIMIT = 900
TEST_LIMIT = 180


@dataclasses.dataclass
class Mutation:
    """One small change to a source. EQUAL: why no test can see it; else TESTS are those that must."""
    room: str
    title: str
    file: str = ""
    old: str = ""
    new: str = ""
    equal: str = ""
    tests: list = dataclasses.field(default_factory=list)

    @property
    def name(self):
        return f"{self.room}: {self.title}"


def read_block(room, lines):
    mutation = Mutation(room, lines[0])
    for line in lines[1:]:
        word, _, rest = line.partition(" ")
        if word == "by":
            mutation.tests.append(rest)
        elif word in ("-", "+"):
            name = "old" if word == "-" else "new"
            before = getattr(mutation, name)
            setattr(mutation, name, f"{before}\n{rest}" if before else rest)
        elif word in ("file", "equal"):
            setattr(mutation, word, rest)
        else:
            raise ValueError(f"{room}: {lines[0]}: what is '{word}'?")
    return mutation


def read_table():
    for path in sorted(FOLDER.glob("*.txt")):
        for block in path.read_text().split("\n\n"):
            lines = [line for line in block.split("\n") if line and not line.startswith("#")]
            if lines:
                yield read_block(path.stem, lines)


def split_test(text):
    """The group, name and build of a test: `unit base/buf_test` means its build with ASan, all others the release."""
    group, _, name = text.partition(" ")
    if name.endswith(")"):
        name, _, variant = name[:-1].rpartition(" (")
        return group, name, variant
    return group, name, "asan" if group == "unit" else "release"


def is_there(text):
    group, name, _ = split_test(text)
    if group == "unit":
        return (TESTS / f"{name}.c").exists()
    if group == "golden":
        return (TESTS / "golden" / name).is_dir()
    stem, _, function = name.partition(": ")
    path = TESTS / "e2e" / f"{stem}.py"
    return group == "e2e" and path.exists() and f"\ndef {function}(" in path.read_text()


def faults_of(mutation):
    path = ROOT / mutation.file
    count = path.read_text().count(mutation.old) if mutation.old and path.is_file() else 0
    if count != 1:
        yield f"{mutation.name}: what it changes stands {count} times in {mutation.file}"
    if not mutation.tests and not mutation.equal:
        yield f"{mutation.name}: it names no test"
    if mutation.old == mutation.new:
        yield f"{mutation.name}: it changes nothing"
    for test in mutation.tests:
        if not is_there(test):
            yield f"{mutation.name}: there is no test '{test}'"


def check():
    table = list(read_table())
    names = [mutation.name for mutation in table]
    faults = [fault for mutation in table for fault in faults_of(mutation)]
    faults += [f"{name}: two have this name" for name in sorted(set(names)) if names.count(name) > 1]
    return failed("\n".join(faults)) if faults else passed()


def cases():
    yield Case("rooms", "the table of mutations", check, quick=True)


class Copy:
    """A copy of the tree in which one change at a time is made. Its builds are kept from one run to the next."""

    def __init__(self, cc):
        self.root, self.cc, self.proved = SCRATCH / "tree", cc, {}
        wanted = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        for name in filter(None, wanted.decode().split("\0")):
            self.bring(pathlib.Path(name))

    def bring(self, name):
        """Copies a file where it differs, so that no more is compiled than must be."""
        source, copy = ROOT / name, self.root / name
        if not source.is_file() or (copy.is_file() and copy.read_bytes() == source.read_bytes()):
            return
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
        shutil.copymode(source, copy)

    def build(self, test):
        """What is said of it where what a test needs cannot be built; None where it is there."""
        group, name, variant = split_test(test)
        goal = f"build/{variant}/tests/{name}" if group == "unit" else f"build/{variant}/parrun"
        ended = run_command(["nice", "-n", "10", "make", "-s", f"-j{os.cpu_count()}", f"CC={self.cc}", goal], BUILD_LIMIT, cwd=self.root,
                            env={**os.environ, "CI": ""})
        return None if ended.status == 0 else ended.detail()

    def passes(self, test):
        """Whether a test passes; nothing of it outlives it, and one that goes on too long does not."""
        group, name, variant = split_test(test)
        if group == "unit":
            argv = [self.root / "build" / variant / "tests" / name]
            shell = ["sh", "-c", 'nice -n 10 "$0"; exit $?']  # the first process there, to which orphans go: not the test
            return run_command([*prefix(), *shell, *argv], TEST_LIMIT, cwd=self.root).status == 0
        groups = ["e2e", "release"] if group == "e2e" and variant == "release" else [group]
        argv = ["nice", "-n", "10", "tests/run", *groups, "--jobs", "1", "--only", f"{name} ({variant})"]
        return run_command([*prefix(), *argv], TEST_LIMIT, cwd=self.root, env=dict(os.environ)).status == 0

    def proves(self, test):
        """Whether a test passes without any change: one that does not says nothing of a change."""
        if test not in self.proved:
            self.proved[test] = self.build(test) is None and self.passes(test)
        return self.proved[test]

    def try_tests(self, tests):
        """What the first of TESTS that does not pass says of the change that is made now."""
        for test in tests:
            if self.build(test):
                return "not built", test
            if not self.passes(test):
                return "killed", test
        return "survived", None

    def attempt(self, mutation):
        """What came of a change: `killed by TEST`, `survived`, `not built`, or `unproved`, where the test that fails does so without it."""
        path = self.root / mutation.file
        right = path.read_text()
        try:
            path.write_text(right.replace(mutation.old, mutation.new))
            word, test = self.try_tests(mutation.tests)
        finally:
            path.write_text(right)
        if word == "killed" and not self.proves(test):
            word = "unproved"
        return f"{word} by {test}" if test else word


def try_all(table, cc):
    """Tries each of TABLE and says what came of it. The number of those that no test has seen."""
    copy, counts, left = Copy(cc), {}, []
    for mutation in table:
        begin = time.monotonic()
        result = copy.attempt(mutation)
        word = result.split(" by ")[0]
        counts[word] = counts.get(word, 0) + 1
        if word != "killed":
            left.append((mutation, word))
        print(f"{result}: {mutation.name} ({time.monotonic() - begin:.0f} s)", flush=True)
    for mutation, word in left:
        print(f"{word}: {mutation.name}\n    {mutation.file}: {mutation.old.strip()}\n    became: {mutation.new.strip()}")
    print(", ".join(f"{count} {word}" for word, count in sorted(counts.items())))
    return len(left)
