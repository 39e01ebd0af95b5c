one, two = (open(name, "rb").read() for name in ("in.bin", "out.bin"))
assert one + b"\n" == two, (one, two)
