"""Much data: queues, pools with many tasks, a reader of the log that is slow. Memory stays flat."""
import hashlib
import os
import re
import subprocess

from harness.parrun import PATIENCE, TERM, Directory, Run, amount, check_nothing_left, check_status, complete, mark
from harness.processes import peak_memory

MIB = 1024  # in KiB, as the kernel counts


def queue_carries(size):
    """SIZE bytes of lines of every length through a queue; returns the runner's peak in KiB."""
    directory = Directory()
    directory.fifo("gate")
    directory.file("make.py", f"""
        import sys
        block = b"".join(bytes([65 + n % 26]) * (n * 37 % 500) + b"\\n" for n in range(4000))
        left = {size}
        while left > len(block):
            left -= sys.stdout.buffer.write(block)
        open("whole", "w").write("made all of it")
        sys.stdout.buffer.write(block[:left - 1] + b"\\n")
    """)
    run = Run("""
        processes:
          from:
            run: |
              mkfifo copy
              sha256sum <copy >from.sum & python3 make.py | tee copy; wait
            stdout: {queue: q}
          to:
            run: sha256sum >to.sum; echo summed; cat gate
            stdin: {queue: q}
        queues:
          q: {}
    """, directory=directory)
    runner = run.runner()
    run_patiently(run, rb"summed")
    peak = peak_memory(runner)
    (directory.path / "gate").write_text("go\n")
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    sums = [(directory.path / name).read_text() for name in ("from.sum", "to.sum")]
    assert sums[0] == sums[1] and len(sums[0]) > 64, sums
    assert (directory.path / "whole").exists(), "the producer failed"
    check_nothing_left()
    return peak


def run_patiently(run, pattern):
    """Waits for a line however long it takes: the driver's own limit still holds."""
    while line := run.process.stdout.readline():
        run.seen += line
        if re.search(pattern, line):
            return
    raise AssertionError(f"{pattern!r} never came: {run.finish()}")


@mark("release")
def test_queue_carries_100_mb():
    peak = queue_carries(100_000_000)
    assert 0 < peak < 16 * MIB, f"{peak} KiB"


def soak_queue_carries_1_gb():
    peak = queue_carries(1_000_000_000)
    print(f"1 GB through a queue, byte for byte: the runner's peak was {peak} KiB")
    assert 0 < peak < 16 * MIB, f"{peak} KiB"


def pool_of(count):
    """A pool with COUNT tasks from a file; returns the runner's peak in KiB before the last ends."""
    directory = Directory()
    directory.fifo("gate")
    with open(directory.path / "items.txt", "w") as file:
        file.writelines(f"item {n}\n" for n in range(count - 1))
        file.write("last\n")
    run = Run("""
        pools:
          p:
            workers: 2
            tasks: {lines: items.txt}
            output: lines
            lua: |
              if item == "last" then
                print("reached")
                io.open("gate"):read()
              end
        log: {hide: [task.started, task.ended]}
    """, directory=directory)
    runner = run.runner()
    run_patiently(run, rb"reached")
    peak = peak_memory(runner)
    (directory.path / "gate").write_text("go\n")
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    check_nothing_left()
    return peak


@mark("release")
def test_pool_of_100_000_tasks():
    peak = pool_of(100_000)
    assert 0 < peak < 16 * MIB, f"{peak} KiB"


def soak_pool_of_10_000_000_tasks():
    few, many = pool_of(10_000), pool_of(10_000_000)
    print(f"the runner's peak: {few} KiB with 10,000 tasks, {many} KiB with 10,000,000")
    assert many < 16 * MIB and many - few < 2 * MIB, f"{few} and {many} KiB"


SOURCES = {
    "lines": ("lines: items", "{}\n"),
    "csv": ("csv: items", "{},x\n"),
    "jsonl": ("jsonl: items", '[{}]\n'),
    "output": ("output: cat items", "{}\n"),
    "lua": ("lua: 'for line in io.lines(\"items\") do emit(line) end'", "{}\n"),
}


def source_of(count, tasks, line):
    """A pool with COUNT items from a source, in batches; returns the runner's peak in KiB."""
    directory = Directory()
    directory.fifo("gate")
    with open(directory.path / "items", "w") as file:
        file.writelines(line.format(n) for n in range(count))
    run = Run(f"""
        pools:
          p:
            workers: 2
            tasks: {{{tasks}}}
            batch: 1000
            lua: |
              if index == {(count - 1) // 1000} then
                print("reached")
                io.open("gate"):read()
              end
            output: lines
        log: {{hide: [task.started, task.ended]}}
    """, directory=directory)
    runner = run.runner()
    run_patiently(run, rb"reached")
    peak = peak_memory(runner)
    (directory.path / "gate").write_text("go\n")
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    check_nothing_left()
    return peak


def soak_sources_of_10_000_000_items():
    for name, (tasks, line) in SOURCES.items():
        few, many = source_of(10_000, tasks, line), source_of(10_000_000, tasks, line)
        print(f"{name}: the runner's peak was {few} KiB with 10,000 items, {many} KiB with "
              "10,000,000")
        assert many < 16 * MIB and many - few < 3 * MIB, f"{name}: {few} and {many} KiB"


def slow_reader(size):
    """Nobody reads the log while a child writes SIZE bytes; a timeout still fires meanwhile."""
    directory = Directory()
    directory.fifo("fired")
    run = Run(f"""
        processes:
          writer: {{run: "yes 0123456789abcde | head -c {size}"}}
          limited:
            timeout: 3s
            run: |
              trap 'echo fired >fired; exit 0' TERM
              while :; do sleep 0.1; done
            stderr: null
        log: {{prefix: false}}
    """, "--log", "story.txt", directory=directory)
    runner = run.runner()
    assert (directory.path / "fired").read_text() == "fired\n"  # waits for the writer of the fifo
    peak = peak_memory(runner)
    got, digest = 0, hashlib.sha256()
    while chunk := os.read(run.process.stdout.fileno(), 1 << 20):
        got += len(chunk)
        digest.update(chunk)
        peak = max(peak, peak_memory(runner))
    status = run.process.wait(PATIENCE)
    check_nothing_left()
    want = hashlib.sha256(b"0123456789abcde\n" * (size // 16)).hexdigest()
    assert got == size and digest.hexdigest() == want, f"{got} of {size} bytes"
    check_status(status, 1)
    return peak


@mark("release")
def test_slow_reader():
    peak = slow_reader(amount(96, 256) << 20)
    assert 0 < peak < 32 * MIB, f"{peak} KiB"


def soak_slow_reader():
    peak = slow_reader(10 << 30)
    print(f"10 GiB to a slow reader, byte for byte: the runner's peak was {peak} KiB")
    assert 0 < peak < 32 * MIB, f"{peak} KiB"


def test_stop_while_nobody_reads():
    """A stop works though the log's pipe is full and nobody reads it."""
    directory = Directory()
    directory.fifo("stopped")
    run = Run("""
        processes:
          writer: {exec: [yes]}
          other:
            run: |
              trap 'echo stopped >stopped; exit 0' TERM
              touch ready
              while :; do sleep 0.1; done
    """, directory=directory)
    subprocess.run(["sh", "-c", "until test -e ready; do sleep 0.05; done"],
                   cwd=directory.path, check=True, timeout=PATIENCE)
    run.signal(TERM)
    assert (directory.path / "stopped").read_text() == "stopped\n"
    status, out, err = run.finish()
    check_nothing_left()
    check_status(status, -15, err)


def test_full_queue_holds_its_producer_back():
    """With nobody taking, the producer has put no more than the capacity and what pipes hold."""
    directory = Directory()
    directory.fifo("gate")
    run = Run("""
        threads:
          from:
            produces: q
            lua: |
              for n = 1, 100 do
                parrun.queue("q"):put(n)
                parrun.shared.set("put", n)
              end
          to:
            consumes: q
            lua: |
              while (parrun.shared.get("put") or 0) < 7 do parrun.sleep(0.01) end
              io.open("gate"):read()
              print("put", parrun.shared.get("put"))
              local sum = 0
              for n in parrun.queue("q"):each() do sum = sum + n end
              print("sum", sum)
        queues:
          q: {capacity: 7}
    """, directory=directory)
    (directory.path / "gate").write_text("go\n")
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    assert b"put\t7\n" in out and b"sum\t5050\n" in out, out


def test_ordered_queue_has_no_priorities():
    """A priority that could not be heeded is refused, in a thread and in a process."""
    status, out, err = complete("""
        threads:
          a: {produces: q, lua: "parrun.queue('q'):put('x', {priority = 1})"}
        processes:
          b: {produces: q, lua: "parrun.queue('q'):put('y', {priority = 0, delay = 0.01})"}
          c: {produces: q, lua: "parrun.queue('q'):put('z', {priority = 9})"}
          to: {exec: [cat], stdin: {queue: q}}
        queues: {q: {ordered: "${{ message }}"}}
    """)
    check_status(status, 1, out + err)
    for name in (b"thread a", b"Process c"):
        assert re.search(name + rb" failed: .*: queue q is ordered: its messages have no priority", out), out


@mark("tsan")
def test_lines_are_never_torn():
    """Every line of the log is whole, whoever writes at the same time."""
    status, out, err = complete("""
        processes:
          a: {run: "yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | head -20000"}
          b: {run: "yes bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb | head -20000"}
        threads:
          c: {replicas: 2, lua: "for n = 1, 5000 do print(string.rep('c', 50)) end"}
        pools:
          d: {workers: 2, tasks: 100, lua: "for n = 1, 50 do print(string.rep('d', 50)) end"}
        log: {prefix: false, hide: [run.*, process.start*, process.ended, pool.*, task.started, task.ended, thread.started, thread.ended]}
    """)
    check_status(status, 0, err)
    lines = out.split(b"\n")
    torn = [line for line in lines if line and len(set(line)) != 1]
    assert not torn, torn[:5]
    counts = {letter: sum(line[:1] == letter for line in lines) for letter in (b"a", b"b", b"c", b"d")}
    assert counts == {b"a": 20000, b"b": 20000, b"c": 10000, b"d": 5000}, counts


def test_a_table_of_the_same_parts_again_and_again():
    """What would unfold without end is an error; a long list of one and the same table is none."""
    status, out, err = complete("""
        queues: {q: {}}
        threads:
          put:
            produces: q
            lua: |
              local q, list, part = parrun.queue("q"), {}, {1}
              for n = 1, 400000 do list[n] = part end
              q:put(list)
              for _ = 1, 30 do part = {part, part} end
              print(select(2, pcall(q.put, q, part)))
          get: {consumes: q, lua: "for list in parrun.queue('q'):each() do print(#list) end"}
    """)
    check_status(status, 0, out + err)
    assert b"400000\n" in out, out
    assert b"a table that refers so often to the same tables cannot be put" in out, out


def test_a_key_that_takes_too_many_steps_is_told():
    """The message goes on with all others that have no key, and the run does not wait for it."""
    status, out, err = complete(r"""
        queues: {q: {ordered: '${{ message:find(string.rep("a*", 60) .. "b") }}'}}
        processes:
          a: {run: "head -c 9000 /dev/zero | tr '\\0' a; echo; echo aab", stdout: {queue: q}}
          b: {run: wc -l, stdin: {queue: q}}
    """)
    check_status(status, 0, out + err)
    assert out.count(b"Queue q: the key of a message cannot be worked out: ") == 1, out
    assert b"b | 2\n" in out, out


def test_long_line():
    """A line of 8 MB arrives byte for byte, and the memory stays small."""
    size = 8_000_000
    status, out, err = complete(f"""
        processes:
          a: {{run: "head -c {size} /dev/zero | tr '\\\\0' x; echo; echo next"}}
        log: {{prefix: false, hide: [run.*, process.start*, process.ended]}}
    """)
    check_status(status, 0, err)
    assert out == b"x" * size + b"\nnext\n", (len(out), out[-100:])

