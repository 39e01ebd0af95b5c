"""The records tell the signal and the limit."""
import json

records = [json.loads(line) for line in open("results.jsonl")]
told = sorted((r["index"], r.get("signal"), r.get("exit"), r.get("reason")) for r in records)
cpu = "it used more than its cpu limit of 1s and was killed"
file = "it wrote a file past its fsize limit of 1K and was killed"
assert told == [(0, "XCPU", None, cpu), (1, None, 152, cpu), (2, "KILL", None, cpu),
                (3, "XFSZ", None, file), (4, None, 0, None)], told
