import os

count = len(os.listdir("logs")) - 1
story = "".join(open(f"logs/run.log{end}").read() for end in [f".{n}" for n in range(count, 0, -1)] + [""])
assert count >= 2 and story.splitlines()[1::2] == ["Process will start.", "Process end."], (count, story)
