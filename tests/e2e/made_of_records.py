"""What is made of a record, or of a run as it goes: JUnit, traces, summaries."""
import json
import os
import re
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

from harness.parrun import (KILL, PROGRAM, TERM, Directory, Run, amount, check_nothing_left, check_status, complete,
                            mark, wait_until)
from harness.paths import TESTS

SCHEMA = TESTS / "data" / "junit.xsd"

MIXED = """
    processes:
      good: {run: "echo fine"}
      may: {run: "exit 4", allow_failure: true}
      bad: {run: "printf '\\\\033[31mred\\\\033[0m \\\\033 \\\\377 <&>\\\\n'; exit 3"}
      after: {depends_on: {bad: succeeded}, run: "true"}
    pools:
      flaky: {tasks: [x, y], workers: 1, retry: {attempts: 3, delay: 1ms},
              run: "echo try >&2; echo . >>n; test $(grep -c . n) != 1"}
      red: {tasks: [a, b], run: "echo out; test ${{ index }} = 0", retry: {attempts: 2, delay: 1ms}}
    threads:
      t: {lua: "error('no')"}
"""


def parrun(*arguments, directory, status=0, **more):
    ended = subprocess.run([PROGRAM, *map(str, arguments)], cwd=directory.path, capture_output=True, timeout=120,
                           check=False, **more)
    check_status(ended.returncode, status, ended.stdout + ended.stderr)
    return ended


def junit(path):
    """The cases of a valid file by their suites' and their own names, and how many failed and were in error."""
    checked = subprocess.run(["xmllint", "--noout", "--schema", SCHEMA, path], capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr.decode()
    root = ElementTree.parse(path).getroot()
    cases = {(suite.get("name"), case.get("name")): case for suite in root for case in suite}
    assert len(cases) == sum(len(suite) for suite in root) == int(root.get("tests"))
    for suite in root:
        for what, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(what)) == sum(case.find(element) is not None for case in suite), suite.attrib
    return cases, int(root.get("failures")), int(root.get("errors"))


def whole_lines(path):
    return [json.loads(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def children(case):
    return [child.tag for child in case]


def test_junit_tells_every_task_and_process_by_its_final_state():
    directory = Directory()
    status, out, err = complete(MIXED, "--record", "r.gz", "--junit", "live.xml", directory=directory,
                                env={**os.environ, "LC_ALL": "de_DE.UTF-8"})
    check_status(status, 1, out + err)
    parrun("junit", "r.gz", "-o", "made.xml", directory=directory)
    assert (directory.path / "made.xml").read_bytes() == (directory.path / "live.xml").read_bytes()
    cases, failures, errors = junit(directory.path / "live.xml")
    assert children(cases["processes", "good"]) == ["system-out"]
    assert children(cases["processes", "may"]) == ["skipped"], children(cases["processes", "may"])
    bad = cases["processes", "bad"]
    assert children(bad) == ["failure", "system-out"] and "code 3" in bad[0].get("message"), children(bad)
    assert bad.find("system-out").text == "red \\x1b \\xff <&>\n", bad.find("system-out").text
    assert cases["processes", "after"][0].tag in ("skipped", "failure")
    assert children(cases["flaky", "x"]) == ["flakyFailure", "system-out"], children(cases["flaky", "x"])
    assert children(cases["flaky", "y"]) == ["system-out"]
    assert children(cases["red", "a"]) == ["system-out"]
    assert children(cases["red", "b"]) == ["failure", "rerunFailure", "system-out"], children(cases["red", "b"])
    assert "no" in cases["threads", "t"][0].get("message")
    assert failures >= 3 and errors == 0, (failures, errors)


def test_what_may_fail_is_no_failure():
    """Neither of the run nor of what is made of its record; it is told apart."""
    directory = Directory()
    status, out, err = complete("""
        processes:
          may: {run: "exit 4", allow_failure: true}
        pools:
          all: {tasks: 2, run: "exit 1", allow_failure: true}
          some: {tasks: [1, 0, 2], run: "exit ${{ item }}", allow_failure: "${{ item == 2 or item == 1 }}"}
        threads:
          t: {lua: "error('no')", allow_failure: true}
    """, "--record", "r.jsonl", "--junit", "j.xml", "--report", "r.html", directory=directory)
    check_status(status, 0, out + err)
    cases, failures, errors = junit(directory.path / "j.xml")
    assert (failures, errors) == (0, 0), cases
    assert children(cases["some", "1"]) == ["skipped"] and children(cases["some", "0"]) == [], cases
    told = parrun("summary", "r.jsonl", directory=directory).stdout.decode()
    assert "  all: 2 tasks, 2 failed, which is allowed;" in told and "  some: 3 tasks, 2 failed, which is allowed;" in told, told
    assert re.search(r"  may: ran .*, failed, which is allowed\n", told) and ": succeeded." in told, told
    page = (directory.path / "r.html").read_text()
    assert "4 tasks failed as allowed" in page and "1 process failed as allowed" in page and "What failed first" not in page
    events = whole_lines(directory.path / "r.jsonl")
    ended = [event for event in events if event["event"] == "task.ended" and event.get("wrong")]
    assert len(ended) == 4 and all(event["allowed"] is True for event in ended), ended
    assert [event["allowed_failures"] for event in events if event["event"] == "pool.ended"] == [2, 2], events


def test_junit_of_a_chatty_task_is_bounded():
    directory = Directory()
    complete("pools: {p: {tasks: 1, run: 'echo begin; seq 100000; echo end; exit 1'}}", "--junit", "j.xml", directory=directory)
    cases, _, _ = junit(directory.path / "j.xml")
    text = cases["p", "task 0"].find("system-out").text
    assert len(text) < 70000 and text.startswith("begin\n") and text.endswith("end\n") and "bytes left out)" in text


def test_junit_is_an_error_until_the_run_has_ended():
    for number, status in ((TERM, -TERM), (KILL, None)):
        directory = Directory()
        directory.file("j.xml", "<old/>")
        run = Run("processes: {p: {run: 'echo up; sleep 1000'}}", "--junit", "j.xml", directory=directory)
        run.wait_for(b"p . up")
        cases, failures, errors = junit(directory.path / "j.xml")
        assert (failures, errors) == (0, 1) and "has not ended" in cases["run", "run"][0].get("message")
        os.kill(run.runner() if number == KILL else run.guard, number)
        check_status(run.finish()[0], status if status is not None else run.process.returncode)
        cases, failures, errors = junit(directory.path / "j.xml")
        assert errors == 1, (number, cases)
        assert ("signal TERM" in cases["run", "run"][0].get("message")) == (number == TERM)
        check_nothing_left()


def test_junit_names_a_cell_of_a_matrix_as_a_person_does():
    directory = Directory()
    complete("pools: {p: {tasks: {matrix: {os: [linux, bsd], bits: [64]}}, run: 'true'}}", "--junit", "j.xml", directory=directory)
    cases, _, _ = junit(directory.path / "j.xml")
    assert set(cases) == {("p", "os=linux, bits=64"), ("p", "os=bsd, bits=64")}, cases


def test_what_was_stopped_has_not_passed():
    directory = Directory()
    complete("""
        fail_fast: true
        processes:
          bad: {run: "until [ -e begun ]; do sleep 0.05; done; exit 2"}
          cut: {run: ": >begun; exec sleep 1000"}
          server: {run: "exec sleep 1000", daemon: true}
        """, "--junit", "j.xml", directory=directory)
    cases, failures, _ = junit(directory.path / "j.xml")
    assert failures == 1 and [child.tag for child in cases["processes", "cut"]] == ["skipped"], cases
    assert not list(cases["processes", "server"]), "its end is the end of the others"


def test_a_task_that_a_stop_keeps_from_being_tried_again_has_not_failed():
    directory = Directory()
    run = Run("pools: {p: {workers: 1, tasks: [a, a], retry: {attempts: 2, delay: 1h}, run: 'echo out; exit 3'}}",
              "--junit", "j.xml", "--record", "r", "--trace", "t.json", "--report", "r.html", directory=directory)
    run.wait_for(b"Task 1 .a. is tried again")
    run.signal(TERM)
    status, out, _ = run.finish()
    check_status(status, -TERM)
    assert b"failed" not in out and b"Pool p: 0 tasks succeeded, 2 were not done." in out, out
    cases, failures, _ = junit(directory.path / "j.xml")
    assert failures == 0 and children(cases["p", "a"]) == children(cases["p", "a (2)"]) == ["rerunFailure", "skipped"]
    told = parrun("summary", "r", directory=directory).stdout.decode()
    busy = [int(percent) for percent in re.findall(r"busy (\d+)%", told)]
    assert "0 tasks, 0 failed, 2 tried again" in told and len(busy) == 1 and busy[0] <= 100, told
    slices = [one for one in json.loads((directory.path / "t.json").read_text()) if one.get("ph") in "BX" and "task" in one.get("args", {})]
    assert len(slices) == 2, slices


def test_a_red_run_is_red_in_junit():
    for text in ("queues: {q: {items: [a, b]}}\nprocesses: {p: {consumes: q, run: 'true'}}\n",
                 "pools: {p: {tasks: {lua: 'error(\"broken\")'}, run: 'true'}}\n",
                 "processes: {a: {run: 'false'}}\n"):
        directory = Directory()
        status, out, err = complete(text, "--junit", "j.xml", directory=directory)
        _, failures, errors = junit(directory.path / "j.xml")
        assert (status != 0) == (failures + errors > 0), (text, status, out, err)


@mark("release")
def test_tasks_of_an_earlier_run_and_those_never_begun_are_told_apart():
    directory = Directory()
    text = "pools: {p: {workers: 1, tasks: 6, halt: {failures: 1}, run: 'test ${{ index }} != 2 -o -e go'}}\n"
    complete(text, "--journal", "j.db", "--junit", "first.xml", directory=directory)
    cases, _, _ = junit(directory.path / "first.xml")
    assert ("p", "3 never begun") in cases and ("p", "task 2") in cases, list(cases)
    directory.file("go", "")
    complete(text, "--journal", "j.db", "--resume", "--junit", "second.xml", directory=directory)
    cases, failures, errors = junit(directory.path / "second.xml")
    assert ("p", "2 done before") in cases and failures + errors == 0, list(cases)


def check_trace(text):
    """The rules of the format, as far as readers keep silent about what breaks them."""
    found = json.loads(text)
    slices, named, flows = {}, set(), {"s": {}, "f": {}}
    for event in found:
        assert event["ph"] in "MXCsf" and "pid" in event and "tid" in event, event
        track = event["pid"], event["tid"]
        if event["ph"] == "M":
            named.add((event["name"], *track))
            continue
        assert event["ts"] >= 0, event
        if event["ph"] in "sf":
            flows[event["ph"]].setdefault((event["id"], event["cat"], event["name"]), []).append(event)
        if event["ph"] == "X":
            assert event["dur"] >= 0.001, event
            slices.setdefault(track, []).append((round(event["ts"] * 1000), round(event["dur"] * 1000)))
    for track, of_track in slices.items():
        assert of_track == sorted(of_track), track
        for (begin, length), (following, _) in zip(of_track, of_track[1:]):
            assert begin + length <= following, (track, begin, length, following)
        assert ("process_name", track[0], 0) in named and (not track[1] or ("thread_name", *track) in named), track
    check_flows(flows["s"], flows["f"], slices)
    return found


def check_flows(starts, finishes, slices):
    """Each end sits within a slice, and each get has its put, which was not later."""
    for event in (event for ends in (starts, finishes) for of_flow in ends.values() for event in of_flow):
        time = round(event["ts"] * 1000)
        assert any(begin <= time <= begin + length for begin, length in slices[event["pid"], event["tid"]]), event
    for flow, ends in finishes.items():
        assert all(end["bp"] == "e" and starts[flow][0]["ts"] <= end["ts"] for end in ends), (flow, starts.get(flow))
    assert all(len(of_flow) == 1 for of_flow in starts.values()), starts


def test_a_trace_keeps_the_rules_of_its_format():
    directory = Directory()
    text = """
        processes: {a: {run: 'true'}, b: {run: 'sleep 0.05; exit 1', restart: {on: failure, max: 2, delay: 1ms}}}
        pools:
          p: {workers: 3, tasks: 50, output: ordered, lua: "if index % 7 == 0 then parrun.sleep(0.01) end print(item)"}
          r: {workers: 2, tasks: 5, run: "exit $((${{ index }} % 2))", retry: {attempts: 2, delay: 1ms}}
        threads: {t: {lua: "parrun.sleep(0.01)"}}
    """
    complete(text, "--record", "r.gz", "--trace", "live.json", directory=directory)
    made = parrun("trace", "r.gz", directory=directory).stdout
    assert made == (directory.path / "live.json").read_bytes()
    found = check_trace(made)
    tasks = [event for event in found if event["ph"] == "X" and "task" in event["args"]]
    assert len([event for event in tasks if event["name"].startswith("p ")]) == 50
    assert len([event for event in tasks if event["name"].startswith("r ")]) == 7
    assert len([event for event in found if event["ph"] == "X" and event["name"] == "b"]) == 3
    assert {event["args"]["name"] for event in found if event["name"] == "thread_name"} >= {"p.1", "r.1"}


QUEUES = """
    queues:
      lines: {trace: true, capacity: 3}
      said: {trace: true, items: [first]}
      all: {trace: true, delivery: broadcast}
      last: {trace: true, ordered: '${{ message }}'}
      kept: {trace: true, durable: kept.db}
    processes:
      from: {run: "seq 20", stdout: {queue: lines}}
      to: {run: "cat", stdin: {queue: lines}, stdout: {queue: kept}}
      one: {run: "cat", stdin: {queue: all}}
      two: {run: "cat", stdin: {queue: all}}
      end: {run: "cat", stdin: {queue: last}}
    pools:
      work: {workers: 2, tasks: {queue: said}, produces: all, results: {queue: last},
             lua: "parrun.queue('all'):put(item) return item"}
      keep: {workers: 1, tasks: {queue: kept}, run: "true"}
    threads:
      t: {produces: said, lua: "for i = 1, 5 do parrun.queue('said'):put('t' .. i, {priority = i}) end"}
"""


def test_messages_of_traced_queues_are_followed_from_put_to_get():
    directory = Directory()
    status, out, err = complete(QUEUES, "--record", "r.jsonl", directory=directory)
    check_status(status, 0, out + err)
    events = [json.loads(line) for line in (directory.path / "r.jsonl").read_text().splitlines()]
    passed = {}
    for event in events:
        if event["event"] in ("queue.put", "queue.get"):
            told = passed.setdefault((event["queue"], event["number"]), [])
            told.append((event["message"], event.get("producer"), event.get("consumer")))
    for number in range(1, 21):
        assert passed["lines", number] == [(str(number), "from", None), (str(number), None, "to")], passed
        assert passed["kept", number] == [(str(number), "to", None), (str(number), None, "keep")], passed
    assert passed["said", 1] == [("first", None, None), ("first", None, "work")], passed
    for number in range(2, 7):
        text = f"t{number - 1}"
        assert passed["said", number] == [(text, "t", None), (text, None, "work")], passed
    for number in range(1, 7):
        put, *got = passed["all", number]
        assert put[1:] == ("work", None) and {consumer for _, _, consumer in got} == {"one", "two"}, passed
        assert [party[1:] for party in passed["last", number]] == [("work", None), (None, "end")], passed
    found = check_trace(parrun("trace", "r.jsonl", directory=directory).stdout)
    assert len([event for event in found if event["ph"] == "s"]) == 20 + 20 + 6 + 6 + 6
    assert len([event for event in found if event["ph"] == "f"]) == 20 + 20 + 6 + 12 + 6


@mark("release")
def test_a_message_that_comes_back_keeps_its_number():
    directory = Directory()
    text = """
        queues: {q: {trace: true, items: [a, b, c]}}
        processes:
          p: # whose first life ends once something stands in its input, and reads nothing of it
            restart: failure
            stdin: {queue: q}
            exec: [bash, -c, "test -e seen && exec cat; touch seen; until read -t 0; do sleep 0.05; done; exit 1"]
    """
    complete(text, "--record", "r.jsonl", directory=directory)
    events = [json.loads(line) for line in (directory.path / "r.jsonl").read_text().splitlines()]
    got = [(event["number"], event["message"]) for event in events if event["event"] == "queue.get"]
    assert set(got) == {(1, "a"), (2, "b"), (3, "c")} and len(got) > 3, got


def test_the_trace_of_a_killed_run_needs_one_bracket():
    directory = Directory()
    run = Run("pools: {p: {workers: 1, tasks: {range: [1, 1000000]}, lua: 'print(item)', output: lines}}",
              "--trace", "t.json", directory=directory)
    run.wait_for(b"^2000$")
    wait_until(lambda: b",\n" in (directory.path / "t.json").read_bytes())  # the story may be ahead of it
    os.kill(run.runner(), signal.SIGKILL)
    run.finish()
    text = (directory.path / "t.json").read_text()
    assert check_trace(text[:text.rindex("\n")].rstrip(",") + "]")
    check_nothing_left()


@mark("release")
def test_memory_grows_with_what_is_alive_and_not_with_the_record():
    directory, lines = Directory(), []
    complete("pools: {p: {workers: 1, tasks: 1, lua: 'print(1)'}}", "--record", "r", directory=directory)
    for line in (directory.path / "r").read_text().splitlines():
        event = json.loads(line)
        of_task = event["event"].startswith("task.")
        lines += [(of_task, json.dumps(event))]
    with open(directory.path / "long", "w", encoding="ascii") as out:
        head = next(place for place, line in enumerate(lines) if line[0])
        tail = max(place for place, line in enumerate(lines) if line[0]) + 1
        out.write("".join(f"{text}\n" for _, text in lines[:head]))
        for number in range(amount(30_000, 100_000)):
            out.write("".join(text.replace('"task": 0', f'"task": {number}') + "\n" for _, text in lines[head:tail]))
        out.write("".join(f"{text}\n" for _, text in lines[tail:]))
    for word in ("replay", "junit", "trace", "summary"):
        code = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL, check=False); "
                "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
        peak = subprocess.run([sys.executable, "-c", code, PROGRAM, word, "long", "-o", "out"], cwd=directory.path,
                              capture_output=True, timeout=300, check=True)
        assert int(peak.stdout) < 16 << 10, (word, peak.stdout)


def test_a_summary_tells_what_a_person_asks():
    directory = Directory()
    status, out, err = complete(MIXED, "--record", "r.gz", directory=directory)
    check_status(status, 1, out + err)
    told = parrun("summary", "r.gz", directory=directory).stdout.decode(errors="replace")
    for text in ("failed with exit status 1", "red: 2 tasks, 1 failed, 1 tried again after", "flaky: 2 tasks, 0 failed, 1 tried",
                 "Slowest tasks:", "red 1 (b)", "run it alone:"):
        assert text in told, (text, told)
    parrun("summary", "--status", "r.gz", directory=directory, status=1)
    complete("processes: {p: {run: 'true'}}", "--record", "good.gz", directory=directory)
    assert b": succeeded." in parrun("summary", "--status", "good.gz", directory=directory).stdout
    run = Run("pools: {p: {tasks: [x, y], run: 'exit 3'}}\nprocesses: {s: {run: 'echo up; sleep 1000'}}",
              "--record", "killed", directory=directory)
    wait_until(lambda: (directory.path / "killed").exists() and
               {"process.output", "pool.ended"} <= {line.get("event") for line in whole_lines(directory.path / "killed")})
    os.kill(run.runner(), KILL)
    run.finish()
    told = parrun("summary", "killed", directory=directory, status=3).stdout.decode()
    assert "Task 1 (y) failed: exit code 3." in told and re.search(r"^  s: ran \d", told, re.M), told
    run = Run("processes: {p: {run: 'echo up; sleep 1000'}}", "--record", "stopped", directory=directory)
    run.wait_for(b"p . up")
    run.signal(TERM)
    run.finish()
    assert b"stopped by signal TERM" in parrun("summary", "--status", "stopped", directory=directory, status=143).stdout
