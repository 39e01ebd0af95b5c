import json

rows = [json.loads(line) for line in open("results.jsonl")]
items = [{"name": "a\nb", "n": [1, 2.5, True, None]}, "plain", 7, "fails", "garbage", "after"]
assert [row["item"] for row in rows] == items, rows
assert [row.get("exit") for row in rows] == [0, 0, 0, None, None, 0], rows
# What fails by its own word leaves the program running; garbage ends it.
assert [row.get("result") for row in rows] == [
    {"n": 1, "item": items[0]}, {"n": 2, "item": "plain"}, {"n": 3, "item": 7}, None, None,
    {"n": 1, "item": "after"}], rows
assert rows[3]["reason"] == "no such thing", rows
assert rows[4]["reason"].startswith("its program answered with '{\"n\": ': no JSON: "), rows
assert all(json.loads(row["output"]) == row["result"] for row in rows if "result" in row), rows
