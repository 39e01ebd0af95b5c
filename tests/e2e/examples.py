"""The examples, against the plain pipelines, on real files."""
import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess

from harness.parrun import KILL, PATIENCE, PROGRAM, VARIANT, Directory, check_nothing_left, held_port, mark, own_path
from harness.processes import children, wait_gone
from harness.paths import ROOT, program

FILES = f"{ROOT}/src" if VARIANT == "release" else f"{ROOT}/src/watch"  # a sanitizer's eye is the same on fewer
COPROCESSES = ROOT / "examples" / "coprocess"
LICENSES = "/usr/share/common-licenses"


def example(name, *arguments, given=b""):
    ended = subprocess.run([PROGRAM, ROOT / "examples" / name, *arguments], cwd=ROOT, input=given,
                           env=own_path(program("release")), capture_output=True, timeout=PATIENCE * 5, check=False)
    assert ended.returncode == 0 and not ended.stderr, ended
    check_nothing_left()
    return ended.stdout


def shell(line):
    return subprocess.run(["bash", "-c", f"set -o pipefail; export LC_ALL=C; {line}"], cwd=ROOT,
                          stdout=subprocess.PIPE, check=True, timeout=PATIENCE).stdout


@mark("tsan")
def test_sha256():
    for directory in (FILES, f"{LICENSES}"):
        got = sorted(example("sha256.yaml", f"dir={directory}").splitlines())
        want = shell(f"find {directory} -type f -print0 | xargs -0 sha256sum").splitlines()
        assert got == sorted(want) and len(want) > 5, (got, want)


@mark("release")
def test_lines():
    """What the record says of each file is what awk says."""
    directory = Directory()
    record = directory.path / "r.jsonl.gz"
    arguments = [PROGRAM, "run", "-q", "--record", record, "examples/lines.yaml", f"dir={ROOT}/src/base", "width=110"]
    ended = subprocess.run(arguments, cwd=ROOT, capture_output=True, timeout=PATIENCE, check=False)
    assert ended.returncode == 1, ended
    with gzip.open(record) as lines:
        ends = [event for event in map(json.loads, lines) if event["event"] == "task.ended"]
    long = shell(f"grep -rlE '^.{{111,}}' --include='*.[ch]' {ROOT}/src/base").decode().split()
    assert {event["item"] for event in ends if event["code"]} == set(long) and 0 < len(long) < len(ends), (ends, long)
    summary = subprocess.run([PROGRAM, "summary", record], capture_output=True, timeout=PATIENCE, check=True).stdout.decode()
    assert f"check: {len(ends)} tasks, {len(long)} failed" in summary, summary
    trace = subprocess.run([PROGRAM, "trace", record], capture_output=True, timeout=PATIENCE, check=True).stdout
    assert len([event for event in json.loads(trace) if event["ph"] == "f"]) == len(ends)
    check_nothing_left()


@mark("tsan")
def test_wordcount():
    for file in (f"{LICENSES}/GPL-3", f"{ROOT}/README.md"):
        got = example("wordcount.yaml", f"file={file}", "counters=4")
        want = shell(f"tr -cs A-Za-z '\\n' <{file} | tr A-Z a-z | grep . | sort | uniq -c | "
                     "sort -k1,1nr -k2 | awk '{print $1, $2}'")
        assert got == want and len(want) > 100, (got, want)


@mark("tsan")
def test_crawl():
    """All that cli.c includes, as the compiler names it."""
    got = example("crawl.yaml", f"dir={ROOT}/src", "file=cli/cli.c").decode().split()
    want = shell(f"cd {ROOT}/src && gcc -I. -D_GNU_SOURCE -MM cli/cli.c | tr ' ' '\\n' | grep '[.][ch]$' | sort -u")
    assert got == want.decode().split() and len(got) > 20, (got, want)


@mark("release")
def test_elsewhere():
    got = example("elsewhere.yaml", f"file={LICENSES}/GPL-3", "least=14")
    want = shell(f"tr -cs A-Za-z '\\n' <{LICENSES}/GPL-3 | awk 'length >= 14' | sort | uniq -c | sort -k1,1nr -k2")
    assert got == want and len(want) > 100, (got, want)


def test_watch():
    """What has changed is checked anew, and a signal tells of new settings."""
    held = Directory()
    for name, text in (("a.txt", "a\n"), ("b.txt", ""), ("serve.conf", "")):
        held.file(name, text)
    with subprocess.Popen([PROGRAM, ROOT / "examples/watch.yaml", f"dir={held.path}"], stdout=subprocess.PIPE, text=True,
                          env=own_path(program("release"))) as run:
        def wait_for(*texts):
            left = set(texts)
            while left:
                assert (line := run.stdout.readline()), left
                left -= {text for text in left if text in line}
        wait_for("| b.txt:0", "| has its settings")
        held.file("b.txt", "b\n")
        wait_for(f"| {held.path}/b.txt")
        wait_for("Process check end")
        held.file("serve.conf", "new")
        wait_for("| has new settings")
        run.terminate()
    check_nothing_left()


def test_hooks():
    """What follows the pool has its files still, and what follows the run leaves none."""
    held = Directory()
    out = example("hooks.yaml", f"dir={ROOT}/examples", f"scratch={held.path}/scratch").decode()
    count = len(list((ROOT / "examples").glob("*.yaml")))
    assert f"pack.finally | {count}\n" in out and "on_failure skipped: pack has not failed" in out, out
    assert not (held.path / "scratch").exists()


def test_daemon():
    """The server is seen in the background, answers, and is ended."""
    held = Directory()
    place, port = held_port()
    out = example("daemon.yaml", f"dir={held.path}", f"port={port}", f"pidfile={held.path}/pid").decode()
    place.close()
    assert re.search(r"Process server runs in the background \(\d+\), as .*/pid says\.", out) and "client | 200\n" in out, out
    assert not (held.path / "pid").exists()
    check_nothing_left()


@mark("tsan")
def test_triage():
    got = example("triage.yaml", f"dir={ROOT}/src/store", "word=mem_strdup")
    counts = shell(f"grep -rc mem_strdup {ROOT}/src/store | grep -v ':0$' | sed 's/.*://' | "
                   "sort -rn | head -n 5").split()
    rest = int(shell(f"grep -rL mem_strdup {ROOT}/src/store | wc -l"))
    told = [line.partition(b" | ")[2] for line in got.splitlines()]
    assert b"%d files without it" % rest in told and rest > 20, (got, rest)
    assert [line.split()[0] for line in told if b"/" in line] == counts and len(counts) == 5, got


def test_spool():
    """Killed on the way, and run again: each file is there, and the one that is none is put aside."""
    directory = Directory()
    db, out = directory.path / "spool.db", directory.path / "out"
    files = shell(f"find {ROOT}/src/base {ROOT}/src/event -type f").decode().split()
    put = subprocess.run([PROGRAM, "queue", db, "put", "files", *files, "/no/such"], check=True,
                         capture_output=True)
    assert put.stdout == f"{len(files) + 1} messages put into the new queue files.\n".encode(), put.stdout
    argv = [PROGRAM, ROOT / "examples" / "spool.yaml", f"db={db}", f"out={out}"]
    last = f'#!/bin/sh\n[ "$4" != {files[-1]} ] || exec sleep 1000\nexec {shutil.which("gzip")} "$@"\n'
    directory.file("gzip", last).chmod(0o755)  # without which the first run does not end
    env = {**os.environ, "PATH": f"{directory.path}:{os.environ['PATH']}"}
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
        for line in run.stdout:
            if line.startswith(b"Task 3 (") and b") runs " in line:
                break
        runner, = children(run.pid)
        run.send_signal(KILL)
        run.stdout.read()
    assert wait_gone(runner)
    check_nothing_left()
    ended = subprocess.run(argv, capture_output=True, timeout=PATIENCE, check=False)
    assert ended.returncode == 1 and b"Queue failed keeps 1 message for the next run." in ended.stdout, ended
    names = sorted(os.listdir(out))
    assert names == sorted(file.replace("/", "_") + ".gz" for file in files), (names, files)
    for file in files:
        assert gzip.open(out / (file.replace("/", "_") + ".gz")).read() == pathlib.Path(file).read_bytes()


def listed(database):
    return shell(f"sqlite3 -separator '  ' {database} 'SELECT sha256, path FROM files ORDER BY path'")


@mark("tsan")
def test_pipeline():
    held = Directory()
    (held.path / "in").mkdir()
    for name in ("a b", "it's", "new\nline", "-dash"):
        (held.path / "in" / name).write_text(name)
    example("pipeline.yaml", f"dir={held.path}/in", f"db={held.path}/odd.db")
    rows = shell(f"sqlite3 {held.path}/odd.db 'SELECT count(*), sum(length(sha256)) FROM files'")
    assert rows == b"4|256\n", rows
    example("pipeline.yaml", f"dir={FILES}", f"db={held.path}/plain.db")
    want = shell(f"find {FILES} -type f -print0 | xargs -0 sha256sum | LC_ALL=C sort -k2")
    assert listed(f"{held.path}/plain.db") == want and len(want) > 500


def test_pipeline_with_a_worker_killed():
    held = Directory()
    go = held.path / "go"
    held.file("find", f'#!/bin/sh\n{shutil.which("find")} "$@"\nuntil [ -e {go} ]; do sleep 0.05; done\n').chmod(0o755)  # until when the run goes on
    env = {**os.environ, "PATH": f"{held.path}:{os.environ['PATH']}"}
    with subprocess.Popen([PROGRAM, "-v", "--show", "worker.*", "--show", "task.started", ROOT / "examples/pipeline.yaml",
                           f"dir={FILES}", f"db={held.path}/killed.db"], stdout=subprocess.PIPE, text=True, env=env) as run:
        started = 0
        while started < 15:
            line = run.stdout.readline()
            assert line, "the run ended before a worker was killed"
            started += line.startswith("Run task ")
        os.kill(int(line[line.rindex("(") + 1:line.rindex(")")]), KILL)
        go.touch()
        rest = run.stdout.read()
    assert run.returncode == 0, rest
    assert "was lost: ended by signal KILL" in rest, rest
    want = shell(f"find {FILES} -type f -print0 | xargs -0 sha256sum | LC_ALL=C sort -k2")
    assert listed(f"{held.path}/killed.db") == want
    check_nothing_left()


def test_resume():
    held = Directory()
    names = sorted(path.name for path in pathlib.Path(LICENSES).iterdir() if path.is_file())
    arguments = ["examples/resume.yaml", f"--journal={held.path}/j.db", "--resume", "-j1",
                 f"dir={LICENSES}", f"out={held.path}"]
    first = subprocess.Popen([PROGRAM, *arguments], cwd=ROOT, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)
    first.stdin.write("\n".join(names[:2] + [""]).encode())
    first.stdin.flush()  # its end is left open: the pool waits for more
    while not re.match(rb"Task 1 \(.*\) runs", first.stdout.readline()):
        pass
    runner, = children(first.pid)
    os.kill(first.pid, KILL)
    first.communicate()
    assert wait_gone(runner)
    ended = subprocess.run([PROGRAM, *arguments], cwd=ROOT, input="\n".join(names).encode(),
                           capture_output=True, timeout=PATIENCE, check=False)
    assert ended.returncode == 0 and b" tasks were done before.\n" in ended.stdout, ended
    for name in names:
        assert gzip.decompress((held.path / f"{name}.gz").read_bytes()) == \
            (pathlib.Path(LICENSES) / name).read_bytes(), name
    check_nothing_left()


def test_coprocess_in_c():
    held = Directory()
    program = held.path / "collatz"
    subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", "-o", program, COPROCESSES / "collatz.c"],
                   check=True)
    got = example("coprocess-c.yaml", f"program={program}", "to=500").split()
    want = shell(f"seq 500 | {program}").split()
    assert got == want and got[26] == b"111", got


def test_coprocess_in_python():
    held = Directory()
    results = held.path / "words.jsonl"
    example("coprocess-python.yaml", f"results={results}")
    told = sorted((row["index"], row["result"]) for row in map(json.loads, results.open()))
    assert told == [(0, {"name": "one", "words": 4, "longest": "quick"}),
                    (1, {"name": "two", "words": 5, "longest": "jumps"})], told
    ended = subprocess.run(["python3", COPROCESSES / "words.py"], input=b'{"name": 1}\n[\n',
                           capture_output=True, check=True, timeout=PATIENCE)
    errors = [json.loads(line)["error"] for line in ended.stdout.splitlines()]
    assert errors[0] == "KeyError: 'text'" and errors[1].startswith("JSONDecodeError: "), errors


def test_coprocess_in_the_shell():
    names = sorted(str(path) for path in pathlib.Path(LICENSES).iterdir() if path.is_file())
    got = example("coprocess-shell.yaml", given="\n".join([*names, "/nowhere"]).encode())
    want = shell(f"find {LICENSES} -xtype f -print0 | xargs -0 -n1 sh -c 'echo $(cksum <$0) $0'")
    assert sorted(got.splitlines()) == sorted([*want.splitlines(), b"unreadable /nowhere"]), got


def test_every_example_says_what_and_how():
    for path in sorted([*(ROOT / "examples").glob("*.yaml"), *(ROOT / "configs").glob("*.yaml")]):
        editor, what, how = path.read_text().splitlines()[:3]
        assert editor == "# yaml-language-server: $schema=../parrun.schema.json", path
        assert what.startswith("# Shows ") and how.startswith(f"# Run it: parrun {path.parent.name}/{path.name}"), path


def redis(*arguments):
    """Debian's redis-tools hold the server as well, under the name of redis-check-rdb."""
    directory = Directory()
    (directory.path / "redis-server").symlink_to(shutil.which("redis-check-rdb"))
    held, port = held_port()
    ended = subprocess.run([PROGRAM, ROOT / "examples/redis.yaml", f"port={port}", *arguments],
                           env=os.environ | {"PATH": f"{directory.path}:{os.environ['PATH']}"},
                           cwd=directory.path, capture_output=True, timeout=PATIENCE, check=False)
    held.close()
    check_nothing_left()
    return ended


def test_redis():
    ended = redis()
    assert ended.returncode == 0 and not ended.stderr, ended
    assert b"seed | 1000\n" in ended.stdout, ended.stdout
    assert b"report | keys in the end: 1000\n" in ended.stdout, ended.stdout
    assert ended.stdout.endswith(b"Process redis terminated.\n"), ended.stdout


def test_redis_fails():
    """Keys that are not there: the tests' status, the cause at the end, and the server stopped."""
    ended = redis("keys=38")
    assert ended.returncode == 1 and not ended.stderr, ended
    assert b"key:39 is ''\n" in ended.stdout and b"key:40 is ''\n" in ended.stdout, ended.stdout
    assert b"report | keys in the end: 38\n" in ended.stdout, ended.stdout
    assert b"What went wrong first: Pool tests ended: 2 of 40 tasks failed: tasks 38, 39." in ended.stdout, ended
