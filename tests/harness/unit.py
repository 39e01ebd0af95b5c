"""The cmocka programs: one a tests/ROOM/NAME_test.c, each test of it counted."""
import re

from .case import Case, Outcome
from .command import run_command
from .paths import BUILD, TESTS

TIME_LIMIT = 900
# A name may hold blanks, or nothing; what follows "---" is a message, and the list at the end has a head.
RESULT = re.compile(rb"^\[ +(OK|FAILED|SKIPPED|ERROR) +\] (?!--- |\d+ test\(s\))(.*)$", re.M)
PLAN = re.compile(rb"^\[=+\] .*Running (\d+) test", re.M)


def count(ended):
    """Counts from what a cmocka program prints; a crash or a leak is a failure of its own."""
    text = ended.out + b"\n" + ended.err
    good = [name for what, name in RESULT.findall(text) if what == b"OK"]
    # a failed one is named twice: where it fails, and in the list at the end
    bad = {name for what, name in RESULT.findall(text) if what in (b"FAILED", b"ERROR")}
    planned = sum(int(number) for number in PLAN.findall(text))
    lost = planned - len(good) - len(bad)
    failures = len(bad) + max(lost, 0)
    if failures == 0 and (ended.status != 0 or planned == 0):
        failures = 1
    return Outcome(len(good), failures, ended.detail() if failures else "")


def run(program):
    return count(run_command([program], TIME_LIMIT))


def cases():
    for variant in ("asan", "tsan"):
        built = BUILD / variant / "tests"
        for source in sorted(TESTS.glob("*/*_test.c")):
            program = built / source.relative_to(TESTS).with_suffix("")
            if program.exists():
                yield Case("unit", f"{program.relative_to(built)} ({variant})",
                           lambda program=program: run(program), quick=variant == "asan")
            elif variant == "asan":
                yield Case("unit", f"{program.relative_to(built)} ({variant})",
                           lambda program=program: Outcome(0, 1, f"{program} was not built"))
