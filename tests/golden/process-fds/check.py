assert open("out.txt").read() == "to the file\n"
