import pathlib

expected = pathlib.Path("in.bin").read_bytes() + b"\0\x50\0\0" + bytes(0x500000)
assert pathlib.Path("out.bin").read_bytes() == expected
