written = open("logs/run.log").read()
shown = open("stdout.raw").read()
assert written == shown and "\n1\n" in shown and "Waiting for" in shown, (written, shown)
