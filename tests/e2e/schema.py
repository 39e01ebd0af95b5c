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


# Values that the loader and the schema both take, or both refuse: of a key, in each line.
PROCESS = {
    "ready": (["{tcp: 80}", "{tcp: 'localhost:80'}", "{tcp: '[::1]:80'}", "{http: 'http://localhost:80/x'}", "{file: x}",
               "{log: ''}", "{run: 'true'}", "{tcp: '${{ 80 }}'}"],
              ["{run: ''}", "{run: 12}", "{run: '# x'}", "{exec: ['']}", "{tcp: abc}", "{tcp: true}", "{tcp: 99999}", "{http: abc}", "{http: 'http://'}", "{unix: ''}", "{file: ''}"]),
    "health": (["{tcp: 80}"], ["{tcp: abc}", "{http: 'https://x/'}"]),
    "stop": (["{signal: INT}", "{signal: sigusr1}", "{signal: RTMIN+3}", "{signal: 15}", "{run: x}", "{exec: [x]}"],
             ["{signal: FOO}", "{signal: 3.5}", "{signal: 0}", "{run: x, exec: [x]}"]),
    "stdin": (["'null'", "inherit", "{text: a}", "{file: /dev/null}"], ["log", "{file: /dev/null, append: true}"]),
    "stdout": (["log", "{file: x}", "{file: x, rotate: {size: 1K}}"],
               ["{text: a}", "{file: x, rotate: {size: 0}}", "{file: x, rotate: {size: 0K}}"]),
    "stderr": (["stdout", "{file: x}"], ["{text: a}"]),
    "tty": (["true", "true, stdin: 'null'", "true, stderr: log", "true, stdout: {file: x}", "false, stdin: inherit"],
            ["true, stdin: inherit", "true, stdout: 'null'", "true, stdin: {text: a}", "true, stderr: {file: x}"]),
    "user": (["root", "0", "'0'"], ["-1", "1.5", "''", "a:b"]),
    "group": (["root", "0"], ["-1", "''"]),
    "groups": (["[root, 0]", "0"], ["[-1]", "[1.5]"]),
    "limits": (["{stack: 8M}", "{memory: 64M}", "{as: 1.5G}", "{core: 0}", "{cpu: 60}", "{cpu: 1m}", "{as: unlimited}"],
               ["{as: 0}", "{memory: 0}", "{stack: 0K}", "{cpu: 0}", "{cpu: 1.5}", "{as: 64 M}"]),
    "timeout": (["30s", "1h30m", "500ms", "1S", "30"], ["abc", "30x", "''"]),
    "env": (["{A: 1}", "{}", ""], ["''", "[]"]),
    "fds": (["{'3': log}", ""], ["''", "[]"]),
}
POOL = {
    "halt": (["{failures: 1}", "{failures: 100%}"], ["{failures: 0}", "{failures: 0%}", "{failures: 101%}"]),
    "workers": (["1", "auto", "50%", "200%"], ["0", "0%", "0.0%"]),
    "timeout": (["10%", "1s"], ["0%"]),
    "throttle": (["{load: 0}", "{memory_free: 1G}", "{pressure: {cpu: 100%}}", "{pressure: {cpu: .5%}}"],
                 ["{load: -1}", "{pressure: {cpu: 0%}}", "{pressure: {cpu: 101%}}", "{memory_free: x}"]),
    "stop": (["{signal: INT}"], ["{run: x}", "{exec: [x]}"]),
    "retry": (["{factor: 1.5}"], ["{factor: 0.5}"]),
}
QUEUE = {
    "capacity": (["10", "64M", "1.5K", "8B"], ["true", "abc", "1.5", "0", "0M", "''", "'10'"]),
    "ordered": (["'${{ message }}'"], ["abc", "1", "''"]),
}
SCENARIO = {
    "log": (["{show: 'task.*'}", "{}"], ["{show: ''}", "''"]),
    "vars": (["{a: 1}", ""], ["''"]),
    "threads": (["{}", "{t: {lua: return}}"], ["''", "{t: {}}"]),
}
FORMS = ((PROCESS, "processes: {p: {exec: [x], %s: %s}}"),
         (POOL, "pools: {p: {tasks: 1, exec: [x], %s: %s}}"),
         (QUEUE, "queues: {q: {%s: %s}}\nprocesses: {p: {exec: [x], produces: q}, r: {exec: [x], stdin: {queue: q}}}"),
         (SCENARIO, "%s: %s\nprocesses: {p: {exec: [x]}}"))


@mark("release")
def test_loader_and_schema_agree():
    judge = validator()
    texts = [(form % (key, value), right) for table, form in FORMS for key, rows in table.items()
             for right, values in zip((True, False), rows) for value in values]
    texts += [(text, False) for text in ("{}", "processes: {}", "pools: {}\nthreads: {}", "queues: {q: {}}")]
    for text, right in texts:
        ended = subprocess.run([PROGRAM, "check", "-"], input=text.encode(), cwd=ROOT, check=False,
                               capture_output=True, timeout=PATIENCE)
        assert (ended.returncode == 0) == right, (text, ended.stderr)
        assert judge.is_valid(yaml12.load(text)) == right, text
