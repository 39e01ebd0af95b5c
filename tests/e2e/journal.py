"""The journal: resuming after a kill at any point, after edits, and from files that are damaged."""
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess

from harness.parrun import (KILL, PATIENCE, PROGRAM, Directory, Run, amount, check_nothing_left, check_status, mark,
                            until)

TASKS = 40

# Each task says in a file that it began, and in another that it ends; "bad" ones fail.
SCENARIO = """
    pools:
      p:
        workers: 3
        tasks: {items}
        run: |
          echo ${{{{ item }}}} >>began
          case ${{{{ item }}}} in bad*) exit 3 ;; esac
          echo ${{{{ item }}}} >>done
"""


def scenario(items):
    return SCENARIO.format(items=items)


def words(directory, name):
    path = directory.path / name
    return path.read_text().split() if path.exists() else []


def journaled(directory, items, *arguments):
    """A whole run; status, output, errors."""
    return Run(scenario(items), "--journal=j.db", *arguments, directory=directory).finish()


def rows(directory, query, name="j.db"):
    connection = sqlite3.connect(directory.path / name, timeout=PATIENCE)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def succeeded(directory):
    return [item for item, in rows(directory, "SELECT item FROM task WHERE state = 'succeeded'")]


def kill_at(directory, items, line, *arguments):
    """Runs until LINE lines were told, then kills the runner."""
    run = Run(scenario(items), "--journal=j.db", *arguments, directory=directory)
    for _ in range(line):
        if not run.line():
            break
    run.signal_runner(KILL)
    run.finish()
    check_nothing_left()


def check_kill(line):
    """Killed at LINE, and resumed: what the journal knows does not run again, all else does."""
    directory = Directory()
    items = [f"i{n}" for n in range(TASKS)]
    kill_at(directory, items, line)
    known = succeeded(directory) if rows(directory, "SELECT count(*) FROM sqlite_schema")[0][0] else []
    assert len(known) == len(set(known)) and set(known) <= set(words(directory, "done")), known
    before = words(directory, "began")
    status, out, err = journaled(directory, items, "--resume")
    check_status(status, 0, out + err)
    after = words(directory, "began")[len(before):]
    assert sorted(after) == sorted(set(items) - set(known)), (line, known, after)
    assert sorted(succeeded(directory)) == sorted(items)
    return len(set(after) & set(words(directory, "done")) & set(before))


@mark("release")
def test_resume_after_a_kill_at_any_line():
    for line in range(0, 33, amount(5, 1)):
        check_kill(line)


def test_resume_after_a_few_kills():
    for line in (1, 5, 20, 60):
        check_kill(line)


@mark("release")
def test_resume_many_times_over():
    directory = Directory()
    items = [f"i{n}" for n in range(TASKS)]
    for line in (4, 7, 9, 12, 15, 11, 8):
        known = set(succeeded(directory)) if (directory.path / "j.db").exists() else set()
        count = len(words(directory, "began"))
        kill_at(directory, items, line, "--resume")
        assert not known & set(words(directory, "began")[count:])
    status, out, err = journaled(directory, items, "--resume")
    check_status(status, 0, out + err)
    assert sorted(succeeded(directory)) == sorted(items)


def test_a_finished_run_has_nothing_to_resume():
    directory = Directory()
    items = ["a", "b", "c"]
    check_status(journaled(directory, items)[0], 0)
    status, out, err = journaled(directory, items, "--resume")
    check_status(status, 0, out + err)
    assert b"Pool p: 3 of 3 tasks were done before.\n" in out and not err, out
    assert sorted(words(directory, "began")) == items


def test_only_what_a_task_uses_makes_it_another():
    directory = Directory()
    form = """
        vars: {{used: {used}, unused: {unused}, listed: [1]}}
        pools:
          p: {{tasks: [a, b], env: {env}, run: "echo ${{{{ item }}}} ${{{{ vars.used }}}} $A >>began"}}
          q: {{tasks: [c], lua: "return vars.listed[1]"}}
    """

    def resumed(**what):
        what = {"used": 1, "unused": 1, "env": "{A: 1, B: 2}", **what}
        status, out, err = Run(form.format(**what), "--journal=j.db", "--resume", directory=directory).finish()
        check_status(status, 0, out + err)
        return out.count(b"tasks were done before") + out.count(b"task was done before")

    resumed()
    for what, pools in (({}, 2), ({"unused": 2}, 2), ({"env": "{B: 2, A: 1}"}, 2), ({"used": 2}, 1)):
        before = len(words(directory, "began"))
        out = resumed(**what)
        ran = (len(words(directory, "began")) - before) // 3
        assert ran == (0 if pools == 2 else 2), (what, ran, out)
    before = len(words(directory, "began"))
    resumed(used=2, env="{A: 3, B: 2}")
    assert len(words(directory, "began")) == before + 6


def test_a_journal_of_the_version_before_goes_on():
    directory = Directory()
    check_status(journaled(directory, ["a", "bad"])[0], 1)
    connection = sqlite3.connect(directory.path / "j.db")
    connection.executescript("DROP TABLE pool; DROP TABLE part; PRAGMA user_version = 3")
    connection.close()
    _, out, err = journaled(directory, ["a", "b", "bad"], "--resume", "-v")
    assert not err and b"Task 1 (b) is new.\n" in out and b"Task 2 (bad) runs again: it failed.\n" in out, out + err
    assert words(directory, "began")[2:] == ["b", "bad"] or words(directory, "began")[2:] == ["bad", "b"]
    assert rows(directory, "PRAGMA user_version") == [(4,)]
    assert rows(directory, "SELECT pool.run, count(*) FROM pool JOIN part USING (content)") == [(2, 5)]


def test_what_changed_is_known_from_each_run_that_counts():
    """Of three runs that went on from each other the second one had another variable."""
    directory = Directory()
    form = "pools: {p: {workers: 1, tasks: [%s], env: {A: %d}, run: 'echo ${{ item }} $A >>began'}}"
    for items, value, told in (("a, b, c", 1, []), ("a", 2, [b"Task 0 (a) runs again: env A changed."]),
                               ("d, a, b", 2, [b"Task 0 (d) is new.", b"Task 2 (b) runs again: env A changed."])):
        _, out, err = Run(form % (items, value), "--journal=j.db", "--resume", "-v", directory=directory).finish()
        assert not err and [line for line in out.splitlines() if b" again" in line or b" is new" in line
                            if line.startswith(b"Task")] == told, out + err
    assert b"Pool p: 1 of 3 tasks was done before, 1 runs again as env A changed; 1 task of the journal is not " \
           b"there any more, 1 is new.\n" in out, out


def test_without_resume_all_is_run_and_counts_anew():
    directory = Directory()
    for _ in range(2):
        check_status(journaled(directory, ["a", "b"])[0], 0)
    assert sorted(words(directory, "began")) == ["a", "a", "b", "b"]
    status, out, err = journaled(directory, ["a", "a", "b"], "--resume")
    check_status(status, 0, out + err)
    assert b"Pool p: 2 of 3 tasks were done before.\n" in out, out
    assert words(directory, "began")[4:] == ["a"]


def test_the_same_content_counts_as_often_as_it_stands_there():
    directory = Directory()
    check_status(journaled(directory, ["a", "b", "a"])[0], 0)
    journaled(directory, ["a", "a", "c", "a", "b"], "--resume")
    assert sorted(words(directory, "began")[3:]) == ["a", "c"]


def test_an_edited_item_runs_and_the_others_do_not():
    directory = Directory()
    check_status(journaled(directory, ["a", "b", "c"])[0], 0)
    _, out, _ = journaled(directory, ["x", "c", "b", "a2"], "--resume")
    assert b"2 of 4 tasks were done before; 1 task of the journal is not there any more, 2 are new." in out
    assert sorted(words(directory, "began")[3:]) == ["a2", "x"]


def test_an_edit_of_what_all_tasks_share_runs_all():
    plain = "pools: {p: {tasks: [a, b], run: 'echo ${{ item }} >>began', env: {A: '1'}}}"
    edits = [("began'", "began;'"), ("A: '1'", "A: '2'"), ("A: '1'", "B: '1'"),
             ("env:", "cwd: ., env:"), ("env:", "shell: /bin/bash, env:"), ("{p:", "{q:"),
             ("'}}}", "'}}}\nenv: {C: '1'}")]
    for old, new in edits:
        directory = Directory()
        for text, arguments in ((plain, []), (plain.replace(old, new), ["--resume"])):
            status, out, err = Run(text, "--journal=j.db", *arguments, directory=directory).finish()
            check_status(status, 0, out + err)
        assert sorted(words(directory, "began")) == ["a", "a", "b", "b"], (new, out)


def test_another_value_of_a_variable_runs_all_that_may_use_it():
    text = """
        vars: {size: 1, unused: 1}
        pools:
          uses: {tasks: [a], run: "echo uses ${{ vars.size }} >>began"}
          other: {tasks: [a], run: "echo other >>began"}
    """
    directory = Directory()
    directory.file("scenario.yaml", text)
    for more in ([], ["--resume", "scenario.yaml", "size=2"]):
        subprocess.run([PROGRAM, "--journal=j.db", *(more or ["scenario.yaml"])], check=True,
                       cwd=directory.path, stdin=subprocess.DEVNULL, capture_output=True,
                       timeout=PATIENCE)
    lines = sorted((directory.path / "began").read_text().splitlines())
    assert lines == ["other", "uses 1", "uses 2"], lines


def test_tables_are_known_in_any_order():
    directory = Directory()
    for items, arguments in (("[{a: 1, b: [x, y]}]", []), ("[{b: [x, y], a: 1}, {a: 1, b: [y, x]}]",
                                                           ["--resume"])):
        text = "pools: {p: {tasks: %s, run: 'echo ${{ item.a }} >>began'}}" % items
        status, out, err = Run(text, "--journal=j.db", *arguments, directory=directory).finish()
        check_status(status, 0, out + err)
    assert b"Pool p: 1 of 2 tasks was done before.\n" in out, out
    assert words(directory, "began") == ["1", "1"], out
    assert rows(directory, "SELECT item FROM task WHERE id = 1")[0][0] in (
        '{"a":1,"b":["x","y"]}', '{"b":["x","y"],"a":1}')


def test_retry_failed_runs_what_has_failed():
    directory = Directory()
    items = ["a", "bad1", "b", "bad2"]
    check_status(journaled(directory, items)[0], 1)
    status, out, err = journaled(directory, items + ["new"], "--retry-failed")
    check_status(status, 1, out + err)
    assert b"Pool p: 2 of 5 tasks were done before, 1 other has not failed.\n" in out, out
    assert sorted(words(directory, "began")[4:]) == ["bad1", "bad2"]
    failures = rows(directory, "SELECT pool, number, item, code, reason FROM failure")
    assert sorted(failures) == [("p", 1, "bad1", 3, "exit code 3"),
                                ("p", 3, "bad2", 3, "exit code 3")], failures


HEALED = """
    pools: {p: {tasks: [a, b, c], results: {dir: out}, run: "echo ${{ item }}; test ${{ item }} != b || test -e healed"}}
"""


def results_of(directory):
    lines = (directory.path / "out/results.jsonl").read_text().splitlines()
    return [(record["index"], record["item"], record["exit"]) for record in map(json.loads, lines)]


def test_a_part_of_a_run_takes_nothing_away():
    """--task alone, as a failed pool says: records, joblog and what the journal knows stay, and it counts."""
    directory = Directory()
    more = ["--journal=j.db", "--joblog=jl"]
    check_status(Run(HEALED, *more, directory=directory).finish()[0], 1)
    check_status(Run(HEALED, "--task=p:1", *more, directory=directory).finish()[0], 1)
    assert sorted(results_of(directory)) == [(0, "a", 0), (1, "b", 1), (1, "b", 1), (2, "c", 0)]
    assert len((directory.path / "jl").read_text().splitlines()) == 1 + 3 + 1
    assert rows(directory, "SELECT kind, state FROM run") == [("run", "failed"), ("part", "failed")]
    assert rows(directory, "SELECT item FROM failure") == [("b",)]
    directory.file("healed", "")
    status, out, err = Run(HEALED, "--retry-failed", *more, directory=directory).finish()
    check_status(status, 0, out + err)
    assert results_of(directory)[4:] == [(1, "b", 0)] and not rows(directory, "SELECT * FROM failure")
    head, *lines = (directory.path / "jl").read_text().splitlines()
    assert head.startswith("Seq\t") and len(lines) == 5 and not any(line.startswith("Seq") for line in lines)
    status, out, err = Run(HEALED, "--resume", *more, directory=directory).finish()
    check_status(status, 0, out + err)
    assert b"3 of 3 tasks were done before" in out, out


def test_outputs_of_an_edited_source_are_kept():
    """Other tasks of the same numbers: what is there of the first is not written over."""
    directory = Directory()
    text = "pools: {p: {tasks: {lines: in}, results: {dir: out}, run: 'echo ${{ item }}'}}"
    directory.file("in", "a\nb\n")
    Run(text, "--journal=j.db", directory=directory).finish()
    directory.file("in", "new\na\nb\n")
    status, out, err = Run(text, "--journal=j.db", "--resume", directory=directory).finish()
    check_status(status, 0, out + err)
    found = {path.name: path.read_text() for path in (directory.path / "out").glob("*.out*")}
    assert found == {"0.out": "new\n", "0.out.1": "a\n", "1.out": "b\n"}, found


@mark("release")
def test_what_is_not_recorded_is_run_again():
    """The disk of the results is full: no task whose record is lost is done for the journal."""
    for results in ("file: small/r.jsonl", "dir: small"):
        directory = Directory()
        small = directory.path / "small"
        small.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "none", small], check=False)
        if mounted.returncode:
            return
        try:
            text = f"""
                pools:
                  p: {{workers: 2, tasks: 60, results: {{{results}}}, output: discard, run: "seq 3000; echo ${{{{ item }}}}"}}
            """
            status, out, err = Run(text, "--journal=j.db", directory=directory).finish()
            check_status(status, 3, out + err)
            done = {item for item, in rows(directory, "SELECT item FROM task WHERE state = 'succeeded'")}
            assert 5 < len(done) < 30, (results, len(done))
            subprocess.run(["mount", "-o", "remount,size=10m", small], check=True)
            status, out, err = Run(text, "--journal=j.db", "--resume", directory=directory).finish()
            check_status(status, 0, out + err)
            assert b"Pool p: %d of 60 tasks were done before.\n" % len(done) in out, out
            name = "r.jsonl" if results.startswith("file") else "results.jsonl"
            kept = {}
            for line in (small / name).read_text().splitlines():
                try:
                    record = json.loads(line)
                except json.JSONDecodeError:
                    continue  # the beginning of one that did not fit
                kept.setdefault(record["index"], []).append(record)
            assert sorted(kept) == list(range(60)), sorted(set(range(60)) - set(kept))
            whole = "".join(f"{n}\n" for n in range(1, 3001))
            for index, records in kept.items():
                last = (small / f"{index}.out").read_text() if "dir" in results else records[-1]["output"]
                assert last == f"{whole}{index}\n", (results, index, len(last))
        finally:
            subprocess.run(["umount", "-l", small], check=True)


def test_a_scenario_of_another_name_is_told_of():
    """Its tasks are none of the journal's: all would be done again without a word."""
    directory = Directory()
    text = "name: %s\npools: {p: {tasks: [a, b], run: 'true'}}"
    warning = b"parrun: warning: journal 'j.db' has no run of the scenario 'new', but of 'old': "
    for name, told in (("old", False), ("new", True), ("new", False), ("old", False)):
        status, out, err = Run(text % name, "--journal=j.db", "--resume", directory=directory).finish()
        check_status(status, 0, out + err)
        assert (err.startswith(warning) and err.count(b"\n") == 1) if told else not err, (name, err)


def test_a_stopped_run_has_not_succeeded():
    directory = Directory()
    directory.fifo("gate")
    run = Run("pools: {p: {tasks: 3, run: 'read x <gate'}}", "--journal=j.db", directory=directory)
    run.wait_for(b"Run task 0")
    run.signal(signal.SIGTERM)
    check_status(run.finish()[0], -signal.SIGTERM)
    assert rows(directory, "SELECT state FROM run") == [("stopped",)]


def test_ordered_output_has_no_hole_where_tasks_are_skipped():
    text = "pools: {p: {workers: 2, output: ordered, tasks: [a, bad, c, bad2, d], " \
           "run: 'echo out ${{ item }}; test ! -e ${{ item }}'}}"
    directory = Directory()
    for name in ("bad", "bad2"):
        directory.file(name, "")
    check_status(Run(text, "--journal=j.db", directory=directory).finish()[0], 1)
    for name in ("bad", "bad2"):
        (directory.path / name).unlink()
    status, out, err = Run(text, "--journal=j.db", "--resume", directory=directory).finish()
    check_status(status, 0, out + err)
    assert [line for line in out.splitlines() if line.startswith(b"out")] == [b"out bad", b"out bad2"]


def test_what_the_rows_hold():
    text = r"""
        name: all
        pools:
          p:
            workers: 1
            tasks: [1, 2.5, true, "text", "é"]
            run: "case ${{ item }} in 1) kill -KILL $$ ;; 2.5) exit 7 ;; esac"
    """
    directory = Directory()
    Run(text, "--journal=j.db", directory=directory).finish()
    got = rows(directory, "SELECT number, item, attempt, state, code, signal, reason FROM task")
    assert got == [(0, 1, 1, "failed", None, "KILL", "ended by signal KILL"),
                   (1, 2.5, 1, "failed", 7, None, "exit code 7"),
                   (2, "true", 1, "succeeded", 0, None, None),
                   (3, "text", 1, "succeeded", 0, None, None),
                   (4, "é", 1, "succeeded", 0, None, None)], got
    assert rows(directory, "SELECT count(*) FROM task WHERE memory > 100000 "
                           "AND ended > 1.7e9 AND seconds >= 0 AND length(key) = 16") == [(5,)]
    assert rows(directory, "SELECT count(*) FROM history WHERE started <= ended") == [(5,)]
    assert rows(directory, "SELECT scenario, kind, state, ended >= started FROM run") == [
        ("all", "run", "failed", 1)]
    assert rows(directory, "PRAGMA user_version") == [(4,)]
    assert rows(directory, "PRAGMA application_id") == [(0x5052554e,)]
    assert rows(directory, "PRAGMA integrity_check") == [("ok",)]


def test_the_second_run_is_told_who_has_the_journal():
    directory = Directory()
    gate = directory.fifo("gate")
    text = "pools: {p: {tasks: [a], run: 'echo here; cat gate'}}"
    run = Run(text, "--journal=j.db", directory=directory)
    run.wait_for(b"Run task 0")
    directory.file("log", "kept")
    status, out, err = Run(text, "--journal=j.db", "--log=log", directory=directory).finish()
    check_status(status, 2, out + err)
    assert err == b"parrun: error: journal 'j.db': a run with pid %d is writing it\n" % run.runner(), err
    assert (directory.path / "log").read_text() == "kept"
    gate.write_text("")
    check_status(run.finish()[0], 0)


def test_what_is_left_of_a_killed_run_is_waited_for():
    directory = Directory()
    gate = directory.fifo("gate")
    text = """
        processes:
          slow: {run: "trap 'cat gate' TERM; echo here; cat gate", stop: {grace: 1000s}}
    """
    run = Run(text, "--journal=j.db", "--record=r.jsonl", directory=directory)
    run.wait_for(b"here")
    runner = run.runner()
    run.signal(KILL)
    text = "processes: {b: {run: 'true'}}"
    seconds = [Run(text, *options, directory=directory)
               for options in (["--journal=j.db", "--resume"], ["--record=r.jsonl", "--force"])]
    for second, file in zip(seconds, ("journal 'j.db'", "file 'r.jsonl'")):
        said = second.process.stderr.readline().decode()
        assert said == f"parrun: waiting for process {runner}, the rest of a run that was killed, which has the {file}\n", said
    gate.write_text("")
    for second in seconds:
        check_status(second.finish()[0], 0)


def refused(directory, *arguments):
    """The message of a run that does not begin."""
    status, out, err = journaled(directory, ["a"], *arguments)
    check_status(status, 2, out + err)
    assert not out and err.startswith(b"parrun: error: journal 'j.db': "), (out, err)
    assert not words(directory, "began")
    return err


def test_what_is_no_journal_is_refused_and_left_alone():
    directory = Directory()
    path = directory.path / "j.db"
    path.write_bytes(b"not a database, but something that somebody wrote\n" * 100)
    before = path.read_bytes()
    assert b"not a database" in refused(directory) and path.read_bytes() == before
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE mine (a)")
    connection.close()
    before = path.read_bytes()
    assert b"another program's database" in refused(directory) and path.read_bytes() == before
    path.unlink()
    victim = directory.file("victim", "")
    path.symlink_to(victim)
    assert b"symbolic link" in refused(directory)
    path.unlink()
    path.mkdir()
    refused(directory)
    path.rmdir()
    directory.fifo("j.db")
    assert b"no regular file" in refused(directory)
    path.unlink()
    journaled(directory, ["a"])
    (directory.path / "began").unlink()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    assert b"it is of version 9" in refused(directory)


def finished_journal():
    """A directory with a journal of 300 tasks, one in three failed, and the scenario."""
    directory = Directory()
    text = 'pools: {p: {workers: 2, tasks: 300, lua: "if item % 3 == 0 then error(\'x\') end"}}'
    check_status(Run(text, "--journal=j.db", directory=directory).finish()[0], 1)
    return directory, text


def killed_journal():
    """The same, of a run that was killed in its last task: all is in the write-ahead log."""
    directory = Directory()
    text = 'pools: {p: {workers: 2, tasks: 301, lua: "if item == 300 then parrun.sleep(600) end ' \
           'if item % 3 == 0 then error(\'x\') end"}}'
    run = Run(text, "--journal=j.db", directory=directory)
    run.wait_for(rb"Run task 300 ")  # its tables are there before that
    until(lambda: rows(directory, "SELECT count(*) FROM task") == [(300,)], "300 rows")
    os.kill(run.runner(), KILL)
    run.finish()
    return directory, text


def check_damaged(good, text, damage):
    """Whatever DAMAGE did: refused with a message, or nothing counts as done that has failed."""
    with_damage = Directory()
    for path in good.path.glob("j.db*"):
        shutil.copy(path, with_damage.path)
    damage(with_damage.path / "j.db")
    run = Run(text, "plan", "--journal=j.db", "--resume", "--format=json", "--show=*",
              directory=with_damage)
    status, out, err = run.finish()
    assert status in (0, 2, 3), (status, out, err)
    if status:
        assert err.startswith(b"parrun: error: journal 'j.db': "), err
        return False
    planned = out.count(b'"event":"task.planned"')
    assert planned >= 100, planned  # the failed ones at least
    for number in range(0, 300, 3):
        assert b'"task":%d,' % number in out, (number, "failed, and counts as done")
    return True


@mark("release")
def test_a_journal_cut_off_at_many_places():
    directory, text = finished_journal()
    size = (directory.path / "j.db").stat().st_size
    read = 0
    for length in [*range(0, 200, 20), *range(500, size, size // 40), size - 1]:
        read += check_damaged(directory, text, lambda path, length=length: os.truncate(path, length))
    assert 0 < read < 20, read


@mark("release")
def test_a_journal_with_bits_turned():
    directory, text = finished_journal()
    size = (directory.path / "j.db").stat().st_size
    chance = random.Random(11)

    def turn(path):
        with open(path, "r+b") as file:
            place = chance.randrange(size)
            file.seek(place)
            byte = file.read(1)[0]
            file.seek(place)
            file.write(bytes([byte ^ 1 << chance.randrange(8)]))

    outcomes = [check_damaged(directory, text, turn) for _ in range(120)]
    assert True in outcomes and False in outcomes, outcomes


@mark("release")
def test_a_write_ahead_log_cut_off_or_turned():
    directory, text = killed_journal()
    log = directory.path / "j.db-wal"
    size = log.stat().st_size
    for place in range(0, size, max(1, size // amount(15, 40))):
        check_damaged(directory, text,
                      lambda path, place=place: os.truncate(f"{path}-wal", place))

        def turn(path, place=place):
            with open(f"{path}-wal", "r+b") as file:
                file.seek(place)
                byte = file.read(1)[0]
                file.seek(place)
                file.write(bytes([byte ^ 4]))

        check_damaged(directory, text, turn)


def test_a_full_disk_is_told():
    if os.geteuid() != 0:
        return  # nobody else may mount
    directory = Directory()
    small = directory.path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", small], check=False)
    if mounted.returncode:
        return  # not in this container
    try:
        text = 'pools: {p: {workers: 2, tasks: 20000, lua: "return nil"}}'
        status, out, err = Run(text, "-q", "--journal=small/j.db", directory=directory).finish()
        check_status(status, 3, out + err)
        assert b"database or disk is full" in err and b" rows could not be written" in err, err
        for path in small.glob("j.db*"):
            path.unlink()
        (small / "fill").write_bytes(b"x" * (256 * 1024 - 4096))
        status, out, err = Run(text, "-q", "--journal=small/j.db", directory=directory).finish()
        check_status(status, 3, out + err)
        assert err.startswith(b"parrun: error: journal 'small/j.db': ") and not out, err
    finally:
        subprocess.run(["umount", "-l", small], check=True)


def test_a_run_that_is_stopped_keeps_what_is_done():
    directory = Directory()
    run = Run("pools: {p: {workers: 1, tasks: [waits, a, b, c], retry: {attempts: 2, delay: 1h, jitter: false}, "
              "run: 'test ${{ item }} != waits; e=$?; test $e = 1 -o ${{ item }} = a || sleep 60; exit $e'}}",
              "--journal=j.db", directory=directory)
    run.wait_for(b"Run task 2")
    run.signal(signal.SIGTERM)
    status, out, err = run.finish()
    check_status(status, -signal.SIGTERM, out + err)
    assert rows(directory, "SELECT item, state FROM task") == [("a", "succeeded")], "what waits for another try has not failed"
    assert rows(directory, "SELECT ended IS NOT NULL FROM run") == [(1,)]
    check_nothing_left()


def test_results_of_the_earlier_run_stay():
    """A resumed run adds its records to those that are there, on lines of their own."""
    directory = Directory()
    for code, torn in ((3, '{"torn'), (0, "")):
        run = Run(f"""
            pools:
              p: {{workers: 1, tasks: [a, bad, c], results: {{file: r.jsonl}}, run: "test ${{{{ item }}}} != bad || exit $CODE"}}
        """, "--journal=j.db", "--resume", directory=directory, env=os.environ | {"CODE": str(code)})
        status, out, err = run.finish()
        check_status(status, 1 if code else 0, out + err)
        with open(directory.path / "r.jsonl", "a", encoding="ascii") as file:
            file.write(torn)
    lines = (directory.path / "r.jsonl").read_text().splitlines()
    assert len(lines) == 5 and lines[3] == '{"torn', lines
    assert [json.loads(line)["item"] for line in lines[:3] + lines[4:]] == ["a", "bad", "c", "bad"], lines


def test_retry_failed_needs_a_journal():
    """A misspelt name is no journal in which nothing has failed."""
    directory = Directory()
    directory.file("s.yaml", "pools: {p: {tasks: 2, run: 'true'}}")
    ended = subprocess.run([PROGRAM, "--journal", "typo.db", "--retry-failed", "s.yaml"], cwd=directory.path,
                           capture_output=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, b""), ended
    assert b"--retry-failed: journal 'typo.db': No such file or directory" in ended.stderr, ended
    assert not (directory.path / "typo.db").exists()


def test_forgotten_resume_is_told_and_taken_back():
    """Beginning anew is told before anything begins; --resume-previous goes on from what was done before that."""
    directory = Directory()
    items = "[a, bad1, b, bad2]"
    told = b"parrun: warning: journal 'j.db' has 2 tasks of this scenario as succeeded, which may run again: --resume"
    status, _, err = journaled(directory, items)
    check_status(status, 1, err)
    assert not err, err
    _, _, err = journaled(directory, items, "plan")
    assert err.startswith(told), err
    status, _, err = journaled(directory, items, "--resume-previous")
    check_status(status, 2, err)
    assert b"--resume-previous: journal 'j.db' has no run before the last one that began anew" in err, err
    _, _, err = journaled(directory, "[bad1]")
    assert err.startswith(told), err
    for how, ran in (("--resume-previous", ["bad1", "bad2"]), ("--resume-previous", ["bad1", "bad2"]),
                     ("--resume", ["bad1", "bad2"])):
        (directory.path / "began").unlink()
        status, _, err = journaled(directory, items, how)
        check_status(status, 1, err)
        assert sorted(words(directory, "began")) == ran and not err, (how, words(directory, "began"), err)
    _, _, err = journaled(directory, items)
    assert err.startswith(told), err


def test_a_part_of_a_run_says_nothing_of_what_was_done():
    directory = Directory()
    journaled(directory, "[a, b]")
    status, _, err = journaled(directory, "[a, b]", "--task=0")
    check_status(status, 0, err)
    assert not err, err
