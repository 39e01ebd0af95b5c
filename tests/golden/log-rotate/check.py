import gzip
import os

old = [name for name in os.listdir() if name.startswith("story.txt.")]
assert len(old) >= 2 and all(name.endswith(".gz") for name in old), old
story = "".join(gzip.open(f"story.txt.{n}.gz", "rt").read() for n in range(len(old), 0, -1))
story += open("story.txt").read()
assert story.splitlines()[1::2] == ["Process will start.", "Process end."], story
assert not os.path.exists("never.log")
