"""How soon a run answers, and what it costs it to be followed."""
import os
import pathlib
import resource
import statistics
import subprocess
import time

PARRUN = os.environ["PARRUN"]
WORDS = 200

IDLE = "processes: {wait: {exec: [sleep, '1000']}}\n"
BUSY = """
processes:
  chatter: {run: "while :; do seq 1000; done"}
pools:
  p: {workers: 2, tasks: 100000000, run: ":"}
"""
LINES = "processes: {lines: {exec: [seq, '2000000']}}\n"


def begin(name, text):
    pathlib.Path(name).write_text(text)
    process = subprocess.Popen([PARRUN, "--log", "control.log", name], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while subprocess.run([PARRUN, "status", "-r", name], capture_output=True, check=False).returncode != 0:
        assert process.poll() is None, process.returncode
    return process


def answers(name, text):
    """Milliseconds of each of the words, its own start and end in them."""
    process = begin(name, text)
    taken = []
    for _ in range(WORDS):
        began = time.monotonic()
        subprocess.run([PARRUN, "status", "-r", name], capture_output=True, check=True)
        taken.append((time.monotonic() - began) * 1000)
    subprocess.run([PARRUN, "stop", "--now", "-r", name], capture_output=True, check=False)
    process.wait()
    return sorted(taken)


def cost(followed):
    """Processor time of a run that writes many lines, with somebody who follows them or without."""
    pathlib.Path("lines.yaml").write_text(LINES)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen([PARRUN, "--log", "control.log", "lines.yaml"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL)
    follower = followed and subprocess.Popen([PARRUN, "logs", "-f", "-r", "lines.yaml"], stdout=subprocess.DEVNULL,
                                             stderr=subprocess.DEVNULL)
    assert process.wait() == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if follower:
        follower.wait()
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def rows():
    for name, text in (("idle.yaml", IDLE), ("busy.yaml", BUSY)):
        taken = answers(name, text)
        for share in (0.5, 0.99):
            yield {"bench": "control", "work": f"{WORDS} times parrun status of a run", "side": f"{name[:4]}, p{share * 100:.0f}",
                   "wall_ms": taken[int(share * (WORDS - 1))]}
    ratios = []
    for _ in range(5):
        alone, followed = cost(False), cost(True)
        ratios.append(followed / alone)
    yield {"bench": "control", "work": "2,000,000 lines", "side": "followed by logs -f, by not followed",
           "cpu_ratio": statistics.median(ratios)}
