import pathlib

assert pathlib.Path("out").read_text() == "first\nsecond\n"
