import os
assert not os.path.exists("pwned")
want = ["".join(f"<{word}>" for word in (name, name, name, f"a{name}b", name))
        for name in open("names.txt").read().splitlines()]
got = [line for line in open("stdout.raw").read().splitlines() if line.startswith("<")]
assert got == want, (got, want)
