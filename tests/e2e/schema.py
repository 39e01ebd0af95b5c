"""The JSON Schema of scenarios, against an independent validator."""
import json
import re
import subprocess

import site

site.main()  # tests are started without it

import jsonschema
import yaml

from harness import yaml12
from harness.parrun import PATIENCE, PROGRAM, mark
from harness.paths import ROOT, TESTS

VALID = ("configs/*.yaml", "examples/*.yaml", "src/cli/examples/*.yaml",
         "tests/golden/*/scenario.yaml")

# What is said of a file that the schema must reject too.
KEYS_AND_TYPES = re.compile(
    r"unknown key|key .* cannot stand in|needs the key|needs '|has both|has no (body|chunk)|does not say|: expected ")

# What such a message may be about although JSON Schema cannot say it, and why.
BEYOND = {
    r"template gives|which is '": "what an expression gives is known when it is evaluated",
    r"expected a signal": "which signals there are is the system's to say",
    r"expected a range": "one item decides what the other may be",
    r"number other than 0 as step": "the third item of a list is no more than an item",
    r"'<<' merges": "the reader has merged before a validator sees it",
    r"expected the keys of a scenario": "there is nothing, or a text, to validate",
    r"expected a queue": "a name is of an object of another kind",
    r"NAME=VALUE": "it is about the command line",
}


def parrun(*arguments):
    return subprocess.run([PROGRAM, *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, check=False,
                          capture_output=True, timeout=PATIENCE)


def printed():
    ended = parrun("schema")
    assert ended.returncode == 0 and not ended.stderr, ended
    return ended.stdout


def validator():
    schema = json.loads(printed())
    kind = jsonschema.Draft202012Validator
    kind.check_schema(schema)
    return kind(schema)


def valid_files():
    for pattern in VALID:
        for path in sorted(ROOT.glob(pattern)):
            if parrun("check", path).returncode == 0:
                yield path


@mark("release")
def test_checked_in():
    assert (ROOT / "parrun.schema.json").read_bytes() == printed(), "run make schema"


@mark("release")
def test_valid_files():
    judge, count = validator(), 0
    for path in valid_files():
        found = list(judge.iter_errors(yaml12.load(path.read_text(errors="replace"))))
        assert not found, f"{path}: {found[0].message} at {list(found[0].absolute_path)}"
        count += 1
    assert count > 100, count


def first_error(path):
    """The message that parrun has first for a bad file."""
    return path.with_suffix(".txt").read_text(errors="replace").partition("error: ")[2].partition("\n")[0]


@mark("release")
def test_bad_files():
    judge, count = validator(), 0
    for path in sorted((TESTS / "bad").glob("*.yaml")):
        said = first_error(path)
        if not KEYS_AND_TYPES.search(said) or any(re.search(text, said) for text in BEYOND):
            continue
        try:
            value = yaml12.load(path.read_bytes())
        except (yaml.YAMLError, RecursionError):
            continue
        if isinstance(value, dict) and "include" in value:
            continue  # the fault may stand in another file
        assert not judge.is_valid(value), f"{path}: {said}"
        count += 1
    assert count > 30, count
