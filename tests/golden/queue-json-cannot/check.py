import json
[row] = [json.loads(line) for line in open("results.jsonl")]
assert row["result"] == ["Infinity", "-Infinity", "NaN", 1.5], row
