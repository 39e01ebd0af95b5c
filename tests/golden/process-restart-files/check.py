assert open("out.txt").read().split() == ["1", "2", "3"], open("out.txt").read()
assert open("err.txt").read() == "err\n" * 3, open("err.txt").read()
assert open("err.txt.1").read() == "before\n"
