"""Power cuts: a file system in a file that is shut down while parrun writes to it. Needs root."""
import fcntl
import os
import sqlite3
import struct
import subprocess
import time

from harness.parrun import PATIENCE, Directory, Run, check_nothing_left, check_status

TASKS = 60000
SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN
LOSE = struct.pack("I", 2)  # EXT4_GOING_FLAGS_NOLOGFLUSH: what was not synced is gone

SCENARIO = f"""
    pools:
      p: {{workers: 2, tasks: {TASKS}, lua: "return nil"}}
"""


class Disk:
    """An ext4 of its own, mounted at PATH; the power can be cut."""

    def __init__(self, directory):
        self.image = directory.path / "image"
        self.path = directory.path / "disk"
        self.path.mkdir()
        with open(self.image, "wb") as file:
            file.truncate(128 << 20)
        self.call("mkfs.ext4", "-q", "-F", self.image)
        self.mount()

    @staticmethod
    def call(*words):
        ended = subprocess.run(words, capture_output=True, check=False)
        assert ended.returncode == 0, f"{words[0]}: {ended.stderr.decode()}(root is needed)"

    def mount(self):
        self.call("mount", "-o", "loop", self.image, self.path)

    def unmount(self):
        self.call("umount", self.path)

    def cut(self):
        fd = os.open(self.path, os.O_RDONLY)
        fcntl.ioctl(fd, SHUTDOWN, LOSE)
        os.close(fd)


def wait_for_rows(file, least, table="task"):
    """The number of rows once there are as many: what a reader sees is committed."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
            try:
                count, = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            finally:
                connection.close()
        except sqlite3.OperationalError:  # not made yet, or just then recovered
            continue
        if count >= least:
            return count
    raise AssertionError(f"there were never {least} rows")


def rows_after(file, table="task"):
    """Opens what the cut has left; the database is whole."""
    connection = sqlite3.connect(file)
    whole, = connection.execute("PRAGMA integrity_check").fetchone()
    assert whole == "ok", whole
    count, = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    connection.close()
    return count


def check_cut_at(least):
    directory = Directory()
    disk = Disk(directory)
    journal = disk.path / "j.db"
    run = Run(SCENARIO, f"--journal={journal}", "--log=log.txt", directory=directory)
    committed = wait_for_rows(journal, least)
    disk.cut()
    status, out, err = run.finish()
    assert status != 0, "the run did not notice that its journal was lost"
    assert b"journal" in err, out + err
    check_nothing_left()
    disk.unmount()
    disk.mount()
    found = rows_after(journal)
    assert found >= committed, f"{committed} rows were committed, {found} are there"
    status, out, err = Run(SCENARIO, f"--journal={journal}", "--resume", "--log=log.txt",
                           directory=directory).finish()
    check_status(status, 0, out + err)
    assert rows_after(journal) == TASKS
    disk.unmount()
    return committed, found


def torture_power_cut_under_the_journal():
    """No row that was committed is lost, the database opens, and the run goes on from there."""
    for least in (1, 100, 1000, 5000, 10000, 20000, 30000):
        committed, found = check_cut_at(least)
        print(f"cut at {committed} committed rows: {found} are there")


FILL = """
    queues: {{q: {{durable: {file}, capacity: 1000000}}}}
    processes: {{fill: {{run: seq 400000, stdout: {{queue: q}}}}}}
"""


def torture_power_cut_under_a_durable_queue():
    """No message that was committed is lost, the file opens, and those that are there are the first."""
    for least in (1, 1000, 20000, 100000):
        directory = Directory()
        disk = Disk(directory)
        file = disk.path / "q.db"
        run = Run(FILL.format(file=file), "--log=log.txt", directory=directory)
        committed = wait_for_rows(file, least, "message")
        disk.cut()
        status, out, err = run.finish()
        assert status != 0 and b"queue file" in err, out + err
        check_nothing_left()
        disk.unmount()
        disk.mount()
        found = rows_after(file, "message")
        assert found >= committed, f"{committed} messages were committed, {found} are there"
        connection = sqlite3.connect(file)
        last, = connection.execute("SELECT max(CAST(body AS INTEGER)) FROM message").fetchone()
        connection.close()
        assert last == found, (last, found)
        disk.unmount()
        print(f"cut at {committed} committed messages: {found} are there")
