"""A disk that fails once: what was acknowledged is accounted for, and the run says so."""
import errno
import json
import os
import pathlib
import sqlite3
import subprocess

from harness.parrun import PROGRAM, Directory, check_nothing_left, check_status, complete, mark

SHIM = pathlib.Path(__file__).with_name("write_fails.c")
COUNT = 12

# A chain over two files, or one, whose tasks are recorded; and one whose tasks the journal counts.
CHAIN = """
    queues:
      jobs: {{durable: in.db}}
      done: {{durable: {out}}}
    pools:
      p:
        kind: {kind}
        workers: 3
        tasks: {{queue: jobs}}
        produces: done
        results: {{file: results.jsonl}}
        lua: parrun.queue("done"):put("done " .. item)
"""
COUNTED = """
    queues:
      done: {{durable: {out}}}
    pools:
      p:
        kind: {kind}
        workers: 3
        tasks: {{range: [1, {count}]}}
        produces: done
        results: {{file: results.jsonl}}
        lua: parrun.queue("done"):put("done " .. item)
"""


def shim(directory):
    library = directory.path / "shim.so"
    subprocess.run(["cc", "-D_GNU_SOURCE", "-shared", "-fPIC", "-O1", "-o", library, SHIM, "-ldl"], check=True)
    return library


def preloaded(library, directory, call, name, at, number):
    return os.environ | {"LD_PRELOAD": str(library), "WRITE_FAILS_CALL": call, "WRITE_FAILS_NAME": name,
                         "WRITE_FAILS_AT": str(at), "WRITE_FAILS_BY": str(number),
                         "WRITE_FAILS_HIT": str(directory.path / "hit")}


def messages(directory, name, queue):
    if not (directory.path / name).exists():
        return set()
    connection = sqlite3.connect(directory.path / name)
    try:
        return {body for body, in connection.execute("SELECT body FROM message WHERE queue = ?", (queue,))}
    except sqlite3.OperationalError:
        return set()  # the run had not come to make its tables
    finally:
        connection.close()


def recorded(directory):
    path = directory.path / "results.jsonl"
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    items = set()
    for line in lines:
        try:
            items.add(str(json.loads(line)["item"]))
        except ValueError:
            pass  # torn by the fault
    return items


def account(directory, out, found, what):
    """Each item that is not in the first queue any more has a message in the second and a record."""
    wanted = {str(n) for n in range(1, COUNT + 1)}
    put = {body.split()[1] for body in messages(directory, out, "done")}
    left = messages(directory, "in.db", "jobs")
    assert wanted <= found & put | left, (what, sorted(wanted - (found & put | left)))


def check_chain(library, kind, out, fault):
    """True where the fault was met."""
    directory = Directory()
    subprocess.run([PROGRAM, "queue", "in.db", "put", "jobs", *(str(n) for n in range(1, COUNT + 1))],
                   cwd=directory.path, stdout=subprocess.DEVNULL, check=True)
    text = CHAIN.format(kind=kind, out=out)
    status, told_out, err = complete(text, directory=directory,
                                     env=preloaded(library, directory, *fault))
    check_nothing_left()
    hit = (directory.path / "hit").exists()
    check_status(status, 3 if hit else 0, repr((fault, kind, out)).encode() + told_out + err)
    account(directory, out, recorded(directory), (fault, kind, out, "at once"))
    status, told_out, err = complete(text, directory=directory)
    check_status(status, 0, told_out + err)
    account(directory, out, recorded(directory), (fault, kind, out, "afterwards"))
    return hit


def check_counted(library, kind, out, fault):
    directory = Directory()
    text = COUNTED.format(kind=kind, out=out, count=COUNT)
    status, told_out, err = complete(text, "--journal=j.db", directory=directory,
                                     env=preloaded(library, directory, *fault))
    check_nothing_left()
    hit = (directory.path / "hit").exists()
    check_status(status, 3 if hit else 0, repr((fault, kind, out)).encode() + told_out + err)
    status, told_out, err = complete(text, "--journal=j.db", "--resume", directory=directory)
    check_status(status, 0, told_out + err)
    put = {body.split()[1] for body in messages(directory, out, "done")}
    wanted = {str(n) for n in range(1, COUNT + 1)}
    assert put == wanted and recorded(directory) == wanted, (fault, sorted(wanted - put),
                                                             sorted(wanted - recorded(directory)))
    return hit


def sweep(library, check, kind, out, files, numbers, steps):
    runs = 0
    for name in files:
        for call in ("write", "fsync", "ftruncate"):
            for number in numbers:
                for at in steps:
                    runs += 1
                    if not check(library, kind, out, (call, name, at, number)):
                        break
    return runs


# The journal, the queues, their logs, and the records.
CHAIN_FILES = ("/in.db", "/out.db", "/results.jsonl")
COUNTED_FILES = ("/j.db", "/out.db", "/results.jsonl")


@mark("release")
def test_a_fault_in_a_chain_of_two_files():
    sweep(shim(held := Directory()), check_chain, "process", "out.db", CHAIN_FILES, (errno.EIO,), (1, 2, 4, 7, 11))
    assert held


@mark("release")
def test_a_fault_in_a_chain_within_one_file():
    sweep(shim(held := Directory()), check_chain, "thread", "in.db", CHAIN_FILES[:1], (errno.ENOSPC,), (1, 3, 5, 8, 13))
    assert held


@mark("release")
def test_a_fault_beside_a_journal():
    sweep(shim(held := Directory()), check_counted, "process", "out.db", COUNTED_FILES, (errno.EIO,), (1, 2, 5, 9))
    assert held


def torture_every_fault():
    held = Directory()
    library = shim(held)
    everyone = range(1, 10000)
    for kind in ("process", "thread"):
        for out in ("out.db", "in.db"):
            for check, files in ((check_chain, CHAIN_FILES), (check_counted, COUNTED_FILES)):
                runs = sweep(library, check, kind, out, [name for name in files if out == "out.db" or name != "/out.db"],
                             (errno.EIO, errno.ENOSPC), everyone)
                print(f"{check.__name__}, {kind}, {out}: {runs} runs")
