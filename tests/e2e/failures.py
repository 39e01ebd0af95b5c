"""What a pool that did not do all of its tasks says at the end: what failed, and how to go on."""
import json
import os
import subprocess

from harness.parrun import INT, PATIENCE, PROGRAM, Directory, Run, check_status, complete, died_of, mark

TALKATIVE = """
    vars: {word: "don't"}
    pools:
      p:
        workers: 1
        tasks: [good, "a b", "it's", bad, worse, worst, last]
        env: {WORD: "${{ vars.word }}"}
        output: OUTPUT
        run: |
          seq 3000
          printf '%s|%s|end' "$WORD" ${{ item }}
          [ ${{ item }} = good ]
"""


def events(output, kind):
    return [event for line in output.splitlines() if (event := json.loads(line))["event"] == kind]


def shell(command, directory):
    return subprocess.run(["sh", "-c", command], cwd=directory.path, capture_output=True, check=False,
                          timeout=PATIENCE)


def test_first_failures_have_last_lines_and_a_command():
    for output in ("group", "lines", "ordered", "discard"):
        directory = Directory()
        status, told, _ = complete(TALKATIVE.replace("OUTPUT", output), "--format=json",
                                   directory=directory)
        check_status(status, 1)
        failure, = events(told, "pool.failure")
        assert failure["task"] == 1 and failure["item"] == "a b" and failure["code"] == 1, failure
        assert failure["count"] == 6, failure
        assert failure["tasks"] == "1 (a b), 2 (it's), 3 (bad), 4 (worse), 5 (worst) and 1 more", failure
        last = "2997\n2998\n2999\n3000\ndon't|a b|end"
        assert failure["output"] == last, (output, failure)
        alone = shell(failure["command"], directory)
        assert alone.returncode == 1 and alone.stdout.decode().endswith(last), alone
        summary, = events(told, "pool.summary")
        assert (summary["succeeded"], summary["count"], summary["left"]) == (1, 6, 0), summary


def test_what_failed_in_the_same_way_is_told_once():
    """Numbers and items make no other way; an exit code, another text and a reason do."""
    status, told, _ = complete("""
        pools:
          p:
            workers: 1
            tasks: [{f: a.c, n: 7}, {f: b.c, n: 12}, {f: c.c, n: 7}, {f: x, n: 7}, {f: d.c, n: 1}, {f: y, n: 7}]
            run: |
              f=${{ item.f }} n=${{ item.n }}
              case $f in x) echo no $f; exit 2 ;; y) kill -9 $$ ;; esac
              echo "$f:$((n * 3)): cannot read lib$f of $f"
              exit 1
    """)
    check_status(status, 1)
    told = told.decode()
    heads = [line for line in told.splitlines() if line.startswith("Failed task")]
    assert heads == [
        'Failed tasks 0 ({"f":"a.c","n":7}), 1 ({"f":"b.c","n":12}), 2 ({"f":"c.c","n":7}) and 4 ({"f":"d.c","n":1}): '
        "exit code 1.",
        'Failed task 3 ({"f":"x","n":7}): exit code 2.',
        'Failed task 5 ({"f":"y","n":7}): ended by signal KILL.'], told
    assert told.count("    | a.c:21: cannot read liba.c of a.c\n    run it alone: ") == 1, told
    assert told.count("run it alone: ") == 3 and "b.c:36" not in told.partition("Failed tasks")[2], told


def test_more_ways_to_fail_than_are_told():
    _, told, _ = complete("pools: {p: {workers: 1, tasks: {range: [1, 9]}, run: 'exit ${{ item }}'}}")
    assert told.count(b"\nFailed task") == 5, told
    assert b"Pool p: 0 tasks succeeded, 9 failed (4 not shown)." in told, told


def test_command_of_a_task_that_its_environment_tells():
    directory = Directory()
    directory.file("work", '#!/bin/sh\n[ "$PARRUN_ITEM" != "x y" ]\n').chmod(0o755)
    _, told, _ = complete("pools: {p: {tasks: [a, 'x y'], exec: [./work]}}", "--format=json",
                          directory=directory)
    failure, = events(told, "pool.failure")
    assert shell(failure["command"], directory).returncode == 1, failure
    assert shell(failure["command"].replace("x y", "x"), directory).returncode == 0, failure


def test_conditions_of_a_task_hold_where_it_is_run_alone():
    """What a limit, a timeout, a umask or a secret makes fail fails in the same way; nothing else changes the command."""
    for keys, run in (("limits: {fsize: 1K}", "head -c 2000 /dev/zero >big"),
                      ("timeout: 200ms", "sleep 1000"),
                      ("umask: '077'", "test $(umask) = 0022"),
                      ("env: {KEY: {value: s3cret-word, secret: true}}", "test s3cret-word != $KEY")):
        directory = Directory()
        scenario = f"pools: {{p: {{workers: 1, tasks: [a, b], {keys}, run: '{run}'}}, q: {{tasks: 1, run: 'true'}}}}"
        _, told, _ = complete(scenario, "--format=json", directory=directory)
        failure, = events(told, "pool.failure")
        assert failure["count"] == 2 and " --task p:0 " in failure["command"], (keys, failure)
        alone = shell(failure["command"], directory)
        assert alone.returncode == 1, (keys, alone)
        assert f"Failed task 0 (a) of pool p: {failure['reason']}".encode() in alone.stdout, (keys, alone)
        assert b"Pool p: 0 tasks succeeded, 1 failed." in alone.stdout, (keys, alone)
    _, told, _ = complete("pools: {p: {tasks: 1, output: lines, run: 'exit 3'}}", "--format=json")
    assert "/bin/sh -c 'exit 3'" in events(told, "pool.failure")[0]["command"], told


def test_conditions_of_a_process_hold_where_it_is_run_alone():
    for keys in ("timeout: 200ms, run: sleep 1000", "limits: {fsize: 1K}, run: head -c 2000 /dev/zero >big",
                 "stdin: {text: no}, run: '! grep no'", "lua: error('no')"):
        directory = Directory()
        _, told, _ = complete(f"processes: {{p: {{{keys}}}, other: {{run: echo other}}}}", "--format=json",
                              directory=directory)
        failed, = events(told, "run.failed")
        line, = [line for line in failed["message"].splitlines() if "run it alone: " in line]
        assert line.endswith(" run --only p scenario.yaml"), (keys, line)
        alone = shell(line.partition("run it alone: ")[2], directory)
        assert alone.returncode == 1 and b"from elsewhere" not in alone.stdout, (keys, alone)
    _, told, _ = complete("processes: {p: {run: 'false'}, other: {run: 'true'}}")
    assert b"run it alone: /bin/sh -c 'false'" in told or b"run it alone: /bin/sh -c false" in told, told


def test_one_task_of_a_lua_pool_is_run_alone():
    scenario = """
        vars: {bad: 3}
        pools:
          p: {tasks: 9, lua: "print('item', item); assert(item ~= vars.bad)"}
          q: {tasks: 2, lua: "print('of q')"}
    """
    directory = Directory()
    directory.file("s.yaml", scenario)
    told = shell(f"{PROGRAM} --format json s.yaml bad=4", directory).stdout
    failure, = events(told, "pool.failure")
    alone = shell(failure["command"], directory)
    assert alone.returncode == 1, (failure, alone)
    lines = alone.stdout.decode().splitlines()
    assert lines.count("item\t4") == 1 and "    | item\t4" in lines, lines
    assert "item\t3" not in lines and "of q" not in lines, lines
    assert "Pool p: 0 tasks succeeded, 1 failed." in lines, lines


def test_task_that_is_not_there():
    for word, wrong in (("p:9", "pool 'p' has no task 9: there are 9, from 0"),
                        ("b:3", "pool 'b' has no task 3: there are 3, from 0"),
                        ("l:9", "it has no task 9: there are 9"), ("pp:1", "did you mean 'p'?"),
                        ("p:x", "is the number of a task"), ("1", "several pools"),
                        ("m:0", "messages, which have no numbers")):
        status, out, err = complete("""
            queues: {in: {items: [1]}}
            pools:
              p: {tasks: 9, lua: x = 1}
              m: {tasks: {queue: in}, lua: x = 1}
              b: {tasks: 9, batch: 4, lua: x = 1}
              l: {tasks: {output: seq 9}, lua: x = 1}
        """, "--task", word)
        assert status in (1, 2) and wrong in (out + err).decode(), (status, out, err)
        assert (status == 2) == (not out), (word, out)  # what is known beforehand starts nothing


def test_what_is_left_is_run_by_the_command_that_is_told():
    scenario = """
        pools:
          p:
            workers: 1
            tasks: 6
            halt: {failures: 1, how: soon}
            run: echo ${{ item }} >>ran; [ -e mended ] || [ ${{ item }} != 2 ]
    """
    directory = Directory()
    _, told, _ = complete(scenario, "--format=json", "--journal", "a journal", directory=directory)
    summary, = events(told, "pool.summary")
    assert (summary["succeeded"], summary["count"]) == (2, 1), summary
    assert summary["skipped"] + summary["left"] == 3, summary
    directory.file("mended", "")
    ended = shell(summary["command"], directory)
    assert ended.returncode == 0, ended
    assert (directory.path / "ran").read_text().split() == ["0", "1", "2", "2", "3", "4", "5"]
    again = shell(summary["command"], directory)
    assert not events(again.stdout, "task.started") and "reason" not in summary, again


def test_stopped_run_tells_how_to_go_on():
    """The record is left out: it is of this run, and there already."""
    run = Run("pools: {p: {workers: 1, tasks: 5, run: 'echo at work; [ ${{ item }} = 0 ] || sleep 1000'}}",
              "--record", "r.gz", "--journal", "j.db")
    run.wait_for(b"^Run task 1")
    run.signal(INT)
    status, told, _ = run.finish()
    check_status(status, died_of(INT), told)
    assert b"Pool p: 1 task succeeded, 4 were not done.\n    run what is left: " in told, told
    assert told.rstrip().endswith(b" --resume --journal j.db scenario.yaml"), told


def test_quiet_run_that_is_stopped_tells_how_to_go_on():
    directory = Directory()
    gate = directory.fifo("gate")
    run = Run("pools: {p: {workers: 1, tasks: 5, run: '[ ${{ item }} = 0 ] || { echo >gate; sleep 1000; }'}}",
              "-q", "--journal", "j.db", "--record=r.gz", directory=directory)
    open(gate, encoding="utf-8").read()
    run.signal(INT)
    status, told, _ = run.finish()
    check_status(status, died_of(INT), told)
    assert b"Pool p: 1 task succeeded, 4 were not done.\n    run what is left: " in told, told
    assert told.rstrip().endswith(b" --resume -q --journal j.db scenario.yaml"), told


def test_hint_without_a_journal():
    _, told, _ = complete("pools: {p: {tasks: 4, run: '[ ${{ item }} != 1 ]'}}")
    assert b"\n    with --journal FILE, a later run could do only what is left" in told, told


def test_failures_hide_secrets():
    _, told, _ = complete("""
        secrets: [key]
        vars: {key: hunter2-and-more}
        pools: {p: {workers: 1, tasks: ["${{ vars.key }}", x], run: "echo 'got hunter2-and-more'; exit 3"}}
    """, "--format=json")
    failures = events(told, "pool.failure")
    assert len(failures) == 1 and b"hunter2" not in told, told
    assert (failures[0]["tasks"], failures[0]["output"]) == ("0 (***) and 1 (x)", "got ***\n"), failures
    assert " --task p:0 " in failures[0]["command"], failures  # the task's own command does not do it without the secret


def test_what_waits_for_another_try_has_failed_when_the_pool_halts():
    _, told, _ = complete("""
        pools:
          p:
            workers: 1
            tasks: [waits, stops]
            retry: {attempts: 2, delay: 1000s, codes: [3]}
            halt: {failures: 1, how: soon}
            run: "echo said by ${{ item }}; case ${{ item }} in waits) exit 3 ;; *) exit 4 ;; esac"
    """, "--format=json")
    ended = {event["task"]: event for event in events(told, "task.ended")}
    assert (ended[0]["code"], ended[0]["attempt"]) == (3, 1), ended
    assert (ended[1]["code"], ended[1]["attempt"]) == (4, 1), ended
    assert not events(told, "task.skipped"), told
    assert told.count(b"said by waits\\n\"") == 2, told  # once as it came, once among the failures
    failure = {event["task"]: event for event in events(told, "pool.failure")}[0]
    assert failure["output"] == "said by waits\n" and "exit 3" in failure["command"], failure


@mark("release")
def test_many_failures_take_no_memory():
    """The peak with so many failures is that with few."""
    def peak(count):
        directory = Directory()
        directory.file("s.yaml", f"pools: {{p: {{tasks: {count}, lua: error(item)}}}}")
        run = subprocess.Popen([PROGRAM, "-q", "--log", "log", "s.yaml"], cwd=directory.path,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        return os.wait4(run.pid, 0)[2].ru_maxrss
    few, many = peak(2000), peak(100000)
    assert many < few + 2048, (few, many)


def test_joblog_tells_pools_and_items_apart():
    directory = Directory()
    complete("""
        pools:
          p: {workers: 1, tasks: [a, {b: c}], lua: error(item)}
          q: {workers: 1, tasks: [d], retry: {attempts: 2, delay: 1ms}, exec: [sh, -c, 'exit ${{ attempt }}']}
    """, "--joblog", "log", directory=directory)
    rows = [line.split("\t") for line in (directory.path / "log").read_text().splitlines()[1:]]
    told = sorted((row[1], row[0], row[6], row[8]) for row in rows)
    assert told == [("p", "1", "1", "# the Lua chunk at scenario.yaml:3, item a"),
                    ("p", "2", "1", '# the Lua chunk at scenario.yaml:3, item {"b":"c"}'),
                    ("q", "1", "2", "sh -c 'exit 2'")], told
    (directory.path / "notes").write_text("mine\n")
    status, out, err = complete("pools: {p: {tasks: 1, run: 'touch ran'}}", "--joblog", "notes", directory=directory)
    check_status(status, 2, out + err)
    assert b"'notes' is no joblog" in err and (directory.path / "notes").read_text() == "mine\n", err
    assert not (directory.path / "ran").exists()


def test_real_time_signals_have_names():
    """In the log, in records and where a stop names one."""
    directory = Directory()
    status, out, err = complete("""
        processes: {a: {run: "kill -37 $$"}}
        pools: {p: {tasks: 1, results: {file: r.jsonl}, run: "kill -64 $$"}}
    """, directory=directory)
    check_status(status, 1, out + err)
    assert b"RTMIN+3" in out and b"RTMAX" in out, out
    assert '"signal":"RTMAX"' in (directory.path / "r.jsonl").read_text()
