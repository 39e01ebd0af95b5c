"""The wall clock jumps: what takes time takes as long as it did."""
import json
import os
import pathlib
import subprocess
import time

from harness.parrun import PATIENCE, PROGRAM, Directory, check_nothing_left, check_status, mark

SHIM = pathlib.Path(__file__).with_name("wall_jumps.c")
SCENARIO = """
    processes:
      late: {run: exec sleep 1000, timeout: 300ms}
      again: {run: exit 1, restart: {on: failure, max: 2, delay: 100ms, factor: 1}}
      slow: {run: "echo begins; exec sleep 0.3"}
      probed: {run: "sleep 0.2; touch up; exec sleep 1000", daemon: true, ready: {file: up, interval: 20ms}}
      needs: {run: "true", depends_on: probed}
    pools:
      tasks: {workers: 2, tasks: 4, timeout: 200ms, retry: {attempts: 2, delay: 100ms, factor: 1}, run: exec sleep 1000}
      rate: {workers: 2, tasks: 5, rate: 20/s, results: {file: rate.jsonl}, run: "true"}
      lua: {workers: 1, tasks: 2, lua: parrun.sleep(0.1)}
    threads:
      t: {consumes: delayed, lua: parrun.queue("delayed"):get()}
      p: {produces: delayed, lua: "parrun.queue('delayed'):put(1, {delay = 0.3})"}
    queues: {delayed: {}}
"""


def events(directory):
    lines = (directory.path / "log.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@mark("release")
def test_the_wall_clock_jumps():
    """A day forth and back at each look: no time is negative or a day long, nothing comes at once or never."""
    directory = Directory()
    directory.file("scenario.yaml", SCENARIO)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", directory.path / "shim.so", SHIM], check=True)
    began = time.monotonic()
    ended = subprocess.run([PROGRAM, "-v", "--format", "json", "--log", "log.jsonl", "--journal", "j.db",
                            "--joblog", "jobs.txt", "scenario.yaml"], cwd=directory.path,
                           env=os.environ | {"LD_PRELOAD": str(directory.path / "shim.so")},
                           stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE * 2, check=False)
    took = time.monotonic() - began
    check_nothing_left()
    check_status(ended.returncode, 1, ended.stdout + ended.stderr)
    told = events(directory)
    days = {event["time"][:10] for event in told}
    assert len(days) > 1, "the clock did not jump"
    assert 0.8 <= took, took  # four tasks, each twice, two at a time, 200 ms and a pause
    for event in told:
        assert 0 <= event.get("seconds", 0) <= took, event
    kinds = [event["event"] for event in told]
    assert kinds.count("task.retrying") == kinds.count("task.timeout") == 4, kinds
    assert kinds.count("process.timeout") == 1, kinds
    assert kinds.count("process.restarting") == 2, kinds
    for line in (directory.path / "rate.jsonl").read_text().splitlines():
        assert 0 <= json.loads(line)["seconds"] <= took, line
    for line in (directory.path / "jobs.txt").read_text().splitlines()[1:]:
        assert 0 <= float(line.split("\t")[3]) <= took, line
