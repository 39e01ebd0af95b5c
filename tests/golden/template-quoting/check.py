import os
assert not os.path.exists("pwned")
want = []
for name in open("names.txt").read().splitlines():
    want.append("".join(f"<{word}>" for word in
                        (name, name, name, f"a{name}b", f"a {name} b", "--", name)))
got = open("stdout.raw").read().splitlines()[1:-1]
for one, two in zip(want, got):
    assert one == two, f"expected {one!r}\n printed {two!r}"
assert len(want) == len(got), got
