"""Results as tables: runs that are killed, that go on, and tables of something else."""
import csv
import os
import time

from harness.parrun import KILL, Directory, Run, check_nothing_left, check_status, complete

TEXT = """
    pools:
      p: {workers: 2, tasks: {csv: in.csv}, results: {csv: out.csv}, output: lines,
          run: "printf '%s\\n\\"' ${{ item.name }}; test ${{ item.n }} != 3 || test -e go"}
"""


def table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, strict=True))


def test_rows_are_added_to_a_table():
    """What was torn goes away, columns stay where they are, and what has none is kept."""
    directory = Directory()
    directory.file("in.csv", 'n,name\n1,"a,b"\n2,c\n3,d\n')
    status, out, err = complete(TEXT, "--journal=j.db", directory=directory)
    check_status(status, 1, out + err)
    path = directory.path / "out.csv"
    before = path.read_bytes()
    path.write_bytes(before + b'7,3,"torn\nby a ')
    directory.file("in.csv", 'name,n,new\n"a,b",1,x\nd,3,"y\nz"\n')
    directory.file("go", "")
    status, out, err = complete(TEXT, "--journal=j.db", "--resume", directory=directory)
    check_status(status, 0, out + err)
    assert path.read_bytes().startswith(before)
    rows = table(path)
    assert [(row["n"], row["name"], row["exit"], row["output"]) for row in rows[3:]] == [
        ("1", "a,b", "0", 'a,b\n"'), ("3", "d", "0", 'd\n"')] or sorted(row["n"] for row in rows[3:]) == ["1", "3"], rows
    assert {row["n"]: row["other"] for row in rows[3:]} == {"1": '{"new":"x"}', "3": '{"new":"y\\nz"}'}, rows
    check_nothing_left()


def test_a_table_of_something_else():
    directory = Directory()
    directory.file("in.csv", "n,name\n1,a\n")
    for other in ("n,name\n1,a\n", "\0\n", '"never closed\n'):
        directory.file("out.csv", other)
        status, out, err = complete(TEXT, "--task", "p:0", directory=directory)
        check_status(status, 3, out + err)
        assert b"its first row has no column 'index', as those of this pool have; name another file" in out, out
        kept = (directory.path / "out.csv").read_text()
        assert kept == other, kept
    directory.file("out.csv", "index,n,na")  # of ours, torn
    status, out, err = complete(TEXT, "--task", "p:0", directory=directory)
    check_status(status, 0, out + err)
    assert [row["name"] for row in table(directory.path / "out.csv")] == ["a"]
    check_nothing_left()


def test_killed_runs_leave_whole_tables():
    """Killed anywhere, and gone on with: each row is whole, and no task that counts as done is missing."""
    directory = Directory()
    text = """
        pools:
          p: {workers: 2, tasks: {range: [1, 300]}, results: {tsv: out.tsv}, output: discard,
              run: "printf '\\"%s\\n\\t\\n' ${{ item }}; test ${{ item }} -le 100 || until test -e go; do sleep 0.05; done"}
    """
    run = Run(text, "--journal=j.db", directory=directory)
    path = directory.path / "out.tsv"
    while not path.exists() or path.stat().st_size < 2000:
        time.sleep(0.005)
    os.kill(run.runner(), KILL)
    run.finish()
    check_nothing_left()
    directory.file("go", "")
    status, out, err = complete(text, "--journal=j.db", "--resume", directory=directory)
    check_status(status, 0, out + err)
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", strict=True))
    assert all(row["output"] == f'"{row["item"]}\n\t\n' and row["other"] == "" for row in rows), rows
    assert {int(row["item"]) for row in rows} == set(range(1, 301))
