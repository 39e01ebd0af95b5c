"""What tasks put out arrives: every byte of it, in every mode, however much and however slow its reader."""
import fcntl
import json
import os
import signal
import subprocess
import sys
import time

from harness.parrun import PATIENCE, PROGRAM, Directory, Run, amount, check_status, mark

LINES = amount(25_000, 150_000)  # of each task: some 200 kB, more than any buffer between it and the reader
TASKS = (1, 2, 3, 4)
SMALL_PIPE = 4096

BODIES = {
    "run": "run: \"seq -f '${{ item }} %.0f' " + str(LINES) + "; echo ${{ item }} end\"",
    "lua": "lua: 'for n = 1, " + str(LINES) + " do print(item .. \" \" .. n) end print(item .. \" end\")'",
    "thread": "kind: thread\n    lua: 'for n = 1, " + str(LINES)
              + " do print(item .. \" \" .. n) end print(item .. \" end\")'",
}


def read_slowly(scenario, *arguments):
    """All that comes through a pipe that holds one page."""
    directory = Directory()
    directory.file("scenario.yaml", scenario)
    ours, theirs = os.pipe()
    fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, SMALL_PIPE)
    process = subprocess.Popen([PROGRAM, *arguments, "scenario.yaml"], stdin=subprocess.DEVNULL,
                               stdout=theirs, stderr=subprocess.PIPE, cwd=directory.path)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        out = pipe.read()
    _, err = process.communicate(timeout=PATIENCE)
    check_status(process.returncode, 0, err)
    return out, directory


def check_tasks(lines, whole):
    """Each task's lines are all there and in their order; WHOLE: and beside each other."""
    want = [b"%d" % n for n in range(1, LINES + 1)] + [b"end"]
    got = {item: [] for item in TASKS}
    order = []
    for line in lines:
        item, _, text = line.partition(b" ")
        got[int(item)].append(text)
        if not order or order[-1] != item:
            order.append(item)
    for item in TASKS:
        assert got[item] == want, (item, len(got[item]), got[item][-1:])
    if whole:
        assert len(order) == len(TASKS), order
    return [int(item) for item in order]


def scenario_of(output, body, more=""):
    return f"""pools:
  p:
    workers: 2
    tasks: [{", ".join(str(item) for item in TASKS)}]
    output: {output}
    {BODIES[body]}
{more}"""


@mark("asan")
def test_every_byte_of_every_mode():
    for body in BODIES:
        for output in ("group", "ordered", "lines"):
            out, _ = read_slowly(scenario_of(output, body), "--log=log")
            order = check_tasks(out.splitlines(), output != "lines")
            assert output != "ordered" or order == list(TASKS), order


@mark("release")
def test_what_waits_for_its_turn_is_not_kept_in_memory():
    """The first task ends last: 30 MB of the others are there then, and each comes whole and in order."""
    directory = Directory()
    directory.fifo("go")
    directory.file("scenario.yaml", """
        pools:
          p:
            workers: 2
            tasks: 30
            output: ordered
            results: {file: r.jsonl}
            run: >
              if [ ${{ item }} = 0 ]; then read -r _ <go; echo first;
              else head -c 1000000 /dev/zero | tr '\\0' x; echo " ${{ item }}"; fi;
              if [ ${{ item }} = 29 ]; then cat /proc/$(ps -o ppid= $PPID | tr -d ' ')/status >status; echo >go; fi
    """)
    process = subprocess.run([PROGRAM, "--log=log", "scenario.yaml"], stdin=subprocess.DEVNULL,
                             capture_output=True, cwd=directory.path, check=False, timeout=PATIENCE * 4)
    check_status(process.returncode, 0, process.stderr)
    lines = process.stdout.splitlines()
    assert lines[0] == b"first" and lines[1:] == [b"x" * 1_000_000 + b" %d" % n for n in range(1, 30)]
    records = [json.loads(line) for line in (directory.path / "r.jsonl").read_text().splitlines()]
    assert [len(record["output"]) for record in records[1:11]] == [1_000_003] * 9 + [1_000_004]
    peak = int((directory.path / "status").read_text().partition("VmHWM:")[2].split()[0])
    assert peak < 20_000, f"{peak} KiB"


def test_every_byte_among_the_log():
    out, _ = read_slowly(scenario_of("group", "run"))
    check_tasks([line for line in out.splitlines() if line[:1].isdigit()], True)


def test_every_byte_as_json():
    out, _ = read_slowly(scenario_of("group", "run"), "--format=json")
    told = [event for event in map(json.loads, out.splitlines()) if event["event"] == "task.output"]
    text = "".join(event["output"] for event in told)
    check_tasks(text.encode().splitlines(), True)


def test_every_byte_of_each_attempt():
    """What an attempt that is tried again has put out comes whole before the next one's."""
    out, _ = read_slowly(f"""
        pools:
          p:
            workers: 2
            tasks: [1, 2]
            retry: {{attempts: 2}}
            run: "seq -f '${{{{ item }}}} %.0f' {LINES}; echo ${{{{ item }}}} end; test $PARRUN_ATTEMPT = 2"
    """, "--log=log")
    want = [b"%d" % n for n in range(1, LINES + 1)] + [b"end"]
    for item in (b"1", b"2"):
        got = [line.partition(b" ")[2] for line in out.splitlines() if line.startswith(item + b" ")]
        assert got == want + want, (item, len(got))


WRITER = """
import os, select
count = 0
os.set_blocking(1, False)
while select.select([], [1], [], 1)[1]:
    count += os.write(1, b"x" * 4096)
open("count.part", "w").write(str(count))
os.rename("count.part", "count")
"""


def test_what_a_runner_is_slow_to_take():
    """The runner takes nothing until the command has ended with its pipe full: what stands there is not given up."""
    directory = Directory()
    directory.file("writer.py", WRITER)
    go = directory.fifo("go")
    run = Run(f"pools: {{p: {{tasks: 1, output: lines, run: 'echo begun; read go <go; exec {sys.executable} writer.py'}}}}",
              "-v", directory=directory)
    run.wait_for(rb"begun")
    runner = run.runner()
    os.kill(runner, signal.SIGSTOP)
    go.write_text("go\n")
    deadline = time.monotonic() + PATIENCE
    while not (directory.path / "count").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(1)  # for a worker that would give up
    os.kill(runner, signal.SIGCONT)
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    assert out.count(b"x" * 4096) * 4096 == int((directory.path / "count").read_text())


@mark("release")
def test_a_large_message_is_in_memory_once():
    """The peak of the largest process: of the runner, whose message is in a queue, of a body of Lua, which has a string beside it, and of
    either for what a task returns."""
    size = 60_000_000
    line = f"""
        queues: {{q: {{}}}}
        processes:
          a: {{run: "head -c {size} /dev/zero | tr '\\\\0' x; echo", stdout: {{queue: q}}}}
          b: {{run: "wc -c >counted", stdin: {{queue: q}}}}
    """
    value = f"""
        queues: {{q: {{}}}}
        processes:
          a: {{lua: "parrun.queue('q'):put(string.rep('x', {size}))", produces: q}}
          b: {{lua: "io.open('counted', 'w'):write(#parrun.queue('q'):get() + 1)", consumes: q}}
    """
    result = f"""
        pools: {{p: {{workers: 1, tasks: 1, results: {{file: counted}}, lua: "return string.rep('x', {size})"}}}}
    """
    for text, most in (line, 1.3), (value, 2.3), (result, 2.3):
        directory = Directory()
        directory.file("s.yaml", text)
        run = subprocess.Popen([PROGRAM, "--log=log", "s.yaml"], cwd=directory.path, stdin=subprocess.DEVNULL)
        _, status, used = os.wait4(run.pid, 0)
        counted = (directory.path / "counted").read_text().strip()
        assert status == 0 and (counted == str(size + 1) or json.loads(counted)["result"] == size * "x"), status
        assert used.ru_maxrss * 1024 < most * size + (16 << 20), (used.ru_maxrss, most)
