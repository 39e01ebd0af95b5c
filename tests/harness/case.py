"""A test as the driver sees it, and what came of it."""
import dataclasses
from typing import Callable


@dataclasses.dataclass
class Outcome:
    """Counts of checks that passed and failed; DETAIL is shown when one failed."""
    passed: int
    failed: int
    detail: str = ""


def passed():
    return Outcome(1, 0)


def failed(detail):
    return Outcome(0, 1, detail)


@dataclasses.dataclass
class Case:
    """One thing to run. ALONE: nothing else may run beside it (it measures memory or fills the disk).
    QUICK: of the first stage, whose result a person waits for. WAITS: it takes long and works little, so it begins first."""
    group: str
    name: str
    run: Callable[[], Outcome]
    alone: bool = False
    quick: bool = False
    waits: bool = False
