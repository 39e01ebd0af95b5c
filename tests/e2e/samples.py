"""What a run uses, as its record, summary, report and trace tell."""
import json
import subprocess
import time

from harness.parrun import PATIENCE, PROGRAM, Directory, Run, check_status, complete, mark

BUSY = """
    queues: {q: {items: [1, 2, 3]}}
    processes:
      spins: {run: "python3 -c 'import os; big = b\\"x\\" * (40 << 20)\\nwhile not os.path.exists(\\"go\\"): pass' & wait"}
      idles: {run: "until test -e go; do sleep 0.05; done"}
    pools:
      p: {workers: 3, tasks: 1, run: "until test -e go; do sleep 0.05; done"}
      last: {depends_on: {spins: completed}, workers: 1, tasks: {queue: q}, run: "true"}
"""


def made(word, record, directory):
    return subprocess.run([PROGRAM, word, record], cwd=directory.path, capture_output=True, timeout=120, check=True).stdout


def samples(path):
    """The samples of a record that is still being written."""
    whole = path.read_bytes().rpartition(b"\n")[0] if path.exists() else b""
    events = [json.loads(line) for line in whole.splitlines()]
    for before, event in zip(events, events[1:]):
        assert not event["event"].endswith(".sample") or event["seq"] == before["seq"], (before, event)
    return [event for event in events if event["event"].endswith(".sample")]


def is_told(found):
    """Whether all that BUSY uses was seen."""
    spins = [event for event in found if event.get("process") == "spins"]
    return (any(event["memory"] > 40 << 20 and event["cpu_seconds"] > 0 for event in spins) and
            any(event.get("pool") == "p" and event.get("count") == 1 and event.get("total") == 1 for event in found) and
            any(event.get("queue") == "q" and event.get("count") == 3 for event in found))


def test_what_a_run_uses_is_told_as_it_goes():
    directory = Directory()
    run = Run(BUSY, "--record", "r.jsonl", "--report", "live.html", "--trace", "live.json", directory=directory)
    deadline = time.monotonic() + PATIENCE
    while not is_told(samples(directory.path / "r.jsonl")):
        assert time.monotonic() < deadline, samples(directory.path / "r.jsonl")
        time.sleep(0.05)
    directory.file("go", "")
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    assert b"sample" not in out, out
    found = samples(directory.path / "r.jsonl")
    for name in ("spins", "idles"):
        times = [event["at"] for event in found if event.get("process") == name]
        assert all(left + 0.499 < right for left, right in zip(times, times[1:])), times
    told = made("summary", "r.jsonl", directory).decode()
    line = next(line for line in told.splitlines() if line.startswith("  spins:"))
    assert "of processor time, held up to" in line, told
    page = made("report", "r.jsonl", directory)
    assert page == (directory.path / "live.html").read_bytes()
    assert b'"name":"CPU spins","unit":"percent"' in page and b'"name":"memory spins","unit":"bytes"' in page
    trace = made("trace", "r.jsonl", directory)
    assert trace == (directory.path / "live.json").read_bytes()
    counters = {event["name"]: event for event in json.loads(trace) if event["ph"] == "C"}
    assert {"CPU", "memory", "workers", "waiting"} <= set(counters), counters


@mark("release")
def test_the_processor_time_of_tasks_is_told():
    directory = Directory()
    complete("pools: {p: {workers: 1, tasks: 2, retry: {attempts: 2, delay: 1ms}, run: 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done;"
             " echo >>n; test $(grep -c ^ n) != 1'}}", "--record", "r.jsonl", directory=directory)
    events = [json.loads(line) for line in (directory.path / "r.jsonl").read_text().splitlines()]
    ended = [event for event in events if event["event"] in ("task.ended", "task.retrying")]
    assert len(ended) == 3 and all(event["cpu_seconds"] > 0 and event["memory"] > 0 for event in ended), ended
    assert "of processor time, a task held up to" in made("summary", "r.jsonl", directory).decode()


@mark("release")
def test_samples_can_be_left_out():
    directory = Directory()
    status, out, err = complete("log: {samples: false}\nprocesses: {p: {run: 'sleep 1.2'}}", "--record", "r.jsonl",
                                directory=directory)
    check_status(status, 0, out + err)
    assert not samples(directory.path / "r.jsonl")
