"""How long a message is on its way: from its put until its get has it, one at a time."""
import os
import pathlib
import statistics
import subprocess
import sys

PARRUN = os.environ["PARRUN"]
HERE = os.environ["HERE"]
MESSAGES = 500
ROUNDS = 5
WORK = f"{MESSAGES:,} messages 1 ms apart, from put to get"

# Each is told when it was put, by a clock that all processes of a machine have.
SCENARIO = """
KIND:
  from: {produces: q, lua: "local q = parrun.queue('q') for _ = 1, COUNT do parrun.sleep(0.001) q:put(parrun.now()) end"}
  to:
    consumes: q
    lua: |
      local file = assert(io.open("latency.txt", "w"))
      for put in parrun.queue("q"):each() do file:write((parrun.now() - put) * 1e6, "\\n") end
      file:close()
queues: {q: {}}
"""


def parrun(kind):
    def run():
        pathlib.Path("latency.yaml").write_text(SCENARIO.replace("KIND", kind).replace("COUNT", str(MESSAGES)))
        subprocess.run([PARRUN, "--log", "latency.log", "latency.yaml"], check=True, stdout=subprocess.DEVNULL)
        return pathlib.Path("latency.txt").read_text()
    return run


def python(name):
    def run():
        return subprocess.run([sys.executable, f"{HERE}/peers.py", name, str(MESSAGES)], check=True, capture_output=True,
                              text=True).stdout
    return run


SIDES = {
    "parrun, processes": parrun("processes"),
    "parrun, threads": parrun("threads"),
    "multiprocessing.Queue": python("queue-latency"),
    "a pipe, in Python (the limit)": python("pipe-latency"),
}


def percentiles(text):
    taken = sorted(float(line) for line in text.split())
    assert len(taken) == MESSAGES, len(taken)
    return taken[len(taken) // 2], taken[int(len(taken) * 0.99)]


def rows():
    """Microseconds; a ratio is that of a round's own, as the machine was then."""
    found = {side: [] for side in SIDES}
    for turn in range(ROUNDS):
        for side in list(SIDES)[::1 if turn % 2 else -1]:
            found[side].append(percentiles(SIDES[side]()))
    ours = found["parrun, processes"]
    for at, name in enumerate(("p50", "p99")):
        for side, taken in found.items():
            row = {"bench": "latency", "work": WORK, "side": f"{side}, {name}", "us": statistics.median(one[at] for one in taken)}
            if taken is not ours:
                ratios = sorted(theirs[at] / mine[at] for theirs, mine in zip(taken, ours))
                row["wall_ratio"] = statistics.median(ratios)
                row["noise"] = ratios[-2] - ratios[1] > 0.2 * row["wall_ratio"]
            yield row
