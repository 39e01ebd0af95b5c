"""When a message that a program reads from a queue is done: a reader that is killed, and what comes back."""
import os
import random
import re

from harness.parrun import Directory, amount, check_nothing_left, check_status, complete, mark

MOMENTS = amount(3, 200)  # at which a reader of each kind is killed
COUNT = 20000

# Kills itself once, at moment argv[1]: before it has kept the line with that number, or behind that, or behind its
# answer. Each life keeps what it reads in a file of its own.
READER = """
import os, sys
moment, step = int(sys.argv[1]), sys.argv[2]
first = not os.path.exists("got.1")
got = open("got.1" if first else "got.2", "ab", buffering=0)
def die(here, number):
    if first and here == step and number == moment:
        os.kill(os.getpid(), 9)
for number, line in enumerate(sys.stdin.buffer):
    die("before", number)
    got.write(line)
    die("kept", number)
    if "answer" in sys.argv:
        os.write(1, b"ok " + line)
    die("answered", number)
"""

# The same with no buffer of its own: what it was given is what it has kept, to the byte.
RAW = """
import os, sys
first = not os.path.exists("got.1")
got = open("got.1" if first else "got.2", "ab", buffering=0)
left = int(sys.argv[1])
while data := os.read(0, min(left, 3000) if first else 65536):
    got.write(data)
    left -= len(data)
    if first and not left:
        os.kill(os.getpid(), 9)
"""

SCENARIO = """
    processes:
      from: {run: seq @COUNT@, stdout: {queue: q}}
      reader:
        exec: [python3, -I, reader.py, @ARGUMENTS@]
        stdin: {queue: q, ack: @ACK@}
        restart: {on: failure, delay: 10ms}
    queues:
      q: {}
"""


def read(ack, arguments, program=READER, count=COUNT, status=0, scenario=SCENARIO):
    """Runs it; what the two lives have kept, and the whole output."""
    directory = Directory()
    directory.file("reader.py", program)
    for name, value in (("COUNT", count), ("ACK", ack), ("ARGUMENTS", arguments)):
        scenario = scenario.replace(f"@{name}@", str(value))
    got, out, err = complete(scenario, directory=directory)
    check_status(got, status, (out + err)[-2000:])
    check_nothing_left()
    lives = [directory.path / f"got.{life}" for life in (1, 2)]
    return [life.read_bytes() if life.exists() else b"" for life in lives], out


def lines(count=COUNT):
    return [b"%d" % number for number in range(1, count + 1)]


def moments(steps):
    chosen = random.Random(25)
    return [(chosen.randrange(1, COUNT - 1), chosen.choice(steps)) for _ in range(MOMENTS)]


def test_what_stood_unread_in_the_pipe_comes_back():
    """ack: read. Each byte is read once; a message that was read in part is given again, whole."""
    chosen = random.Random(26)
    size = len(b"\n".join(lines())) + 1
    for _ in range(MOMENTS):
        bytes_read = chosen.randrange(1, size - 10)
        (first, second), out = read("read", bytes_read, RAW, status=1)
        assert len(first) == bytes_read
        whole = first[:first.rfind(b"\n") + 1]
        assert (whole + second).split(b"\n")[:-1] == lines(), (bytes_read, first[-20:], second[:20])
        told = re.findall(rb"Queue q: up to (\d+) messages? may be lost", out)
        assert len(told) == 2 or not whole, out
        assert all(int(count) >= min(whole.count(b"\n"), 1) for count in told), (told, whole.count(b"\n"))


KINDS = {"plain": ("", ""), "durable": (", durable: kept.db", ""), "line": ("", ", ack: line"), "end": ("", ", ack: end")}


def read_by_two(count, pauses):
    """How many of COUNT messages each of two has that runs so for each one, in every kind of stream; each
    message is had once."""
    directory = Directory()
    directory.file("read.sh", r"""
        touch started.$1
        until test -e started.$2; do sleep 0.01; done
        while read -r message; do $3; echo $message >>got.$1; echo ok; done
    """)
    items = list(range(1, count + 1))
    scenario = "queues:\n" + "".join(f"  {kind}: {{items: {items}{keys}}}\n" for kind, (keys, _) in KINDS.items())
    scenario += "processes:\n" + "".join(
        f"  {kind}-{me}: {{run: sh read.sh {kind}-{me} {kind}-{other} '{pause}', stdin: {{queue: {kind}{ack}}}}}\n"
        for kind, (_, ack) in KINDS.items() for me, other, pause in zip("ab", "ba", pauses))
    status, out, err = complete(scenario, directory=directory)
    check_status(status, 0, (out + err)[-2000:])
    check_nothing_left()
    counts = {}
    for kind in KINDS:
        files = [directory.path / f"got.{kind}-{name}" for name in "ab"]
        got = [file.read_text().split() if file.exists() else [] for file in files]
        assert sorted(map(int, got[0] + got[1])) == items, (kind, got)
        counts[kind] = [len(each) for each in got]
    return counts


def test_slow_readers_share():
    """They read on: whoever is first leaves the other its part."""
    for kind, counts in read_by_two(100, ("sleep 0.02", "sleep 0.02")).items():
        assert min(counts) >= 20, (kind, counts)


def test_a_slow_reader_leaves_to_a_quick_one():
    """Its part of what was there at first is 20 of 80, or 15."""
    for kind, (slow, quick) in read_by_two(80, ("sleep 0.03", ":")).items():
        assert slow <= 12, (kind, slow, quick)


def test_what_a_reader_has_in_its_own_buffer_is_told_as_lost():
    for moment, step in moments(["before", "kept"]):
        (first, second), out = read("read", f"{moment}, {step}", status=1)
        lost = COUNT - len((first + second).split())
        told = re.search(rb"Queue q: up to (\d+) messages may be lost: process reader had read them when it was "
                         rb"ended by signal KILL\.\n", out)
        assert told and int(told[1]) >= lost, (moment, step, lost, out[-500:])
        assert b"\nQueue q: up to " + told[1] + b" messages may be lost, in all.\n" in out, out[-500:]
        assert len(set((first + second).split())) == COUNT - lost, (moment, step)


def test_what_a_reader_that_is_stopped_had_read_is_told():
    """By a signal to the run, and by hand: it had read three messages, and was to read more."""
    for stop in ("kill -INT $PPID", "$PARRUN stop reader"):
        status, out, err = complete("""
            queues: {q: {items: [1, 2, 3]}}
            processes:
              more: {run: "@STOP@; exec sleep 100", produces: q, depends_on: {reader: ready}}
              reader: {run: "while read -r line; do echo $line; done", stdin: {queue: q}, ready: {log: "^3$"}}
        """.replace("@STOP@", stop))
        assert status, out
        told = b"Queue q: up to 3 messages may be lost: process reader had read them when it was ended by signal TERM.\n"
        assert told in out, (out, err)


def test_each_message_is_answered_once():
    """ack: line. What was kept and not answered comes twice, and nothing else; nothing is lost."""
    for moment, step in moments(["before", "kept", "answered"]):
        (first, second), out = read("line", f"{moment}, {step}, answer")
        answers = re.findall(rb"^reader \| ok (\d+)$", out, re.M)
        assert answers == lines(), (moment, step, len(answers))
        twice = len((first + second).split()) - COUNT
        assert twice == (step == "kept"), (moment, step, twice)
        assert b"may be lost" not in out


def test_answers_that_are_messages():
    scenario = SCENARIO.replace("        stdin: {", "        stdout: {queue: done}\n        stdin: {").replace(
        "      q: {}", "      q: {}\n      done: {capacity: 10}").replace(
            "      reader:", "      end: {stdin: {queue: done}, run: cat >answers}\n      reader:")
    for moment, step in moments(["before", "kept", "answered"]):
        directory = Directory()
        directory.file("reader.py", READER)
        text = scenario.replace("@COUNT@", str(COUNT)).replace("@ACK@", "line")
        status, out, err = complete(text.replace("@ARGUMENTS@", f"{moment}, {step}, answer"), directory=directory)
        check_status(status, 0, out + err)
        answers = (directory.path / "answers").read_bytes().split(b"\n")[:-1]
        assert answers == [b"ok " + line for line in lines()], (moment, step, len(answers))


def test_a_life_that_failed_has_done_nothing():
    """ack: end."""
    for moment, step in moments(["before", "kept"]):
        (first, second), out = read("end", f"{moment}, {step}")
        assert first.split() == lines()[:moment + (step == "kept")], (moment, step)
        assert second.split() == lines(), (moment, step)
        assert b"may be lost" not in out


@mark("release")
def test_more_than_is_kept_in_memory():
    """Some megabytes: given again from a file, and answered from it."""
    count = 250000
    (_, second), _ = read("end", f"{count - 5}, kept", count=count)
    assert second.split() == lines(count)
    late = """
import os, sys
first = not os.path.exists("got.1")
all = sys.stdin.buffer.readlines()
open("got.1" if first else "got.2", "wb").writelines(all)
os.write(1, b"")
for number, line in enumerate(all):
    if first and number == 200000:
        sys.stdout.flush()
        os.kill(os.getpid(), 9)
    sys.stdout.write("ok\\n")
"""
    (first, second), out = read("line", 0, late, count=count)
    assert first.split() == lines(count)
    assert second.split() == lines(count)[200000:]
    assert out.count(b"reader | ok\n") == count


ANSWERS = """
import os, stat, sys, time
def size(path):
    try:
        one = os.stat(path) if "(deleted)" in os.readlink(path) else None
    except FileNotFoundError:
        return 0  # it was closed meanwhile
    return 512 * one.st_blocks if one and stat.S_ISREG(one.st_mode) else 0
def kept():
    files = f"/proc/{os.getppid()}/fd/"
    return sum(size(files + fd) for fd in os.listdir(files))
lines = len(sys.stdin.buffer.readlines())
all, until = kept(), time.monotonic() + 60
first = lines * 6 // 10
sys.stdout.write("ok\\n" * first)
sys.stdout.flush()
while kept() > all * 3 // 4:
    if time.monotonic() > until:
        sys.exit(f"{kept()} of {all} bytes are still kept")
    time.sleep(0.01)
sys.stdout.write("ok\\n" * (lines - first))
"""


def test_what_is_answered_takes_no_disk():
    """A process that never comes to the end of it does not fill the disk either."""
    directory = Directory()
    directory.file("reader.py", ANSWERS)
    scenario = SCENARIO.replace("@COUNT@", "500000").replace("@ARGUMENTS@", "x").replace("@ACK@", "line")
    scenario = scenario.replace("restart: {on: failure, delay: 10ms}", "stderr: log")
    status, out, err = complete(scenario, directory=directory)
    check_status(status, 0, out[-500:] + err)


GIVES_UP = """
    processes:
      from: {run: seq 100, stdout: {queue: q}}
      reader:
        run: read -r a; read -r b; echo ok; exit 3
        stdin: {queue: q, ack: %s}
    queues:
      q: {}
"""


def test_what_nobody_is_done_with_is_counted():
    for ack, left in (("line", 99), ("end", 100)):
        status, out, err = complete(GIVES_UP % ack)
        check_status(status, 1, out + err)
        assert b"\nQueue q ended with %d messages that nobody took.\n" % left in out, out
    check_nothing_left()


SHARED = """
    processes:
      from: {run: seq 1000, stdout: {queue: q}}
      reader:
        run: read -r a; read -r b; %s exit 3
        stdin: {queue: q, ack: %s}
        allow_failure: true
      other: {depends_on: {reader: completed}, stdin: {queue: q}, run: cat}
    queues:
      q: {}
"""


def test_others_get_what_it_was_not_done_with():
    for ack, answers, left in (("line", "echo ok;", 999), ("end", "", 1000)):
        status, out, err = complete(SHARED % (answers, ack))
        check_status(status, 0, out + err)
        assert sorted(re.findall(rb"^other \| (\d+)$", out, re.M), key=int) == lines(1000)[1000 - left:], out[-500:]
    check_nothing_left()


DURABLE = """
    processes:
      reader: {run: "%s", stdin: {queue: q, ack: %s}}
    queues:
      q: {durable: q.db, items: [a, b, c]}
"""


def test_a_durable_queue_keeps_it_for_the_next_run():
    for ack in ("line", "end"):
        directory = Directory()
        status, out, err = complete(DURABLE % ("read -r a; read -r b; exit 3", ack), directory=directory)
        check_status(status, 1, out + err)
        assert b"Queue q keeps 3 messages for the next run.\n" in out and b"goes on with" not in out, out
        status, out, err = complete(DURABLE % ("while read -r line; do echo $line; done", ack), directory=directory)
        check_status(status, 0, out + err)
        assert b"Queue q goes on with 3 messages of an earlier run.\n" in out, out
        assert re.findall(rb"^reader \| (.)$", out, re.M) or out.count(b"\n") >= 3, out
        assert b"keeps" not in out, out
    check_nothing_left()
