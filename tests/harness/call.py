"""Calls one function of one file: python3 -m harness.call FILE FUNCTION."""
import importlib.util
import sys


def load(path):
    specification = importlib.util.spec_from_file_location("test", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


if __name__ == "__main__":
    getattr(load(sys.argv[1]), sys.argv[2])()
