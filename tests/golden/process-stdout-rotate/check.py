import gzip
import os

def lines(first, last):
    return "".join(f"{n}\n" for n in range(first, last + 1))

# 6 lines of 3 bytes fit into 20, and the last file takes "last" too.
assert sorted(os.listdir("logs")) == ["web.log", "web.log.1.gz", "web.log.2.gz"], os.listdir("logs")
found = [gzip.open(f"logs/web.log.{n}.gz", "rt").read() for n in (2, 1)] + [open("logs/web.log").read()]
assert found == [lines(16, 21), lines(22, 27), lines(28, 29) + "last\n"], found
assert open("more.log").read() == "there before\nmore\n"
assert open("missing.log").read() == ""
