numbers = sorted(int(line) for line in open("stdout.raw"))
assert numbers == list(range(1, 1001)), numbers
