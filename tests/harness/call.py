"""Calls one function of one file: python3 -m harness.call FILE FUNCTION."""
import importlib.util
import sys


def main(path, function):
    specification = importlib.util.spec_from_file_location("test", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    getattr(module, function)()


if __name__ == "__main__":
    main(*sys.argv[1:])
