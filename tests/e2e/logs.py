"""Files that parrun writes: rotated, on full disks, and where something else stands in their place."""
import contextlib
import gzip
import hashlib
import json
import os
import re
import subprocess
import time

from harness.parrun import PATIENCE, Directory, Run, check_nothing_left, check_status, complete, mark


def digest_of(path):
    """Of all files of a log together, the oldest first; and how many old ones there are."""
    total = hashlib.sha256()
    old = sorted((int(file.name.split(".")[2]), file) for file in path.parent.glob(path.name + ".*"))
    for _, file in reversed(old):
        opened = gzip.open(file, "rb") if file.suffix == ".gz" else open(file, "rb")
        with opened:
            total.update(opened.read())
    total.update(path.read_bytes())
    return total.hexdigest(), len(old)


def test_rotated_files_hold_every_byte():
    """Two writers at once, 3 MB each, some bytes that are no text, compressed and not."""
    make = "for (n = 0; n < 60000; n++) printf \"%s\\351 %d %s\\n\", name, n, substr(filler, 1, n % 80)"
    awk = f"awk -v name=$PARRUN_NAME 'BEGIN {{ filler = sprintf(\"%80s\", \"\"); {make} }}'"
    directory = Directory()
    status, out, err = complete(f"""
        processes:
          a:
            run: {awk!r}
            stdout: {{file: logs/a.log, rotate: {{size: 100K, keep: 99, compress: true}}}}
          b:
            run: {awk!r}
            stdout: {{file: logs/b.log, rotate: {{size: 64K, keep: 99}}}}
    """.replace("\\\\", "\\").replace("\\'", "''"), directory=directory)
    check_status(status, 0, out + err)
    filler = b" " * 80
    for name, least in ((b"a", 25), (b"b", 40)):
        total = hashlib.sha256()
        for n in range(60000):
            total.update(b"%s\xe9 %d %s\n" % (name, n, filler[:n % 80]))
        digest, old = digest_of(directory.path / "logs" / (name.decode() + ".log"))
        assert digest == total.hexdigest() and old >= least, (name, old)
    assert not list(directory.path.glob("logs/*.part"))
    check_nothing_left()


@contextlib.contextmanager
def small_disk(directory):
    """A file system of 512 KB; None where nothing may be mounted here."""
    small = directory.path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "none", small], check=False)
    if mounted.returncode:
        yield None
        return
    try:
        yield small
    finally:
        subprocess.run(["umount", "-l", small], check=True)


def writer(first, second):
    """Writes FIRST numbered lines, says so, and SECOND more when it is told to."""
    return (f"read go <begin; seq -f 'line %.0f' 0 {first - 1}; echo first is out >&2; read go <goon; "
            f"seq -f 'line %.0f' 100000 {100000 + second - 1}")


def check_continued(text, lost, first, second):
    """TEXT is what the writer wrote but for LOST bytes, which are whole lines."""
    lines = text.splitlines()
    every = [f"line {n}" for n in [*range(first), *range(100000, 100000 + second)]]
    assert sum(len(line) + 1 for line in every) - len(text) == lost, lost
    assert lines[-1] == every[-1], lines[-1]
    left = iter(every)
    assert all(line in left for line in lines), "a line is torn or out of its order"


def test_a_full_disk_under_an_output_file():
    """What finds no room is left out by whole lines, counted and told; with room again it goes on."""
    directory = Directory()
    with small_disk(directory) as small:
        if not small:
            return
        begin, goon = directory.fifo("begin"), directory.fifo("goon")
        # With this gone there is room for all that is on its way as well: in the pipe, and in the run.
        fill = directory.file("small/fill", b"x" * 360_000)
        run = Run(f"""
            processes:
              web:
                run: "{writer(40000, 5000)}"
                stdout: {{file: small/web.log, rotate: {{size: 90K, keep: 50}}}}
        """, directory=directory)
        begin.write_text("go\n")
        found = run.wait_for(rb"cannot write stdout to '(.*)': No space left on device")
        assert found[1].endswith(b"/small/web.log"), found
        if b"first is out" not in run.seen:
            run.wait_for(b"first is out")
        fill.unlink()
        goon.write_text("go\n")
        status, out, err = run.finish()
        check_status(status, 3, out + err)
        lost = int(re.search(rb"Process web: (\d+) bytes of stdout are missing in ", out)[1])
        text = "".join(path.read_text() for path in sorted(small.glob("web.log.*"), reverse=True))
        check_continued(text + (small / "web.log").read_text(), lost, 40000, 5000)
    check_nothing_left()


def test_a_full_disk_under_the_log():
    """The same for --log, whether it rotates or not: each line of it is whole, and its end is there."""
    directory = Directory()
    with small_disk(directory) as small:
        if not small:
            return
        begin, goon = directory.fifo("begin"), directory.fifo("goon")
        for rotate in ([], ["--log-rotate=40K:9"]):
            fill = directory.file("small/fill", b"x" * 460_000)
            run = Run(f"processes: {{web: {{run: \"{writer(2000, 500)}\"}}}}\nlog: {{format: json}}", "-v",
                      "--log", "small/run.log", *rotate, directory=directory)
            begin.write_text("go\n")
            run.wait_for(rb"first is out")
            told = run.process.stderr.readline()
            assert told == (b"parrun: error: small/run.log: cannot be written, the run goes on: "
                            b"No space left on device\n"), told
            fill.unlink()
            goon.write_text("go\n")
            status, _, err = run.finish()
            check_status(status, 3, err)
            lost = re.fullmatch(rb"parrun: error: small/run.log: (\d+) bytes could not be written: "
                                rb"No space left on device\n", err)
            assert lost, err
            files = [*sorted(small.glob("run.log.*"), reverse=True), small / "run.log"]
            events = [json.loads(line) for path in files for line in path.read_text().splitlines()]
            assert events[0]["event"] == "run.opened" and events[-1]["event"] == "run.ended", events[-1]
            numbers = [event["seq"] for event in events]
            assert numbers == sorted(set(numbers)), numbers
            for path in files:
                path.unlink()


def test_where_a_file_should_be():
    """A link, a FIFO, a directory or a socket is refused wherever parrun writes; the victim is as it was."""
    directory = Directory()
    directory.fifo("fifo")
    (directory.path / "folder").mkdir()
    victim = directory.file("victim", "untouched\n")
    (directory.path / "link").symlink_to(victim)
    (directory.path / "nowhere").symlink_to(directory.path / "made-by-link")
    kinds = {"fifo": b"it is a FIFO", "folder": b"it is a directory", "link": b"it is a symbolic link",
             "nowhere": b"it is a symbolic link"}
    for name, said in kinds.items():
        for stream in ("stdout", "stderr"):
            for more in ("", ", append: true", ", rotate: {}"):
                status, out, err = complete(
                    f"processes: {{test: {{run: touch ran, {stream}: {{file: {name}{more}}}}}}}",
                    directory=directory)
                check_status(status, 1, out + err)
                assert said in out and f"{stream}: cannot write to ".encode() in out, out
        status, out, err = complete(
            f"pools: {{p: {{workers: 1, tasks: 1, run: touch ran, results: {{file: {name}}}}}}}",
            directory=directory)
        check_status(status, 3, out + err)
        assert said in out and b"cannot write results to" in out, out
        status, out, err = complete(
            f"log: {{file: {name}}}\nprocesses: {{test: {{run: touch ran}}}}", directory=directory)
        check_status(status, 2, out + err)
        assert said in err and b"cannot write the log to" in err, err
        for option in ("log", "joblog", "journal"):
            status, out, err = complete("processes: {test: {run: touch ran}}", f"--{option}={name}",
                                        directory=directory)
            check_status(status, 2, out + err)
            assert name.encode() in err and option.encode() in err, err
    assert victim.read_text() == "untouched\n"
    assert not (directory.path / "made-by-link").exists()
    assert not (directory.path / "ran").exists()


def test_devices_are_no_files_but_may_be_written():
    directory = Directory()
    for path in ("/dev/null", "/dev/stdout", "/dev/stderr"):
        status, out, err = complete(f"""
            processes: {{test: {{run: echo x, stdout: {{file: {path}}}}}}}
            pools: {{p: {{workers: 1, tasks: 1, run: echo y, results: {{file: {path}}}}}}}
        """, "--log", path, "--joblog", path, directory=directory)
        check_status(status, 0, out + err)
        text = {"/dev/null": b"", "/dev/stdout": out, "/dev/stderr": err}[path]
        assert path == "/dev/null" or (b"Process test end." in text and b"Seq\tHost" in text and
                                       b'"index":0,' in text and b"x\n" in text), text
        assert b"y\n" in out


def test_two_streams_into_one_rotated_file():
    """The second is refused: one that rotates has one writer."""
    directory = Directory()
    directory.fifo("goon")
    status, out, err = complete("""
        processes:
          first: {run: "echo first; read x <goon", stdout: {file: x.log, rotate: {}}}
          second: {run: "echo second", stdout: {file: x.log, rotate: {}}, stderr: "null"}
          third: {run: "echo >goon"}
    """, directory=directory)
    check_status(status, 1, out + err)
    assert b"x.log': this run writes it already" in out, out
    assert (directory.path / "x.log").read_text() == "first\n"


def fill(pipe):
    """Until whoever writes to it next has to wait. Returns how many bytes that took."""
    count = 0
    os.set_blocking(pipe, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            count += os.write(pipe, b"." * 4096)
    os.set_blocking(pipe, True)
    return count


def test_nothing_is_told_after_the_end():
    """The story waits for its reader longer than the run lasts; what comes by the clock has stopped with the run."""
    directory = Directory()
    reader, writer = os.pipe()
    count = fill(writer)
    run = Run("""
        log: {stats: 0.001s}
        queues: {q: {}}
        processes: {src: {run: seq 3, stdout: {queue: q}}, sink: {run: cat, stdin: {queue: q}}}
    """, "--record", "record.jsonl", directory=directory, stdout=writer)
    os.close(writer)
    record = directory.path / "record.jsonl"
    deadline = time.monotonic() + PATIENCE
    while not record.exists() or b'"run.ended"' not in record.read_bytes():
        assert time.monotonic() < deadline, record.read_bytes()
        time.sleep(0.01)
    with open(reader, "rb") as pipe:
        text = pipe.read()[count:]
    status, _, err = run.finish()
    check_status(status, 0, text + err)
    assert b"sink | 3\n" in text, text
    events = [json.loads(line)["event"] for line in record.read_text().splitlines()]
    assert events[-1] == "run.ended", events
    assert "queue.stats" in events, events
