"""The file has what the log has not."""
import pathlib
import sys

text = pathlib.Path("new/out.txt").read_text()
sys.exit(None if text == "b\tb1\nb\tb2\na\ta1\na\ta2\nmore\n" else f"new/out.txt: {text!r}")
