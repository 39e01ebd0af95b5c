"""Processes that run by the clock."""
import json
import os
import random
import re
import subprocess

from e2e.steer import end, gate, start, state, stop, word
from harness.parrun import PROGRAM, Directory, Run, check_nothing_left, complete, mark


def events(run):
    return [json.loads(line) for line in run.splitlines()]


def test_times():
    """So many runs, on a grid; what depends on it waits for the first one, and is skipped where that fails."""
    status, out, err = complete("""
        processes:
          job: {run: "echo run", schedule: {every: 100ms, times: 3}}
          after: {run: "echo after", depends_on: {job: succeeded}}
          bad: {run: "exit 3", allow_failure: false, schedule: {every: 100ms, times: 2}}
          never: {run: "echo never", depends_on: {bad: succeeded}}
    """, "--format", "json", "-v")
    assert status == 1, (status, err)
    told = events(out)
    of = lambda name, kind: [e for e in told if e.get("process") == name and e["event"] == kind]
    assert len(of("job", "process.started")) == 3 and len(of("job", "process.scheduled")) == 2, told
    assert of("job", "process.exited")[0]["seq"] < of("after", "process.started")[0]["seq"], told
    assert len(of("bad", "process.exited")) == 2 and "bad failed" in of("never", "process.skipped")[0]["reason"], told
    assert len(of("job", "process.ended")) == 1 and told[-1]["event"] == "run.ended", told
    check_nothing_left()


HOLDS = "echo up; while [ ! -e gate ]; do sleep 0.05; done"


def test_overlap():
    """A time that comes while it runs is left out, or waits its turn, and no more wait than may."""
    run = start(f"""
        processes:
          job: {{run: "{HOLDS}", schedule: {{every: 100ms, times: 2}}}}
    """)
    run.wait_for(rb"job leaves out 1 time of its schedule: the run before goes on")
    run.wait_for(rb"job leaves out 1 time of its schedule: the run before goes on")
    row = run.client.objects("job")["job"]
    assert row["next"] == row["latest"], row
    gate(run, "gate")
    end(run)
    assert run.seen.decode().count("job | up") == 2, run.seen
    run = start(f"""
        processes:
          job: {{run: "{HOLDS}", schedule: {{every: 100ms, times: 3, overlap: queue}}}}
    """)
    run.wait_for(rb"job leaves out .*: 1 run waits already, as many as 'queue' allows")
    gate(run, "gate")
    end(run)
    assert run.seen.decode().count("job | up") == 3, run.seen


def test_overlap_stops():
    """Such a stop is no failure and counts as no restart."""
    run = start("""
        processes:
          job: {run: "echo up; exec sleep 1000", schedule: {every: 100ms, times: 3, overlap: stop}}
    """)
    run.wait_for(rb"is stopped by its schedule")
    run.wait_for(rb"is stopped by its schedule")
    run.wait_for(rb"job . up")
    assert run.client.objects("job")["job"]["restarts"] == 0
    stop(run)
    assert run.seen.count(b"failed") == 0, run.seen


def test_times_that_come_while_it_is_being_stopped():
    """They are left out, and are none of `times`."""
    run = start("""
        processes:
          job:
            run: "echo up; until [ -e gate ]; do sleep 0.05; done"
            stop: {signal: WINCH, grace: 1h}  # which it does not mind
            schedule: {every: 100ms, times: 3, overlap: stop}
    """)
    run.wait_for(rb"is stopped by its schedule")
    run.wait_for(rb"job leaves out 1 time of its schedule: the run before is being stopped")
    run.wait_for(rb"job leaves out 1 time of its schedule: the run before is being stopped")
    gate(run, "gate")
    end(run)
    assert run.seen.decode().count("job | up") == 3, run.seen


def test_words():
    """A word starts it at any time, between its times it rests, and it keeps the run going until that is told to end."""
    run = start("""
        processes:
          job: {run: "echo up", schedule: {cron: "0 0 29 2 *", timezone: Pacific/Auckland}}
          other: {run: "true", depends_on: [job]}
    """)
    run.wait_for(rb"Process job runs next at 20\d\d-02-29 00:00:00\+13:00\.")
    row = run.client.objects("job")["job"]
    assert row["state"] == "scheduled" and row["next"].endswith("-02-28T11:00:00.000000Z"), row
    assert row["doing"].startswith("runs next at "), row
    assert run.client.objects("other")["other"]["state"] == "waiting"
    assert word(run, "start", ["job"])[0] == 0
    run.wait_for(rb"job . up")
    run.wait_for(rb"Process other end")
    assert word(run, "restart", ["job"])[0] == 0
    run.wait_for(rb"job . up")
    assert state(run, "job") in ("running", "scheduled")
    assert word(run, "stop", ["other", "job"])[0] in (0, 7)
    end(run)
    assert b"Stopped by hand and not started again: job." in run.seen, run.seen


def test_stopped_run():
    """What waits for its time holds nothing up when the run is told to end."""
    run = start("""
        processes:
          job: {run: "echo up", schedule: {cron: "@yearly"}}
          often: {run: "echo often", schedule: {every: 100ms}}
    """)
    run.wait_for(rb"often . often")
    run.wait_for(rb"often . often")
    assert b"job | up" not in run.seen
    stop(run)


def test_status():
    """A run that fails makes it fail, unless the last one alone is to say so."""
    for says, wanted, failures in (("any", 1, "1"), ("last", 0, "0")):
        run = Run(f"""
            processes:
              job: {{run: "test -e ran || {{ touch ran; exit 1; }}", schedule: {{every: 100ms, times: 2, status: {says}}}}}
        """, "--junit", "junit.xml")
        status, out, err = run.finish()
        assert status == wanted, (status, out, err)
        assert f'failures="{failures}"' in (run.directory.path / "junit.xml").read_text()


def test_pool():
    """Its tasks come again each time, numbered on; what depends on it waits for the first time; its results hold all of them."""
    run = Run("""
        pools:
          p:
            workers: 2
            tasks: {lines: in}
            results: {file: out.jsonl}
            run: "cat ${{ item }}"
            schedule: {every: 100ms, times: 3}
            depends_on: {make: succeeded}
        processes:
          make: {run: "echo one >a; echo two >b; printf 'a\\nb\\n' >in"}
          after: {run: "echo three >c; printf 'c\\na\\n' >in.new; mv in.new in", depends_on: {p: succeeded}}
    """)
    end(run)
    records = [json.loads(line) for line in (run.directory.path / "out.jsonl").read_text().splitlines()]
    assert sorted(record["index"] for record in records) == list(range(6)), records
    outputs = [record["output"] for record in sorted(records, key=lambda record: record["index"])]
    assert outputs[:2] == ["one\n", "two\n"] and run.seen.count(b"All subprocesses done.") == 1, (outputs, run.seen)
    assert run.seen.index(b"Process after will start") > run.seen.index(b"Task 0 (a) runs"), run.seen
    status, out, err = complete("""
        pools: {p: {tasks: [a], run: "test -e ran || { touch ran; exit 1; }", schedule: {every: 100ms, times: 2, status: last}}}
    """)
    assert status == 0, (out, err)
    run = start("""
        pools: {p: {tasks: [a], run: "echo done", results: {file: out.jsonl}, schedule: {every: 1h}}}
    """)
    run.wait_for(rb"Pool p runs next in ")
    assert state(run, "p") == "scheduled"
    assert word(run, "start", ["p"])[0] == 0
    run.wait_for(rb"Task 1 \(a\) runs")
    stop(run)
    assert len((run.directory.path / "out.jsonl").read_text().splitlines()) == 2


def test_next():
    """Without a zone of its own a schedule is in that of the machine; a grid begins at the time that is asked for."""
    held = Directory()
    file = held.file("s.yaml", """
        processes:
          job: {run: "true", schedule: {cron: "0 9 * * *"}}
          grid: {run: "true", schedule: {every: 1500ms, first: wait}}
    """)
    for at, wanted in (
        ("2026-03-29 02:30", ["job  2026-03-29 09:00:00+09:00", "grid  2026-03-29 02:30:01.500+09:00"]),
        ("2026-03-29T00:00:00+00:00", ["job  2026-03-30 09:00:00+09:00", "grid  2026-03-29 09:00:01.500+09:00"]),
        ("2026-03-28T23:59:59Z", ["job  2026-03-29 09:00:00+09:00", "grid  2026-03-29 09:00:00.500+09:00"]),
    ):
        shown = subprocess.run([PROGRAM, "show", "--next", "1", "--at", at, file], env={**os.environ, "TZ": "Asia/Tokyo"},
                               stdout=subprocess.PIPE, check=True, text=True).stdout
        assert shown.splitlines() == wanted, (at, shown)
    for arguments, said in (
        (["--next", "1", "--at", "tomorrow"], "--at is a time such as '2026-03-29 02:30'"),
        (["--next", "1", "--at", "2026-02-30 02:30"], "--at is a time such as"),
        (["--next", "1", "--at", "2026-02-28 02:30+1x"], "--at is a time such as"),
        (["--next", "0"], "--next is a number of times"),
        (["--at", "2026-03-29 02:30"], "--at goes with --next"),
    ):
        ended = subprocess.run([PROGRAM, "show", *arguments, file], stderr=subprocess.PIPE, check=False, text=True)
        assert ended.returncode == 2 and said in ended.stderr, ended
    ended = subprocess.run([PROGRAM, "check", file], env={**os.environ, "TZ": "Asia/Tokio"}, stderr=subprocess.PIPE, check=False, text=True)
    assert ended.returncode == 2 and "write 'timezone'" in ended.stderr, ended


@mark("release")
def test_daemon():
    """One that is a daemon runs by the clock for as long as the others do."""
    status, out, err = complete("""
        processes:
          watch: {run: "echo watch >>seen", daemon: true, schedule: {every: 100ms}}
          work: {run: "until [ $(wc -l <seen) -ge 3 ]; do sleep 0.05; done 2>/dev/null"}
    """)
    assert status == 0, (out, err)


LEAST = {"minute": 0, "hour": 0, "day": 1, "month": 1, "weekday": 0}
MOST = {"minute": 59, "hour": 23, "day": 31, "month": 12, "weekday": 6}


def random_field(chance, name):
    """A field of an expression, and the numbers that it means."""
    least, most = LEAST[name], MOST[name]
    if chance.random() < 0.4:
        step = chance.randint(2, most) if chance.random() < 0.3 else 1
        return "*" if step == 1 else f"*/{step}", range(least, most + 1, step)
    parts, meant = [], set()
    for _ in range(chance.randint(1, 3)):
        first = chance.randint(least, most)
        last = chance.choice((first, chance.randint(first, most)))
        step = chance.randint(1, 5) if last > first else 1
        parts.append((f"{first}-{last}" if last > first else f"{first}") + (f"/{step}" if step > 1 else ""))
        meant |= set(range(first, last + 1, step))
    return ",".join(parts), sorted(meant)


def random_schedule(chance):
    """An expression of cron, and the calendars of systemd of which each has some of its times."""
    while True:
        written, meant = zip(*(random_field(chance, name) for name in LEAST))
        minutes, hours, days, months, weekdays = (",".join(map(str, one)) for one in meant)
        names = ",".join(("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")[day] for day in meant[4])
        either = written[2][0] != "*" and written[4][0] != "*"
        if either or min(meant[2]) <= max(29 if month == 2 else 30 + (month in (1, 3, 5, 7, 8, 10, 12)) for month in meant[3]):
            break
    tail = f"{hours}:{minutes}:00 UTC"
    dates = [f"{names} *-{months}-*", f"*-{months}-{days}"] if either else [f"{names} *-{months}-{days}"]
    return " ".join(written), [f"{date} {tail}" for date in dates]


@mark("release")
def test_as_systemd():
    """The next times of 1,000 expressions, and the first of them that systemd knows."""
    chance, at = random.Random(1), "2026-11-30 09:00"
    schedules = [random_schedule(chance) for _ in range(1000)]
    calendars = [one for _, ours in schedules for one in ours]
    told = subprocess.run(["systemd-analyze", "calendar", "--iterations=3", f"--base-time={at} UTC", *calendars],
                          env={**os.environ, "TZ": "UTC"}, capture_output=True, text=True, check=True).stdout
    blocks = [re.findall(r"(?:Next elapse|Iter. #\d): \w+ (\S+ \d\d:\d\d:\d\d) UTC", block) for block in told.split("\n\n")]
    lines = "".join(f"  p{i}: {{run: x, schedule: {{cron: \"{cron}\", timezone: UTC}}}}\n" for i, (cron, _) in enumerate(schedules))
    held = Directory()
    file = held.file("scenario.yaml", "processes:\n" + lines)
    shown = subprocess.run([PROGRAM, "show", "--next", "3", "--at", at + "Z", file], capture_output=True, text=True, check=True).stdout
    ours = {}
    for name, time in re.findall(r"^(p\d+) +(.*)\+00:00$", shown, re.M):
        ours.setdefault(name, []).append(time)
    assert len(blocks) == len(calendars) and len(ours) == 1000, (len(blocks), len(ours), shown[-300:])
    theirs = iter(blocks)
    for i, (cron, ones) in enumerate(schedules):
        want = sorted({time for _ in ones for time in next(theirs)})[:3]
        assert want and ours[f"p{i}"][:len(want)] == want, (cron, ones, want, ours[f"p{i}"])
