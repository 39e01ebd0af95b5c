"""Where things are."""
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
BUILD = ROOT / "build"


def program(variant):
    """The program built as VARIANT: release, debug, asan or tsan."""
    return BUILD / variant / "parrun"
