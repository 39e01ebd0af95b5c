one, two = (open(name, "rb").read() for name in ("in.bin", "out.bin"))
assert one == two, (one, two)
