import subprocess

rows = [line.split("\t") for line in open("jobs.tsv").read().splitlines()]
assert [(row[0], row[5], row[6]) for row in rows[1:]] == [("1", "4", "0"), ("2", "7", "0")], rows
assert all(" | (cd /usr && sh -c " in row[8] for row in rows[1:]), rows
told = [subprocess.run(row[8], shell=True, capture_output=True, check=True).stdout for row in rows[1:]]
assert told == [b"<a>\n", b"<it's>\n"], told
