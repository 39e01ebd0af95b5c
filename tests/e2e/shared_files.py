"""Files that a run writes and somebody else touches: another run, a rotation, rm, mv, an earlier end in mid-line."""
import json
import os
import shutil
import sqlite3
import subprocess

from harness.parrun import PROGRAM, Directory, Run, check_nothing_left, check_status, complete

TASKS = """
    pools: {{p: {{workers: 1, tasks: [a, b], run: "echo up ${{{{ item }}}}; until test -e go; do sleep 0.05; done", output: lines{more}}}}}
"""


def check_second(options, more, path, doing):
    """While one run writes PATH another is refused, before it starts anything, and nothing of the first is lost."""
    directory = Directory()
    text = TASKS.format(more=more)
    for _ in range(2):  # the file is there already, or is not
        (directory.path / "go").unlink(missing_ok=True)
        run = Run(text, *options, directory=directory)
        run.wait_for(b"up a")
        status, out, err = complete(text, *options, directory=directory)
        check_status(status, 2, out + err)
        want = f"cannot {doing} '{path(directory)}': a run with pid {run.runner()} is writing it"
        assert want.encode() in err and b"up" not in out, (want, err)
        directory.file("go", "")
        status, out, err = run.finish()
        check_status(status, 0, out + err)
        check_nothing_left()
    return directory


def test_a_second_run_with_the_same_results():
    directory = check_second((), ", results: {file: r.jsonl}", lambda d: d.path / "r.jsonl", "write results to")
    assert len((directory.path / "r.jsonl").read_text().splitlines()) == 2


def test_a_second_run_with_the_same_directory():
    directory = check_second((), ", results: {dir: out}", lambda d: d.path / "out/results.jsonl", "write results to")
    assert (directory.path / "out/0.out").read_text() == "up a\n"


def test_a_second_run_with_the_same_joblog():
    directory = check_second(("--joblog=j.log",), "", lambda d: "j.log", "write the joblog to")
    assert len((directory.path / "j.log").read_text().splitlines()) == 3


def test_a_second_run_with_the_same_log():
    directory = check_second(("--log=p.log",), "", lambda d: "p.log", "write the log to")
    assert (directory.path / "p.log").read_text().count("Parent process") == 1


def test_runs_that_add_to_one_log():
    directory = Directory()
    text = "log: {file: p.log, append: true}" + TASKS.format(more="").replace("\n    ", "\n")
    runs = [Run(text, directory=directory) for _ in range(2)]
    for run in runs:
        run.wait_for(b"up a")
    directory.file("go", "")
    for run in runs:
        status, out, err = run.finish()
        check_status(status, 0, out + err)
    assert (directory.path / "p.log").read_text().count("Parent process") == 2


def test_devices_are_nobodys():
    directory = Directory()
    text = TASKS.format(more=", results: {file: /dev/null}")
    runs = [Run(text, "--joblog=/dev/stderr", "--log=/dev/null", directory=directory) for _ in range(2)]
    directory.file("go", "")
    for run in runs:
        status, out, err = run.finish()
        check_status(status, 0, out + err)


# ---- a torn last line ----

def after_torn(scenario, path, *arguments, half="half of a li"):
    """What stands in PATH behind the half of a line."""
    directory = Directory()
    directory.file(path, half)
    status, out, err = complete(scenario, *arguments, directory=directory)
    check_status(status, 0, out + err)
    first, *others = (directory.path / path).read_text().splitlines()
    assert first == half and others, (first, others)
    return others


def test_a_torn_line_is_ended():
    say = 'processes: {p: {run: "echo new"%s}}'
    joblog = after_torn("pools: {p: {tasks: [a], run: 'true'}}", "j.log", "--joblog=j.log", "--journal=j.db", "--resume", half="Seq\tHo")
    assert joblog[0].startswith("1\t"), joblog
    lines = after_torn("log: {file: p.log, append: true, format: json}\n" + say % "", "p.log")
    assert all(json.loads(line) for line in lines)
    after_torn("log: {file: p.log, append: true}\n" + say % "", "p.log")
    assert after_torn(say % ", stdout: {file: o.log, append: true}", "o.log") == ["new"]
    assert after_torn(say % ", stdout: {file: o.log, append: true, rotate: {size: 1M}}", "o.log") == ["new"]


# ---- a file that rotates, and is taken away ----

LINES = 400
TALK = """
    processes:
      d:
        run: |
          i=0; while [ $i -lt %d ]; do
            echo "line $i xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"; i=$((i+1))
            if [ $i = %d ]; then touch half; until test -e go; do sleep 0.05; done; fi
          done
        %s
"""


def bytes_of(path):
    """What PATH holds; nothing while it is on its way to be an old file and there is no new one."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def lines_after(act, *options, stdout="", written="log/o.log"):
    """ACT with the directory in mid-run; the numbers of the lines that are left, and the directory."""
    directory = Directory()
    (directory.path / "log").mkdir()
    run = Run(TALK % (LINES, LINES // 2, stdout), *options, directory=directory)
    path = directory.path / written
    half = f"line {LINES // 2 - 1} ".encode()
    while not (directory.path / "half").exists() or half not in bytes_of(path):
        assert run.process.poll() is None
    act(directory.path)
    directory.file("go", "")
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    texts = [path.read_text() for path in directory.path.rglob("*.log*")]
    found = [line.split("line ")[1].split()[0] for text in texts for line in text.splitlines() if "line " in line]
    return sorted(int(number) for number in found), directory


ROTATES = "stdout: {file: log/o.log, rotate: {size: 4K, keep: 20}}"
LOG = ("--log=log/o.log", "--log-rotate=8K:40", "--format=json")
WHOLE = list(range(LINES))
BEHIND = list(range(LINES // 2, LINES))


def test_a_rotating_file_is_removed():
    for options, stdout, name in (((), ROTATES, "o.log"), (LOG, "", "o.log")):
        found, _ = lines_after(lambda path: (path / "log" / name).unlink(), *options, stdout=stdout)
        assert found[-len(BEHIND):] == BEHIND, found
        assert found[0] == 0, "the old ones are still there"


def test_a_rotating_file_is_moved_away():
    found, directory = lines_after(lambda path: (path / "log/o.log").rename(path / "moved.log"), stdout=ROTATES)
    assert found == WHOLE
    assert (directory.path / "moved.log").read_text().splitlines()[-1].startswith(f"line {LINES // 2 - 1} ")


def test_another_file_stands_in_its_place():
    """As logrotate's `create` makes one."""
    def act(path):
        (path / "log/o.log").rename(path / "moved.log")
        (path / "log/o.log").touch()
    found, _ = lines_after(act, stdout=ROTATES)
    assert found == WHOLE


def test_the_directory_of_a_rotating_file_is_removed():
    for options, stdout in (((), ROTATES), (LOG, "")):
        found, _ = lines_after(lambda path: shutil.rmtree(path / "log"), *options, stdout=stdout)
        assert found == BEHIND, found


# ---- a file that is removed or replaced, and what it held with it ----

KEEPS = """
    queues: {{jobs: {{durable: q.db, items: [a, b, c]}}}}
    pools:
      p: {{workers: 1, tasks: {source}, results: {{file: r.jsonl}}, output: lines,
           run: "echo up ${{{{ item }}}}; until test -e go; do sleep 0.05; done"}}
"""


def check_told(act, words, source="[a, b, c]"):
    directory = Directory()
    run = Run(KEEPS.format(source=source) if source != "[a, b, c]" else KEEPS.format(source=source).split("\n", 2)[2],
              "--joblog=j.log", "--journal=j.db", "--log=p.log", directory=directory)
    run.wait_for(b"up a")
    act(directory.path)
    directory.file("go", "")
    status, out, err = run.finish()
    check_status(status, 3, out + err)
    check_nothing_left()
    told = (out + err).decode() + ((directory.path / "p.log").read_text() if (directory.path / "p.log").exists() else "")
    assert err.decode().count("somebody has removed") <= 1, err
    assert words in told, told


def test_a_file_that_is_removed_is_told():
    removed = {"r.jsonl": "cannot write results to '%s/r.jsonl': somebody has removed it",
               "j.log": "j.log: somebody has removed it", "p.log": "p.log: somebody has removed it",
               "j.db": "journal 'j.db': somebody has removed or replaced it"}
    for name, words in removed.items():
        where = []
        check_told(lambda path, name=name: (where.append(path), (path / name).unlink()),
                   words.split("%s")[-1])


def test_a_queue_file_that_is_removed_or_replaced_is_told():
    def replace(path):
        for name in ("q.db", "q.db-wal", "q.db-shm"):
            (path / name).unlink(missing_ok=True)
        subprocess.run([PROGRAM, "queue", "q.db", "put", "jobs", "x"], cwd=path, check=True,
                       stdout=subprocess.DEVNULL)
    for act in (lambda path: (path / "q.db").unlink(), replace,
                lambda path: os.rename(path / "q.db", path / "moved.db")):
        check_told(act, "q.db': somebody has removed or replaced it", source="{queue: jobs}")


# ---- what an earlier run has left, and what none needs any more ----

def test_outputs_of_tasks_that_are_no_more():
    """Those that the earlier run has recorded go with its records; what is nobody's stays."""
    directory = Directory()
    text = "pools: {p: {tasks: {range: [1, %d]}, run: 'echo ${{ item }}', results: {dir: out}}}"
    check_status(complete(text % 5, directory=directory)[0], 0)
    directory.file("out/7.out", "somebody's")
    check_status(complete(text % 2, directory=directory)[0], 0)
    assert sorted(path.name for path in (directory.path / "out").iterdir()) == [
        "0.out", "1.out", "7.out", "results.jsonl"]


def test_an_empty_queue_file_gives_the_disk_back():
    directory = Directory()
    line = b"x" * 1000 + b"\n"
    subprocess.run([PROGRAM, "queue", "q.db", "put", "jobs"], cwd=directory.path, input=line * 4000, check=True,
                   stdout=subprocess.DEVNULL)
    full = (directory.path / "q.db").stat().st_size
    status, out, err = complete("""
        queues: {jobs: {durable: q.db}}
        processes: {get: {run: "cat >/dev/null", stdin: {queue: jobs}}}
        """, directory=directory)
    check_status(status, 0, out + err)
    assert (directory.path / "q.db").stat().st_size < full / 10
    subprocess.run([PROGRAM, "queue", "q.db", "put", "jobs"], cwd=directory.path, input=line * 4000, check=True,
                   stdout=subprocess.DEVNULL)
    for words in (("purge", "jobs"), ("compact",)):
        out = subprocess.run([PROGRAM, "queue", "q.db", *words], cwd=directory.path, check=True,
                             stdout=subprocess.PIPE).stdout
    assert out.startswith(b"q.db has given back 9"), out
    assert (directory.path / "q.db").stat().st_size < full / 10


def test_a_listing_is_harmless():
    directory = Directory()
    body = "a\x1b[31m\u009b31m\u00e9".encode() + b"\xff\x80\t."
    subprocess.run([PROGRAM, "queue", "q.db", "put", "jo\u009bbs"], cwd=directory.path, input=body, check=True,
                   stdout=subprocess.DEVNULL)
    for words, want in ((("list",), rb"jo\xc2\x9bbs "),
                        (("list", "jo\u009bbs"), rb"a\x1b[31m\xc2\x9b31m" + "\u00e9".encode() + rb"\xff\x80\x09.")):
        out = subprocess.run([PROGRAM, "queue", "q.db", *words], cwd=directory.path, check=True,
                             stdout=subprocess.PIPE).stdout
        assert want in out, out


def test_output_is_kept_without_tmpdir():
    directory = Directory()
    status, out, err = complete("""
        pools: {p: {tasks: 4, workers: 2, output: ordered, run: "head -c 1000000 /dev/zero | tr '\\\\0' x; echo"}}
        """, directory=directory, env=os.environ | {"TMPDIR": "/nonexistent"})
    check_status(status, 0, out[-300:] + err)
    assert out.count(b"x") >= 4_000_000


def test_a_directory_for_output_that_fills():
    """What was under way is shown and recorded whole, its messages are acknowledged, and all others are kept."""
    directory = Directory()
    small = directory.path / "small"
    small.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "none", small], check=False).returncode:
        return  # nobody else may mount
    try:
        subprocess.run([PROGRAM, "queue", "q.db", "put", "jobs", *map(str, range(8))], cwd=directory.path, check=True,
                       stdout=subprocess.DEVNULL)
        status, out, err = complete("""
            queues: {jobs: {durable: q.db}}
            pools:
              p:
                workers: 3
                tasks: {queue: jobs}
                output: ordered
                results: {file: records}
                run: "head -c 1000000 /dev/zero | tr '\\\\0' x; echo"
            """, directory=directory, env=os.environ | {"TMPDIR": str(small)})
    finally:
        subprocess.run(["umount", "-l", small], check=True)
    check_status(status, 3, out[-300:] + err)
    records = [json.loads(line) for line in (directory.path / "records").read_text().splitlines()]
    assert all(record["output"] == "x" * 1000000 + "\n" for record in records)
    done = [record["item"] for record in records]
    left = [body for body, in sqlite3.connect(directory.path / "q.db").execute("SELECT body FROM message")]
    assert sorted(done + left) == [str(n) for n in range(8)] and 1 <= len(done) <= 6, (done, left)
    assert b"cannot keep output in a temporary file: No space left on device" in out
    assert f"Queue jobs keeps {len(left)} messages for the next run.".encode() in out
    assert out.count(b"x" * 1000000) == len(done)


def test_pieces_of_long_texts_end_between_characters():
    text = "a" + "\u20ac" * 500_000
    for more, scenario in (("group", "pools"), ("ordered", "pools"), ("lines", "pools"), ("", "processes")):
        directory = Directory()
        directory.file("text", text.encode())
        body = {"pools": "pools: {p: {tasks: 2, run: cat text, output: %s}}" % more,
                "processes": "processes: {p: {run: cat text}}"}[scenario]
        status, out, err = complete(body, "--format=json", "-v", directory=directory)
        check_status(status, 0, err)
        events = [json.loads(line) for line in out.splitlines()]
        key = "output" if more else "line"
        assert not any(f"{key}_base64" in event for event in events), more
        for task in (0, 1) if more else (None,):
            pieces = [event[key] for event in events
                      if event["event"].endswith(".output") and event.get("task") == task]
            assert len(pieces) > 1 and "".join(pieces).replace("\n", "") == text, (more, len(pieces))
