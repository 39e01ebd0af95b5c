"""A durable queue's file that is not as it was written: nothing of it is believed that does not fit."""
import collections
import random
import shutil
import sqlite3
import subprocess

from harness.parrun import PATIENCE, PROGRAM, Directory, Run, amount, check_nothing_left, check_status, complete, mark

# Bodies of every kind of row: in a page, over many pages, numbers, with and without a place in the index.
FILL = """
    queues: {small: {durable: q.db}, large: {durable: q.db}}
    processes:
      fill:
        produces: [small, large]
        lua: |
          local small, large = parrun.queue("small"), parrun.queue("large")
          for n = 1, 150 do small:put("small " .. n, {priority = n % 4 == 0 and n % 10 or 0}) end
          for n = 1, 30 do small:put(n) end
          for n = 1, 6 do large:put("large " .. n .. (" "):rep(9000 * n)) end
"""
PUT = collections.Counter([f"small {n}" for n in range(1, 151)] + [str(n) for n in range(1, 31)] +
                          [f"large {n}" + " " * 9000 * n for n in range(1, 7)])

TAKE = """
    queues: {small: {durable: q.db}, large: {durable: q.db}}
    processes:
      a: {consumes: small, lua: "for m in parrun.queue('small'):each() do print(m) end", stdout: {file: small}}
      b: {consumes: large, lua: "for m in parrun.queue('large'):each() do print(m) end", stdout: {file: large}}
"""


def filled():
    directory = Directory()
    status, out, err = complete(FILL, directory=directory)
    check_status(status, 0, out + err)
    return directory


def taken(directory):
    lines = []
    for name in ("small", "large"):
        path = directory.path / name
        lines += path.read_bytes().decode(errors="replace").split("\n")[:-1] if path.exists() else []
    return collections.Counter(lines)


def change(path, chance):
    """Some bytes of the file become others."""
    bytes_of = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 1, 2, 8))):
        bytes_of[chance.randrange(len(bytes_of))] ^= chance.randrange(1, 256)
    path.write_bytes(bytes_of)


def take_with_changes(good, seed):
    """Returns whether the run said that something was wrong."""
    directory = Directory()
    shutil.copy(good.path / "q.db", directory.path)
    change(directory.path / "q.db", random.Random(seed))
    run = Run(TAKE, directory=directory)
    status, out, err = run.finish()
    check_nothing_left()
    got = taken(directory)
    assert status in (0, 2, 3), (seed, status, out, err)
    assert not got - PUT, (seed, "what nobody had put", got - PUT)
    if status == 0:
        assert got == PUT, (seed, "lost and not told", PUT - got, out)
    else:
        assert b"damaged" in out + err or b"cannot be read" in out + err or b"queue file" in out + err, (seed, out, err)
    return status != 0


def check_changes(seeds):
    good = filled()
    told = [take_with_changes(good, seed) for seed in seeds]
    assert True in told and False in told, told
    return sum(told)


@mark("release")
def test_random_changes():
    check_changes(range(amount(12, 40)))


def torture_random_changes():
    count = 400
    print(f"of {count} queue files with random bytes changed, {check_changes(range(1000, 1000 + count))} were told")


def alter(directory, *statements):
    connection = sqlite3.connect(directory.path / "q.db")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def rows(directory, query):
    connection = sqlite3.connect(directory.path / "q.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def take(directory):
    status, out, err = complete(TAKE, directory=directory)
    return status, out, err


# A change to one row, and the messages that are set aside for it.
CHANGES = {
    "body": ("UPDATE message SET body = 'other' WHERE body = 'small 7'", {"small 7"}),
    "form": ("UPDATE message SET form = 'json' WHERE body = 3", {"3"}),
    "type": ("UPDATE message SET body = '3' WHERE body = 3", {"3"}),
    "priority": ("UPDATE message SET priority = 9 WHERE body = 'small 7'", {"small 7"}),
    "due": ("UPDATE message SET due = 1.5 WHERE body = 'small 7'", {"small 7"}),
    "put": ("UPDATE message SET put = 1.5 WHERE body = 'small 7'", {"small 7"}),
    "sum": ("UPDATE message SET sum = 0 WHERE queue = 'large'", {f"large {n}" + " " * 9000 * n for n in range(1, 7)}),
    "none": ("UPDATE message SET sum = NULL WHERE body = 'small 7'", {"small 7"}),
}


def test_what_does_not_fit_is_set_aside():
    """It is delivered to nobody, told, and kept in the file; the next run has nothing to tell."""
    good = filled()
    for name, (statement, aside) in CHANGES.items():
        directory = Directory()
        shutil.copy(good.path / "q.db", directory.path)
        alter(directory, statement)
        status, out, err = take(directory)
        check_status(status, 3, out + err)
        assert PUT - taken(directory) == collections.Counter(aside), (name, PUT - taken(directory))
        assert out.count(b"is not as it was put, and is set aside") == len(aside), (name, out)
        assert rows(directory, "SELECT count(*) FROM damaged") == [(len(aside),)], name
        assert rows(directory, "SELECT count(*) FROM message") == [(0,)], name
        status, out, err = take(directory)
        check_status(status, 0, out + err)


def test_missing_messages_are_told():
    directory = filled()
    alter(directory, "DELETE FROM message WHERE body IN ('small 7', 'small 9')")
    status, out, err = take(directory)
    check_status(status, 3, out + err)
    assert b"Queue small: its file is damaged: 2 messages are missing.\n" in out, out
    assert sum((PUT - taken(directory)).values()) == 2
    status, out, err = take(directory)
    check_status(status, 0, out + err)


def test_messages_of_nobody_are_told():
    """A row that came from elsewhere fits no sum, and is one too many."""
    directory = filled()
    alter(directory, "INSERT INTO message SELECT id + 1000, queue, body, form, priority, due, attempts, put, sum "
                     "FROM message WHERE body = 'small 7'")
    status, out, err = take(directory)
    check_status(status, 3, out + err)
    assert b"Queue small: its file is damaged: 1 more message is in it than were put.\n" in out, out
    assert taken(directory) == PUT


def test_a_row_that_became_another_is_told():
    """As many as there should be, but one of them twice."""
    directory = filled()
    alter(directory, "DELETE FROM message WHERE body = 'small 7'",
          "INSERT INTO message SELECT id + 1000, queue, body, form, priority, due, attempts, put, sum "
          "FROM message WHERE body = 'small 9'")
    status, out, err = take(directory)
    check_status(status, 3, out + err)
    assert b"Queue small: its file is damaged: other messages are in it than were put.\n" in out, out
    assert taken(directory) == PUT - collections.Counter(["small 7"])


def test_a_queue_of_another_name_is_told():
    directory = filled()
    alter(directory, "UPDATE message SET queue = 'smell' WHERE body = 'small 7'")
    status, out, err = take(directory)
    check_status(status, 3, out + err)
    assert b"Queue small: its file is damaged: 1 message is missing.\n" in out, out
    assert rows(directory, "SELECT queue FROM message") == [("smell",)]


def test_an_index_without_a_message_is_told():
    """The urgent ones are found by an index; what it does not have is not lost from sight."""
    directory = filled()
    alter(directory, "PRAGMA writable_schema = ON",
          "UPDATE sqlite_schema SET sql = replace(sql, '> 0', '> 5') WHERE name = 'urgent'")
    alter(directory, "REINDEX")
    alter(directory, "PRAGMA writable_schema = ON",
          "UPDATE sqlite_schema SET sql = replace(sql, '> 5', '> 0') WHERE name = 'urgent'")
    status, out, err = take(directory)
    check_status(status, 3, out + err)
    assert b"are not found in their order" in out, out
    missing = sum((PUT - taken(directory)).values())
    assert missing and rows(directory, "SELECT count(*) FROM message NOT INDEXED") == [(missing,)]


def test_list_and_requeue_see_what_does_not_fit():
    directory = filled()
    alter(directory, "UPDATE message SET body = 'other' WHERE body = 'large 1" + " " * 9000 + "'")
    ended = subprocess.run([PROGRAM, "queue", "q.db", "list", "large"], cwd=directory.path, timeout=PATIENCE,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert ended.stdout.count(b"(damaged)") == 1 and b"other" not in ended.stdout, ended.stdout
    ended = subprocess.run([PROGRAM, "queue", "q.db", "requeue", "large", "small"], cwd=directory.path,
                           timeout=PATIENCE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert ended.returncode and b"is not as it was put" in ended.stdout, ended.stdout


def test_commands_keep_the_count():
    """What is put, put back and purged by a command is counted as what a run does."""
    directory = filled()
    for words in (["put", "small", "x", "y"], ["requeue", "large", "small"], ["put", "large", "z"],
                  ["put", "more", "a"], ["purge", "more"]):
        subprocess.run([PROGRAM, "queue", "q.db", *words], cwd=directory.path, timeout=PATIENCE,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
    status, out, err = take(directory)
    check_status(status, 0, out + err)
    assert taken(directory) == PUT + collections.Counter("xyz"), taken(directory) - PUT


# The tables as version 1 had them.
VERSION_1 = """
    CREATE TABLE queue (name TEXT PRIMARY KEY, made REAL NOT NULL, framing TEXT) WITHOUT ROWID;
    CREATE TABLE message (id INTEGER PRIMARY KEY, queue TEXT NOT NULL, body, form TEXT, priority INTEGER NOT NULL,
                          due REAL, attempts INTEGER NOT NULL, put REAL NOT NULL);
    CREATE TABLE holder (socket TEXT NOT NULL);
    CREATE INDEX urgent ON message (queue, priority DESC, id) WHERE priority > 0;
    CREATE VIEW depth AS
      SELECT queue.name AS queue, count(message.id) AS messages, total(message.attempts > 0) AS tried,
        min(message.put) AS oldest
      FROM queue LEFT JOIN message ON message.queue = queue.name GROUP BY queue.name;
    PRAGMA application_id = 1347573073;
    PRAGMA user_version = 1;
"""


def test_a_file_of_version_1_is_upgraded():
    directory, good = Directory(), filled()
    connection = sqlite3.connect(directory.path / "q.db")
    connection.executescript(VERSION_1)
    connection.execute("ATTACH ? AS good", (str(good.path / "q.db"),))
    connection.execute("INSERT INTO queue SELECT name, made, framing FROM good.queue")
    connection.execute("INSERT INTO message SELECT id, queue, body, form, priority, due, attempts, put FROM good.message")
    connection.commit()
    connection.close()
    listed = subprocess.run([PROGRAM, "queue", "q.db", "list"], cwd=directory.path, timeout=PATIENCE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    assert listed.returncode and b"to which the next run that has it brings it" in listed.stderr, listed
    status, out, err = take(directory)
    check_status(status, 0, out + err)
    assert taken(directory) == PUT
    assert rows(directory, "PRAGMA user_version") == [(2,)]
    assert rows(directory, "SELECT name, messages, ids FROM queue ORDER BY name") == [("large", 0, 0), ("small", 0, 0)]
