import base64
import json


def records(path, pool):
    rows = sorted((json.loads(line) for line in open(path)), key=lambda row: row["index"])
    assert all(row.pop("seconds") >= 0 for row in rows), rows
    assert {row.pop("pool") for row in rows} == {pool}, rows
    return rows


commands = records("commands.jsonl", "commands")
assert all(row.pop("memory") > 100000 for row in commands), commands
for row in commands:
    assert base64.b64decode(row.pop("output_base64")) == b"out of %s \xff\n" % row["item"].encode()
    assert row.pop("output") == "out of %s \ufffd\n" % row["item"]
assert commands == [
    {"index": 0, "item": "a", "attempt": 1, "state": "succeeded", "exit": 0},
    {"index": 1, "item": "b c", "attempt": 1, "state": "succeeded", "exit": 0},
    {"index": 2, "item": "fails", "attempt": 2, "state": "failed", "exit": 3},
    {"index": 3, "item": "dies", "attempt": 2, "state": "failed", "signal": "KILL"},
], commands
lua = records("lua.jsonl", "lua")
assert lua[1].pop("reason").startswith("odd"), lua
assert lua == [
    {"index": 0, "item": 0, "attempt": 1, "state": "succeeded", "exit": 0, "result": {"square": 0}},
    {"index": 1, "item": 1, "attempt": 1, "state": "failed"},
    {"index": 2, "item": 2, "attempt": 1, "state": "succeeded", "exit": 0, "result": {"square": 4}},
], lua
assert [row["index"] for row in records("kept/results.jsonl", "files")] == [0, 1, 2]
assert [open(f"kept/{n}.out").read() for n in range(3)] == ["0\n", "1\n", "2\n"]
