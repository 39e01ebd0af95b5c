"""Durable queues: what was put and not acknowledged is there for the next run, however this one ends."""
import datetime
import json
import os
import re
import signal
import sqlite3
import subprocess
import time

from harness.parrun import (KILL, PATIENCE, PROGRAM, TERM, Directory, Run, amount, check_nothing_left, check_status,
                            complete, mark, own_path)

COUNT = 60

FILL = """
    queues: {{jobs: {{durable: q.db{more}}}}}
    processes:
      fill: {{run: "{run}", stdout: {{queue: jobs}}}}
"""

# Each task says in a file that it is done with its item.
WORK = """
    queues: {{jobs: {{durable: q.db{more}}}}}
    pools:
      p:
        workers: 3
        tasks: {{queue: jobs}}
        run: echo ${{{{ item }}}} >>done
"""


def fill(directory, run, more=""):
    status, out, err = complete(FILL.format(run=run, more=more), directory=directory)
    check_status(status, 0, out + err)
    return out


def rows(directory, query="SELECT body FROM message ORDER BY id", name="q.db"):
    connection = sqlite3.connect(directory.path / name, timeout=PATIENCE)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def bodies(directory, queue="jobs"):
    return [body for body, in rows(directory,
                                   f"SELECT body FROM message WHERE queue = '{queue}' ORDER BY id")]


def words(directory, name="done"):
    path = directory.path / name
    return path.read_text().split() if path.exists() else []


def work(directory, more=""):
    return complete(WORK.format(more=more), directory=directory)


def test_a_later_run_takes_what_an_earlier_one_has_put():
    directory = Directory()
    out = fill(directory, f"seq {COUNT}")
    assert f"Queue jobs keeps {COUNT} messages for the next run.\n".encode() in out, out
    assert bodies(directory) == [str(n) for n in range(1, COUNT + 1)]
    status, out, err = work(directory)
    check_status(status, 0, out + err)
    assert f"Queue jobs goes on with {COUNT} messages of an earlier run.\n".encode() in out, out
    assert sorted(words(directory), key=int) == [str(n) for n in range(1, COUNT + 1)]
    assert bodies(directory) == []


def kill_at_line(directory, line, number=KILL, scenario=WORK.format(more="")):
    run = Run(scenario, directory=directory)
    for _ in range(line):
        if not run.line():
            break
    run.signal_runner(number)
    ended = run.finish()
    check_nothing_left()
    return ended


def check_kill_at(line):
    """Nothing is lost; nothing but what was being worked on is done twice."""
    directory = Directory()
    fill(directory, f"seq {COUNT}")
    kill_at_line(directory, line)
    done, left = words(directory), bodies(directory)
    assert set(done) | set(left) == {str(n) for n in range(1, COUNT + 1)}, (line, done, left)
    status, out, err = work(directory)
    check_status(status, 0, out + err)
    all_done = words(directory)
    assert set(all_done) == {str(n) for n in range(1, COUNT + 1)}
    assert len(all_done) - COUNT <= len(set(done) & set(left)), (line, all_done)
    assert sorted(all_done[len(done):], key=int) == sorted(left, key=int), (line, left, all_done)


@mark("release")
def test_kill_at_any_line_loses_nothing():
    for line in range(0, 45, amount(8, 2)):
        check_kill_at(line)


def test_kill_at_a_few_lines_loses_nothing():
    for line in (1, 9, 30):
        check_kill_at(line)


def test_a_stop_puts_back_what_was_not_done():
    """Of each worker's task that was ended, it may be that its work was done just before."""
    directory = Directory()
    fill(directory, f"seq {COUNT}")
    endless = WORK.format(more="").replace(">>done", f">>done; test ${{{{ item }}}} != {COUNT} || exec sleep 1000")
    status, _, err = kill_at_line(directory, 12, TERM, endless)
    check_status(status, -TERM, err)
    done, left = words(directory), bodies(directory)
    assert set(done) | set(left) == {str(n) for n in range(1, COUNT + 1)}, (done, left)
    assert len(set(done) & set(left)) <= 3 and len(done + left) <= COUNT + 3, (done, left)


def test_values_come_back_as_they_were():
    """Numbers, tables, bytes and texts of any kind, through a file and back, in the order they had."""
    directory = Directory()
    status, out, err = complete(r"""
        queues: {q: {durable: q.db}}
        threads:
          put:
            produces: q
            lua: |
              local q = parrun.queue("q")
              for _, v in ipairs{1, 0.1, -2^53, "text", "", "\0\255\n", true, false, {1, 2, {a = "b"}},
                  {[5] = 1, x = 0.1 + 0.2}, {["\255"] = "\254"}, "1", math.huge, {}} do q:put(v) end
        """, directory=directory)
    check_status(status, 0, out + err)
    assert rows(directory, "SELECT body, form FROM message LIMIT 5") == [
        (1, None), (0.1, None), (-2.0**53, None), ("text", None), ("", None)]
    assert (b"[1,2,{\"a\":\"b\"}]".decode(), "json") in rows(directory, "SELECT body, form FROM message")
    status, out, err = complete(r"""
        queues: {q: {durable: q.db}}
        threads:
          get:
            consumes: q
            lua: |
              local function show(v)
                if type(v) ~= "table" then return math.type(v) or type(v) == "string" and "s" or "",
                  type(v) == "number" and string.format("%.17g", v) or (tostring(v):gsub("%c", "^")) end
                local keys = {}
                for k in pairs(v) do keys[#keys + 1] = k end
                table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
                local text = "{"
                for _, k in ipairs(keys) do
                  text = text .. type(k) .. ":" .. k .. "=" .. table.concat({show(v[k])}, " ") .. ","
                end
                return "t", text .. "}"
              end
              for v in parrun.queue("q"):each() do print(show(v)) end
        """, directory=directory)
    check_status(status, 0, out + err)
    got = [line.split(b">>> ", 1)[1] for line in out.splitlines() if b">>>" in line]
    want = [b"integer\t1", b"float\t0.10000000000000001", b"float\t-9007199254740992", b"s\ttext", b"s\t",
            b"s\t^\xff^", b"\ttrue", b"\tfalse",
            b"t\t{number:1=integer 1,number:2=integer 2,number:3=t {string:a=s b,},}",
            b"t\t{number:5=integer 1,string:x=float 0.30000000000000004,}",
            b"t\t{string:\xff=s \xfe,}", b"s\t1", b"float\tinf", b"t\t{}"]
    assert got == want, "\n".join(f"{a!r} {b!r}" for a, b in zip(got, want) if a != b)


def test_priorities_and_delays_last():
    directory = Directory()
    status, out, err = complete("""
        queues: {q: {durable: q.db}}
        threads:
          put:
            produces: q
            lua: |
              local q = parrun.queue("q")
              q:put("late", {delay = 1000000})
              q:put("usual 1")
              q:put("urgent", {priority = 9})
              q:put("usual 2")
              q:put("soon", {priority = 1})
        """, directory=directory)
    check_status(status, 0, out + err)
    status, out, err = complete("""
        queues: {q: {durable: q.db}}
        processes: {get: {run: for i in 1 2 3 4; do read -r line; echo "$line"; done, stdin: {queue: q}}}
        """, directory=directory)
    check_status(status, 0, out + err)
    got = [line.split(b"| ")[1] for line in out.splitlines() if b"| " in line]
    assert got == [b"urgent", b"soon", b"usual 1", b"usual 2"], got
    assert rows(directory, "SELECT body, round(due - put) FROM message") == [("late", 1000000.0)]


def test_a_delay_goes_on_in_the_next_run():
    directory = Directory()
    told(directory, "put", "--delay", "2s", "q", "late")
    (due,), = rows(directory, "SELECT due FROM message")
    status, out, err = complete("""
        queues: {q: {durable: q.db}}
        processes: {get: {run: "read -r line; date +%s.%N", stdin: {queue: q}}}
        """, directory=directory)
    check_status(status, 0, out + err)
    assert float(re.search(rb"get \| (.*)\n", out)[1]) >= due, (out, due)


def test_much_in_the_file_is_read_in_pieces():
    """A queue of little capacity goes through a file of many messages in their order."""
    directory = Directory()
    fill(directory, "seq 20000")
    status, out, err = complete("""
        queues: {jobs: {durable: q.db, capacity: 10}}
        processes: {get: {run: cat >got, stdin: {queue: jobs}}}
        """, directory=directory)
    check_status(status, 0, out + err)
    assert words(directory, "got") == [str(n) for n in range(1, 20001)]
    assert bodies(directory) == []


def test_a_reader_that_dies_leaves_the_rest():
    """What a process has read of its input is done; all the rest is there next time."""
    directory = Directory()
    fill(directory, "seq 5000")
    status, out, err = complete("""
        queues: {jobs: {durable: q.db}}
        processes: {get: {run: "for i in 1 2 3; do read line; echo $line >>got; done", stdin: {queue: jobs}}}
        """, directory=directory)
    check_status(status, 0, out + err)
    assert words(directory, "got") == ["1", "2", "3"]
    left = bodies(directory)
    assert left == [str(n) for n in range(4, 5001)], (left[:3], len(left))


def test_more_is_put_where_nobody_takes():
    """Run after run fills a queue that none of them reads, whatever is in it."""
    directory = Directory()
    for n in range(3):
        fill(directory, f"echo {n}", more=", capacity: 1")
    assert bodies(directory) == ["0", "1", "2"]


def test_items_are_put_once():
    directory = Directory()
    scenario = """
        queues: {jobs: {durable: q.db, items: [a, b]}}
        pools: {p: {tasks: {queue: jobs}, run: "echo ${{ item }} >>done"}}
        """
    assert told(directory, "put", "jobs", "early") == "1 message put into the new queue jobs.\n"  # before any run
    for turn in range(2):
        status, out, err = complete(scenario, directory=directory)
        check_status(status, 0, out + err)
        assert (b"goes on with 1 message of an earlier run" in out) == (not turn), out
    assert sorted(words(directory)) == ["a", "b", "early"]


TRIED = """
    queues:
      jobs: {durable: q.db, max_attempts: 2, dead_letter: failed}
      failed: {durable: q.db, framing: json}
    pools:
      p:
        workers: 1
        tasks: {queue: jobs}
        retry: {delay: 0s}
        run: |
          echo ${{ item }} >>began
          case ${{ item }} in 3) kill -9 $(cat runner); exec sleep 60 ;; esac
"""


def test_a_message_that_ends_every_run_is_given_up():
    """Attempts count over runs: what kills the runner itself is put aside after as many."""
    directory = Directory()
    fill(directory, "seq 4")
    fifo = directory.fifo("runner")
    for turn in range(2):
        run = Run(TRIED, directory=directory, stdin=None)
        while ("3", turn + 1) not in rows(directory, "SELECT body, attempts FROM message"):
            time.sleep(0.005)
        assert ("4", 0) in rows(directory, "SELECT body, attempts FROM message"), "it has not begun"
        fifo.write_text(f"{run.runner()}\n")
        run.finish()
        check_nothing_left()
    assert words(directory, "began").count("3") == 2
    status, out, err = complete(TRIED, directory=directory)
    check_status(status, 0, out + err)
    assert words(directory, "began").count("3") == 2
    assert b"no run that tried it came to its end" in out, out
    (body, attempts), = rows(directory, "SELECT body, attempts FROM message")
    assert '"message":"3"' in body and '"attempts":2' in body, body


CHAIN = """
    queues:
      jobs: {durable: a.db}
      results: {durable: b.db}
    pools:
      p:
        workers: 2
        tasks: {queue: jobs}
        produces: results
        lua: |
          if item == "%d" then parrun.sleep(1000) end
          parrun.queue("results"):put("done " .. item)
""" % COUNT


def test_results_last_before_their_tasks_are_done_with():
    """Queues in two files, and kills: each task is in one file or its result is in the other."""
    for line in (3, 8, 15, 25, 40):
        directory = Directory()
        check_status(complete(FILL.format(run=f"seq {COUNT}", more="").replace("q.db", "a.db"),
                              directory=directory)[0], 0)
        run = Run(CHAIN, directory=directory)
        runner = run.runner()
        for _ in range(line):
            run.line()
        os.kill(runner, KILL)
        run.finish()
        check_nothing_left()
        left = {body for body, in rows(directory, name="a.db")}
        results = {body.split()[1] for body, in rows(directory, name="b.db")}
        assert left | results == {str(n) for n in range(1, COUNT + 1)}, (line, left, results)


def test_two_runs_with_one_file():
    directory = Directory()
    run = Run("""
        queues: {jobs: {durable: q.db, close: never}}
        processes: {get: {run: "echo up; cat", stdin: {queue: jobs}}}
        """, directory=directory)
    run.wait_for(b"up")
    status, out, err = complete(FILL.format(run="seq 3", more=""), directory=directory)
    check_status(status, 2, out + err)
    want = f"queue 'jobs': queue file '{directory.path}/q.db': a run with pid {run.runner()} is writing it"
    assert want.encode() in err, err
    run.signal(TERM)
    run.finish()


def test_files_that_are_none():
    for plant, words_ in ((lambda path: path.write_text("no database " * 100), b"not a database"),
                          (lambda path: path.symlink_to("other"), b"symbolic link"),
                          (os.mkfifo, b"no regular file")):
        directory = Directory()
        plant(directory.path / "q.db")
        status, out, err = complete(FILL.format(run="touch started", more=""), directory=directory)
        check_status(status, 2, out + err)
        assert words_ in err, err
        assert not (directory.path / "started").exists()


def test_a_journal_is_no_queue_file():
    directory = Directory()
    status, _, err = complete("pools: {p: {tasks: 1, run: 'true'}}", "--journal=q.db", directory=directory)
    check_status(status, 0, err)
    status, out, err = complete(FILL.format(run="true", more=""), directory=directory)
    check_status(status, 2, out + err)
    assert b"it is another program's database, not a queue file" in err, err


def test_a_full_disk_is_told_and_nothing_is_taken_for_safe():
    """RLIMIT_FSIZE stands for the disk: the run stops, says so, and ends with status 3."""
    import resource
    directory = Directory()
    fill(directory, "seq 3")
    limit = (directory.path / "q.db").stat().st_size + 200000

    def shrink():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    status, out, err = complete(
        FILL.format(run="seq 1000000 | sed s/$/abcdefghijklmnopqrstuvwxyz/", more=", capacity: 1000000"),
        directory=directory, preexec_fn=shrink)
    check_status(status, 3, out + err)
    assert b"a durable queue cannot be written to its file" in out, out[-500:]
    assert b"notes about messages could not be written" in err, err
    rows(directory)


def queue(directory, *words_, stdin=b""):
    """parrun queue q.db ...: status, output, errors."""
    ended = subprocess.run([PROGRAM, "queue", "q.db", *words_], cwd=directory.path, input=stdin,
                           capture_output=True, check=False)
    return ended.returncode, ended.stdout, ended.stderr


def told(directory, *words_, stdin=b""):
    status, out, err = queue(directory, *words_, stdin=stdin)
    check_status(status, 0, out + err)
    return out.decode()


def depths(directory):
    lines = told(directory, "list").splitlines()
    assert lines[0].split() == ["QUEUE", "MESSAGES", "TRIED", "DELAYED", "OLDEST", "UNTIL"], lines
    return {line.split()[0]: int(line.split()[1]) for line in lines[1:]}


DEAD = """
    queues:
      jobs: {durable: q.db, max_attempts: 1, dead_letter: failed}
      failed: {durable: q.db, framing: json}
    pools:
      p: {tasks: {queue: jobs}, run: "echo ${{ item }} >>done; test ${{ item }} != 7 -o -e mended"}
"""


def test_the_file_from_the_shell():
    directory = Directory()
    assert told(directory, "put", "jobs", "a", "7") == "2 messages put into the new queue jobs.\n"
    assert told(directory, "put", "--priority=3", "jobs", stdin=b"x y\nz") == "2 messages put into jobs.\n"
    lines = told(directory, "list", "jobs").splitlines()
    assert [line.split(None, 5)[5] for line in lines[1:]] == ["x y", "z", "a", "7"], lines
    check_status(complete(DEAD, directory=directory)[0], 1)
    assert depths(directory) == {"jobs": 0, "failed": 1}
    assert told(directory, "requeue", "failed") == "1 message put back from failed.\n"
    assert rows(directory, "SELECT queue, body, attempts FROM message") == [("jobs", "7", 0)]
    directory.file("mended", "")
    check_status(complete(DEAD, directory=directory)[0], 0)
    told(directory, "put", "failed", "1", "2")
    assert told(directory, "purge", "failed") == "2 messages purged from failed.\n"
    assert depths(directory) == {"jobs": 0, "failed": 0}


def test_what_is_delayed_is_told_and_until_when():
    directory = Directory()
    told(directory, "put", "jobs", "now")
    told(directory, "put", "--delay", "1h", "jobs", "later")
    told(directory, "put", "--delay", "2h", "jobs", "at last")
    told(directory, "put", "other", "x")
    jobs, other = (line.split() for line in told(directory, "list").splitlines()[1:])
    assert jobs[:2] + jobs[3:4] == ["jobs", "3", "2"] and other[3] == "0" and other[-1] == "-", (jobs, other)
    delays = [line.split()[4] for line in told(directory, "list", "jobs").splitlines()[1:]]
    assert delays[0] == "-" and delays[1] == jobs[-1], (delays, jobs)
    due = rows(directory, "SELECT due FROM message WHERE due NOTNULL ORDER BY id")
    for shown, (at,) in zip(delays[1:], due):
        assert abs(datetime.datetime.fromisoformat(shown.replace("Z", "+00:00")).timestamp() - at) < 1, (shown, at)


def size(path):
    return sum(file.stat().st_size for file in path.glob("q.db*"))


def test_compact_gives_the_disk_back():
    directory = Directory()
    told(directory, "put", "jobs", stdin=b"something that takes some room\n" * 20000)
    full = size(directory.path)
    told(directory, "purge", "jobs")
    told(directory, "put", "jobs", "kept")
    assert re.fullmatch(r"q\.db has given back 9\d% of its pages\.\n", told(directory, "compact"))
    assert size(directory.path) < full // 10, (size(directory.path), full)
    assert rows(directory, "SELECT body FROM message") == [("kept",)]


def test_the_file_from_the_shell_in_vain():
    directory = Directory()
    for words_, status, message in (
            (("list",), 2, "queue file 'q.db': No such file or directory"),
            (("purge", "jobs"), 2, "queue file 'q.db': No such file or directory"),
            (("lst",), 2, "is followed by 'list', 'put', 'requeue', 'purge' or 'compact', not by 'lst'"),
            ((), 2, "is followed by 'list', 'put', 'requeue', 'purge' or 'compact'\n"),
            (("requeue",), 2, "usage: parrun queue FILE requeue QUEUE [TARGET]"),
            (("list", "a", "b"), 2, "usage: parrun queue FILE list [QUEUE]")):
        got, out, err = queue(directory, *words_)
        check_status(got, status, out + err)
        assert message in err.decode(), err
        assert not (directory.path / "q.db").exists()
    told(directory, "put", "jobs", "a")
    status, _, err = queue(directory, "purge", "job")
    assert (status, err) == (2, b"parrun: error: queue file 'q.db': it has no queue 'job'\n")
    status, _, err = queue(directory, "requeue", "jobs")
    assert status == 2 and b"message 1 is no dead letter: name the queue that it goes to" in err, err
    told(directory, "put", "other", "b")
    assert told(directory, "requeue", "jobs", "other") == "1 message put back from jobs.\n"
    assert rows(directory, "SELECT queue, body FROM message ORDER BY id") == [("other", "a"), ("other", "b")]


OPEN = """
    queues:
      jobs: {durable: q.db, close: never}
      idle: {durable: q.db}
      failed: {durable: q.db, framing: json}
    processes:
      up: {run: "echo up; cat", stdin: {queue: jobs}}
"""


def test_requeue_goes_to_queues_that_are_there():
    directory = Directory()
    assert told(directory, "put", "failed", "a", "b") == "2 messages put into the new queue failed.\n"
    status, _, err = queue(directory, "requeue", "failed", "nosuch")
    assert status == 2 and b"it has no queue 'nosuch'" in err, (status, err)
    assert depths(directory)["failed"] == 2, depths(directory)


def test_a_listing_whose_reader_has_enough():
    directory = Directory()
    told(directory, "put", "jobs", stdin=b"".join(b"%d\n" % n for n in range(100_000)))
    with subprocess.Popen([PROGRAM, "queue", "q.db", "list", "jobs"], cwd=directory.path,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as listing:
        listing.stdout.readline()
        listing.stdout.close()
        assert listing.stderr.read() == b""
        assert listing.wait(PATIENCE) == -signal.SIGPIPE


def test_results_go_on_with_the_queue():
    directory = Directory()
    text = """
        queues: {jobs: {durable: q.db}}
        pools: {p: {workers: 1, tasks: {queue: jobs}, run: "true", results: {file: r.jsonl}}}
    """
    for word in "ab":
        told(directory, "put", "jobs", word)
        Run(text, directory=directory).finish()
    records = (directory.path / "r.jsonl").read_text().splitlines()
    assert [json.loads(record)["item"] for record in records] == ["a", "b"], records


def test_the_file_while_a_run_has_it():
    """The run is asked: what is put goes to its consumers, and is on the disk when that is said."""
    directory = Directory()
    run = Run(OPEN, directory=directory)
    run.wait_for(b"up . up")
    assert told(directory, "put", "jobs", "a", "b") == "2 messages put into jobs.\n"
    run.wait_for(b"up . b")
    assert told(directory, "put", "idle", stdin=b"1\n2\n3\n") == "3 messages put into idle.\n"
    assert bodies(directory, "idle") == ["1", "2", "3"]
    assert depths(directory)["idle"] == 3
    assert told(directory, "requeue", "idle", "jobs") == "3 messages put back from idle.\n"
    run.wait_for(b"up . 3")
    told(directory, "put", "failed", '{"message": "again", "queue": "jobs", "reason": "x"}')
    assert told(directory, "requeue", "failed") == "1 message put back from failed.\n"
    run.wait_for(b"up . again")
    told(directory, "put", "failed", '{"message": "odd"}')
    status, _, err = queue(directory, "requeue", "failed")
    assert status == 2 and b"1 of its messages are no dead letters" in err, err
    assert told(directory, "purge", "failed") == "1 message purged from failed.\n"
    status, _, err = queue(directory, "put", "job", "a")
    assert status == 2 and b"queue 'job': the run has no queue 'job', did you mean 'jobs'?" in err, err
    run.signal(TERM)
    run.finish()
    check_nothing_left()
    assert rows(directory) == []


def test_what_a_run_has_done_is_told_or_that_is_an_error():
    directory = Directory()
    run = Run(OPEN, directory=directory)
    run.wait_for(b"up . up")
    with open("/dev/full", "wb") as full:
        ended = subprocess.run([PROGRAM, "queue", "q.db", "put", "idle", "1"], cwd=directory.path, stdout=full,
                               stderr=subprocess.PIPE, timeout=PATIENCE, check=False)
    assert ended.returncode == 3 and b"standard output: No space left" in ended.stderr, ended
    run.signal(TERM)
    run.finish()
    check_nothing_left()
    assert bodies(directory, "idle") == ["1"]


def test_a_message_is_there_until_its_record_is():
    """The second one is done, and waits for the first one to be told; then the run is killed. What the third one puts is on
    the disk when its put returns, and so is all that was acknowledged before."""
    directory = Directory()
    gate, told = directory.fifo("gate"), directory.fifo("told")
    fill(directory, "echo first; echo second; echo third")
    run = Run("""
        queues: {jobs: {durable: q.db}, log: {durable: q.db}}
        pools:
          p:
            workers: 2
            tasks: {queue: jobs}
            produces: log
            output: ordered
            results: {file: records}
            run: |
              case ${{ item }} in first) cat gate ;; third) parrun queue q.db put log third; echo >told; exec cat gate ;; esac
        """, directory=directory, env=own_path())
    runner = run.runner()
    told.read_text()
    os.kill(runner, KILL)
    run.finish()
    records = [json.loads(line)["item"] for line in (directory.path / "records").read_text().splitlines()]
    assert bodies(directory, "log") == ["third"] and "second" in bodies(directory) + records, (bodies(directory, "log"), records, bodies(directory))


def test_a_run_that_was_killed_leaves_its_file_usable():
    directory = Directory()
    run = Run(OPEN, directory=directory)
    run.wait_for(b"up . up")
    told(directory, "put", "idle", "1")
    os.kill(run.runner(), KILL)
    run.finish()
    assert told(directory, "put", "idle", "2") == "1 message put into idle.\n"
    assert bodies(directory, "idle") == ["1", "2"]


def test_half_a_line_of_who_is_stopped_is_not_kept():
    """Nor of who dies by it behind a shell; who ends well on the signal has written all it wanted."""
    for run, kept, half in (("printf '1\\n2'; echo up >&2; exec sleep 1000", ["1"], b"1 byte of it, and no end, when it was ended by signal TERM"),
                            ("sh -c 'printf 12; echo up >&2; exec sleep 1000'; exit", [], b"2 bytes of it, and no end, when it was ended by signal TERM"),
                            ("trap 'exit 0' TERM; printf '1\\n2'; echo up >&2; while :; do sleep 0.05; done", ["1", "2"], None)):
        directory = Directory()
        waits = Run(FILL.format(run=run, more=""), directory=directory)
        waits.wait_for(rb"\| up")
        waits.signal(TERM)
        _, out, _ = waits.finish()
        assert bodies(directory) == kept, (run, out)
        assert (b"Queue jobs: half a message is not put: process fill had written " in out) == bool(half) and (half or b"") in out, (run, out)


def soak_durable_through_many_kills():
    """50 runs that are killed after some random time; the tasks of all together are done."""
    import random
    directory = Directory()
    count = 3000
    fill(directory, f"seq {count}")
    for _ in range(50):
        run = Run(WORK.format(more=""), directory=directory)
        time.sleep(random.uniform(0, 0.3))
        run.signal_runner(KILL)
        run.finish()
        check_nothing_left()
    status, out, err = work(directory)
    check_status(status, 0, out[-1000:] + err)
    done = words(directory)
    assert set(done) == {str(n) for n in range(1, count + 1)}
    print(f"{count} messages, 50 kills: {len(done) - count} done twice")


@mark("release")
def test_what_lasts_needs_no_journal():
    """What failed is in the file: nothing is said of a journal that would do the rest."""
    directory = Directory()
    told(directory, "put", "jobs", "a", "b", "boom")
    status, out, err = complete("""
        queues:
          jobs: {durable: q.db, max_attempts: 1, dead_letter: bad}
          bad: {durable: q.db}
        pools:
          work: {workers: 1, tasks: {queue: jobs}, run: "test ${{ item }} != boom"}
    """, directory=directory)
    check_nothing_left()
    check_status(status, 1, out + err)
    assert b"Pool work: 2 tasks succeeded, 1 failed." in out and b"--resume" not in out, out.decode()
