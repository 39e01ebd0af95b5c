import re
pids = re.findall(r"Run task (\d+) \((\d+)\)", open("stdout.raw").read())
assert [task for task, _ in pids] == ["0", "1", "2"], pids
assert pids[0][1] == pids[1][1] != pids[2][1], pids
