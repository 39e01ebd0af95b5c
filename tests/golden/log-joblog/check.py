import subprocess

rows = [line.split("\t") for line in open("jobs.tsv").read().splitlines()]
assert rows[0] == "Seq Host Starttime JobRuntime Send Receive Exitval Signal Command".split(), rows[0]
told = [(seq, receive, code, signal) for seq, _, _, _, _, receive, code, signal, _ in rows[1:]]
assert told == [("1", "2", "0", "0"), ("2", "4", "0", "0"), ("3", "6", "3", "0"), ("4", "5", "0", "9")], told
assert all(float(row[2]) > 1e9 and float(row[3]) >= 0 for row in rows[1:])
assert all(row[8].startswith("/bin/sh -c 'echo ") for row in rows[1:]), rows

# One line for the shell, though the command has several: bash and others know $'...'.
assert "$'\\n''case " in rows[4][8], rows[4]
ran = subprocess.run(["bash", "-c", rows[3][8]], capture_output=True, check=False)
assert (ran.returncode, ran.stdout) == (3, b"fails\n"), ran
