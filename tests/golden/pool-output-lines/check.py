text = open("stdout.raw").read()
assert text.index("a 1\n") < text.index("a 2\n"), text
