"""Golden tests: tests/golden/NAME/ holds a scenario and what it prints. See README.md there."""
import difflib
import os
import pathlib
import re
import shutil
import sys
import tempfile

from .case import Case, Outcome, failed, passed
from .command import LEAKS, ROOTS, environment, run_command
from .mask import in_order, mask, own_masks
from .paths import TESTS, program
from .replayed import Replayed

FOLDER = TESTS / "golden"
TIME_LIMIT = 300
REPLAYED = "release"  # what a replay says is the same in each build
THREADED = re.compile(rb"^(threads|queues):|kind: thread", re.M)


def read(path, default=b""):
    return path.read_bytes() if path.exists() else default


def own_program(variant):
    """The environment in which `parrun` in a body is the program that is tested."""
    env = environment(ASAN_OPTIONS=LEAKS, LSAN_OPTIONS=ROOTS)
    return {**env, "PATH": f"{program(variant).parent}:{env['PATH']}"}


class Golden:
    def __init__(self, folder):
        self.folder = folder
        self.order = read(folder / "order").decode().strip()
        self.status = int(read(folder / "status", b"0"))
        lines = read(folder / "args", b"scenario.yaml\n").decode()
        self.arguments = lines.split("\n")[:-1]
        self.masks = own_masks(folder / "masks")

    def variants(self):
        """release and asan always; tsan where threads meet: in the runner or through a queue."""
        scenario = read(self.folder / "scenario.yaml")
        return ["release", "asan"] + (["tsan"] if THREADED.search(scenario) else [])

    def run(self, variant):
        with tempfile.TemporaryDirectory(prefix="golden.") as directory:
            work = pathlib.Path(directory) / "work"
            records = pathlib.Path(directory) / "records"
            shutil.copytree(self.folder, work, symlinks=False)
            ended = run_command([program(variant), *self.arguments], TIME_LIMIT, cwd=work,
                                env={**own_program(variant), "PARRUN_RECORD": str(records)}, stdin=read(self.folder / "stdin"))
            if ended.status is None:
                return failed(ended.detail())
            if os.environ.get("UPDATE") == "1" and variant == "release":
                self.update(ended, work)
            faults = self.judge(ended, work)
            if variant == REPLAYED:
                faults += Replayed(self.arguments, work, records, program(variant)).faults(ended)
            return failed("".join(faults)) if faults else passed()

    def judge(self, ended, work):
        faults = []
        if ended.status != self.status:
            faults.append(f"exit status {ended.status}, expected {self.status}\n")
        faults += self.compare("expected", ended.out, work)
        faults += self.compare("stderr", ended.err, work)
        faults += self.check(ended, work)
        return faults

    def plain(self, text, work):
        return in_order(mask(text, work, self.masks), self.order)

    def compare(self, name, got, work):
        """Lines of a diff between the file NAME and the output GOT."""
        want = in_order(read(self.folder / name), self.order)
        got = self.plain(got, work)
        if want == got:
            return []
        lines = [text.decode(errors="backslashreplace").splitlines(keepends=True)
                 for text in (want, got)]
        diff = list(difflib.unified_diff(*lines, f"{name} (expected)", f"{name} (printed)"))
        return [line if line.endswith("\n") else line + "\\ no newline at the end\n"
                for line in diff] or [f"{name}: bytes differ that are no UTF-8\n"]

    def check(self, ended, work):
        """Runs check.py on the raw output; it fails by exit status and says why."""
        if not (self.folder / "check.py").exists():
            return []
        (work / "stdout.raw").write_bytes(ended.out)
        checked = run_command([sys.executable, "-B", self.folder / "check.py", "stdout.raw"], TIME_LIMIT,
                              cwd=work)
        return [] if checked.status == 0 else ["check.py: " + checked.detail()]

    def update(self, ended, work):
        (self.folder / "expected").write_bytes(self.plain(ended.out, work))
        for name, needed, data in (
                ("stderr", ended.err, self.plain(ended.err, work)),
                ("status", ended.status, f"{ended.status}\n".encode())):
            if needed:
                (self.folder / name).write_bytes(data)
            else:
                (self.folder / name).unlink(missing_ok=True)
        self.status = ended.status


def cases():
    for folder in sorted(path for path in FOLDER.iterdir() if path.is_dir()):
        golden = Golden(folder)
        for variant in golden.variants():
            yield Case("golden", f"{folder.name} ({variant})",
                       lambda golden=golden, variant=variant: golden.run(variant),
                       quick=variant == "release")
