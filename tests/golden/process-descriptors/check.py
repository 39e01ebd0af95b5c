assert open("three.txt").read() == "from the scenario\n"
