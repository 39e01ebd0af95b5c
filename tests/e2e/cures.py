"""The hints of errors are cures: each one that says what to write is applied, and the error is gone."""
import pathlib
import re
import shutil
import subprocess
import tempfile

from harness.parrun import PROGRAM, mark
from harness.paths import TESTS

BAD = TESTS / "bad"
ERROR = re.compile(rb"^(\S+?):(\d+):(\d+): error: (.*)\n +\d+ \| (.*)\n +\| *\t*(\^~*) (.+)$", re.M)
BYTES_MOST = 20000


def replaced(by):
    return lambda line, at, end, _match: line[:at] + by + line[end:]


def take(line, at, end, match):
    return line[:at] + match.group(1) + line[end:]


def quoted(line, at, _end, _match):
    """The rest of the line becomes one text in single quotes."""
    return line[:at] + b"'" + line[at:].rstrip(b"}]").replace(b"'", b"''") + b"'" + \
        line[len(line.rstrip(b"}]")):]


def spaced(line, _at, _end, _match):
    """A space behind the first ':' that has none."""
    return re.sub(rb":(?=[^ /\n])|:$", b": ", line, count=1)


def unpadded(line, at, end, _match):
    return line[:at] + (line[at:end].lstrip(b"0") or b"0") + line[end:]


# A hint, how to apply it to the line of the error from its first to its last character.
CURES = [
    (rb"did you mean '([^']*)'\?", take),
    (rb"write (true|false)\b", take),
    (rb"write (\[\S+\])$", take),
    (rb"write (ready|started|completed|succeeded|failure|always)$", take),
    (rb"write (\"\") for an empty text$", lambda line, at, end, m: line[:at] + b'""' + line[at:]),
    (rb"write the number without the leading zero", unpadded),
    (rb"indent with spaces", lambda line, at, end, m: line.replace(b"\t", b"    ")),
    (rb"put a space behind the ':'$", spaced),
    (rb"put a space before the '#'", lambda line, at, end, m: line[:at] + b" " + line[at:]),
    (rb"put the value in quotes", quoted),
    (rb"a file is written (\{file: .*\})$", take),
    (rb"write a plain space", replaced(b" ")),
    (rb"write NAME=VALUE", lambda line, at, end, m: line[:at].rstrip() + b"=" + line[at:]),
    (rb"write (\$\{\w+:-\}) for an empty text", lambda line, at, end, m:
        line[:at] + re.match(rb"\$\{(\w+:-)\}", m.group(1)).group(1) + line[end:]),
]


def check(directory, name):
    ended = subprocess.run([PROGRAM, "check", name], cwd=directory, stdin=subprocess.DEVNULL,
                           capture_output=True, timeout=60, check=False)
    return ended.stderr


def cure_of(hint):
    for pattern, apply in CURES:
        match = re.match(pattern, hint)
        if match:
            return apply, match
    return None


def bytes_at(line, column):
    """The byte of a character's column, counted as the program does."""
    return len(line.decode("utf-8", "surrogateescape")[:column - 1].encode("utf-8", "surrogateescape"))


def cure(folder, scenario, error):
    """Applies one hint in a copy of the folder; None, or what went wrong."""
    file, row, column, message, _shown, caret, hint = error
    found = cure_of(hint)
    if not found:
        return None
    path = folder / file.decode()
    before = path.read_bytes()
    lines = before.split(b"\n")
    line = lines[int(row) - 1]
    at = bytes_at(line, int(column))
    end = bytes_at(line, int(column) + len(caret))
    lines[int(row) - 1] = found[0](line, at, end, found[1])
    path.write_bytes(b"\n".join(lines))
    said = check(folder, scenario)
    path.write_bytes(before)
    if re.search(rb"^%s:%s:\d+: error: %s$" % (re.escape(file), row, re.escape(message)), said, re.M):
        return f"{file.decode()}:{row.decode()}: '{hint.decode()}' does not cure: {message.decode()}"
    return True


@mark("release")
def test_hints_cure():
    cured, faults = 0, []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name) / "bad"
        shutil.copytree(BAD, folder)
        for text in sorted(folder.glob("*.txt")):
            said = text.read_bytes()
            if len(said) > BYTES_MOST:
                continue
            for error in ERROR.findall(said):
                result = cure(folder, text.stem + ".yaml", error)
                cured += result is True
                faults += [result] if isinstance(result, str) else []
    assert not faults, "\n".join(faults)
    assert cured >= 40, cured
