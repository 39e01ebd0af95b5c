import json
import pathlib

lines = [line[5:] for line in pathlib.Path("stdout.raw").read_text().splitlines() if line.startswith("to | ")]
got = [json.loads(line)["got"] for line in lines]
assert got == [{"from": "yaml", "list": [1, 2]}, "text", 7, {"a": [1, 2.0, True]}, "x", [], 12], got
