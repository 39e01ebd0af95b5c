story = open("story.txt").read().splitlines()
assert story[1:2] == ["Process will start."] and story[-1] == "Process end.", story
