import csv
import json

may = sorted((record["index"], record["state"], record["exit"]) for record in map(json.loads, open("may.jsonl")))
assert may == [(0, "allowed", 3), (1, "succeeded", 4), (2, "allowed", 0), (3, "succeeded", 0)], may
mixed = sorted((row["index"], row["state"]) for row in csv.DictReader(open("mixed.csv", newline="")))
assert mixed == [("0", "failed"), ("1", "allowed"), ("2", "failed"), ("3", "failed")], mixed
