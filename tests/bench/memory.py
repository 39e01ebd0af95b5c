"""The peak memory of the runner while it has many tasks; read at a gate before the last one ends."""
import os

os.environ.setdefault("VARIANT", "release")

from flow import pool_of  # noqa: E402  (tests/e2e is put on the path by tests/bench/run)


def rows(counts=(10_000, 3_000_000)):
    for count in counts:
        yield {"bench": "memory", "work": "peak resident memory of the runner", "side": f"{count:,} tasks from a file",
               "peak_kib": pool_of(count)}
