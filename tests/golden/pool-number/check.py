import re
pids = set(re.findall(r"Run task \d+ \((\d+)\)", open("stdout.raw").read()))
assert len(pids) == 1, f"one worker, but the pids {pids}"
