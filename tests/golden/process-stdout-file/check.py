assert open("out.txt").read() == "to out\n", open("out.txt").read()
assert open("err.txt").read() == "there before\nto err\n", open("err.txt").read()
