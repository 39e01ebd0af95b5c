"""The examples and the made parts of manual pages.

A comment before a displayed block says what a test does with it:

    .\\" before: COMMAND    done first, in a directory of the example's own
    .\\" test: KIND ARGS    what the block is and how it is tried, see tests/e2e/manual.py
    .\\" after: COMMAND     must succeed afterwards; standard output is in the file "out"
"""
import dataclasses
import re
import subprocess
import sys

from .paths import ROOT

PAGES = ROOT / "man"
MADE = re.compile(r'(\.\\" Made by: parrun reference (\S+)\n)(.*?)(\.\\" Made until here\.\n)',
                  re.S)
MARK = re.compile(r'\.\\" (before|test|after): (.*)')


@dataclasses.dataclass
class Example:
    """A block of a page at a line, with its marks: lists of what stood behind each word."""
    page: str
    line: int
    marks: dict
    text: str


def plain(line):
    """A line of a literal block as the reader sees it."""
    return line.replace("\\&", "").replace("\\e", "\\")


def examples(page):
    """Every block of PAGE that has marks."""
    found, marks, block = [], {}, None
    for number, line in enumerate((PAGES / page).read_text().splitlines(), 1):
        mark = MARK.fullmatch(line)
        if mark:
            marks.setdefault(mark[1], []).append(mark[2])
        elif block is None and line.startswith(".Bd") and marks:
            block = (number, [])
        elif block and line == ".Ed":
            found.append(Example(page, block[0], marks, "\n".join(block[1]) + "\n"))
            marks, block = {}, None
        elif block:
            block[1].append(plain(line))
        else:
            assert not marks, f"{page}:{number}: marks without a block"
    return found


def made_parts(page):
    """Pairs of the name of a part and the text that PAGE has for it."""
    return [(found[2], found[3]) for found in MADE.finditer((PAGES / page).read_text())]


def reference(program, name):
    """The part called NAME as PROGRAM makes it."""
    return subprocess.run([program, "reference", name], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, check=True, timeout=60).stdout.decode()


def remake(program):
    """Writes every page with its parts as PROGRAM makes them."""
    for path in PAGES.glob("*.[1-8]"):
        path.write_text(MADE.sub(lambda found: found[1] + reference(program, found[2]) + found[4],
                                 path.read_text()))


if __name__ == "__main__":
    remake(sys.argv[1])
