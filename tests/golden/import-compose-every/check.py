"""The scenario that was printed is one that parrun accepts."""
import pathlib
import subprocess

PARRUN = pathlib.Path(__file__).resolve().parents[3] / "build" / "release" / "parrun"
text = open("stdout.raw", "rb").read()
if text:
    checked = subprocess.run([PARRUN, "check", "-"], input=text, capture_output=True)
    assert checked.returncode == 0, checked.stderr.decode()
