"""Calls one function of one file: python3 -m harness.call FILE FUNCTION."""
import importlib.util
import sys

from .late import hold_up


def load(path):
    specification = importlib.util.spec_from_file_location("test", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


if __name__ == "__main__":
    function = getattr(load(sys.argv[1]), sys.argv[2])
    hold_up(sys.argv[2])
    function()
