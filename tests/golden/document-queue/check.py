"""Each message is put before it is got, in order; the writer and the reader are two processes."""
import re

lines = open("stdout.raw").read().splitlines()
for letter in "ABC":
    assert lines.index(f"Put {letter} to queue...") < lines.index(f"Get {letter} from queue.")
for verb in ("Put", "Get"):
    found = [line.split()[1] for line in lines if line.startswith(verb)]
    assert found == ["A", "B", "C"], found
pids = re.findall(r"^Process to (?:read|write): (\d+)$", "\n".join(lines), re.M)
assert len(set(pids)) == 2, pids
