import os
import subprocess

printed = subprocess.run(["sh", "stdout.raw"], capture_output=True, text=True, check=True).stdout
items = ["a", "b c", "it's", "$(touch started)", "two\nlines"]
assert printed == "".join(f"<{i}><{i}><{i}><{n}>\n" for n, i in enumerate(items)), printed
assert not os.path.exists("started")
