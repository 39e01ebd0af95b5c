"""The peak memory of the runner while it has many tasks; read at a gate before the last one ends."""
import os
import sys

os.environ.setdefault("VARIANT", "release")

from flow import pool_of  # noqa: E402  (tests/e2e is put on the path by tests/bench/run)


def rows(counts=(10_000, 10_000_000)):
    for count in counts:
        print(f"{'memory':15} {f'{count:,} tasks from a file':32} {pool_of(count):10,} KiB")
        sys.stdout.flush()
