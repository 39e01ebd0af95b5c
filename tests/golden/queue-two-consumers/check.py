numbers = sorted(int(line) for name in ("a.txt", "b.txt") for line in open(name))
assert numbers == list(range(1, 1001)), numbers
