import json

ITEMS = [{"z": {}, "a": [], "l": [1, {}]}, {}, [], {"k": {"m": {}}}]


def results(name):
    return [record["result"] for record in map(json.loads, open(name))]


assert results("program.jsonl") == ITEMS, results("program.jsonl")
assert results("lua.jsonl") == ITEMS, results("lua.jsonl")
assert results("thread.jsonl") == [[item, {}, []] for item in ITEMS], results("thread.jsonl")
