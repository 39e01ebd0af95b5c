import datetime
import json

begun = [json.loads(line)["time"] for line in open("stdout.raw") if '"task.started"' in line]
times = [datetime.datetime.fromisoformat(time.rstrip("Z")) for time in begun]
assert len(times) == 4, begun
# The first may be told late and the second be late: the third and the fourth follow at an interval each.
assert (times[-1] - times[0]).total_seconds() >= 0.199, begun
