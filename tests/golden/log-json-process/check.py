import json
events = [json.loads(line) for line in open("stdout.raw")]
assert [event["seq"] for event in events] == sorted(event["seq"] for event in events)
for event in events:
    assert list(event)[:5] == ["time", "at", "seq", "event", "run"], list(event)
assert len({event["run"] for event in events}) == 1
names = [event["event"] for event in events]
assert "process.started" in names and "process.output" in names, names
output = next(event for event in events if event["event"] == "process.output")
assert output["process"] == "test" and output["line"] == "out", output
assert any(event.get("code") == 3 for event in events)
