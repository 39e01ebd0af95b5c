"""The words of the command line: what each does, and what help and completion know of them."""
import re
import subprocess

from harness.parrun import PATIENCE, PROGRAM, Directory, mark, own_path

SCENARIO = """\
    vars: {size: 1}
    queues: {q: {}}
    processes:
      from: {run: "echo ${{ vars.size }}", stdout: {queue: q}, help: writes it}
      to: {run: cat, stdin: {queue: q}}
    pools: {p: {workers: 1, tasks: [a, b], run: "echo ${{ item }}"}}
    """


def parrun(*arguments, directory, status=0, given=b""):
    ended = subprocess.run([PROGRAM, *arguments], cwd=directory, input=given, capture_output=True, timeout=PATIENCE,
                           check=False, env=own_path())
    assert ended.returncode == status, ended
    return ended


def words():
    held = Directory()
    listed = parrun("help", directory=held.path).stdout.decode().splitlines()
    return [line.split()[0] for line in listed if re.match("  [a-z]", line)]


# What each word prints is what the option prints that does the same.
SAME = ((["check", "s.yaml"], ["--check", "s.yaml"]), (["plan", "s.yaml"], ["--dry-run", "s.yaml"]),
        (["plan", "--limit", "1", "s.yaml"], ["--dry-run", "--limit", "1", "s.yaml"]),
        (["show", "s.yaml", "size=2"], ["--show", "s.yaml", "size=2"]), (["list", "s.yaml"], ["--list", "s.yaml"]),
        (["vars", "s.yaml"], ["--vars", "s.yaml"]), (["graph", "s.yaml"], ["--graph", "s.yaml"]),
        (["graph", "--tree", "s.yaml"], ["--graph=tree", "s.yaml"]), (["graph", "s.yaml", "--tree"], ["--graph=tree", "s.yaml"]),
        (["example"], ["--example"]), (["example", "pool"], ["--example", "pool"]), (["schema"], ["--schema"]),
        (["import", "Procfile"], ["--import", "Procfile"]), (["completion", "bash"], ["--completion", "bash"]))


def test_words_do_what_the_options_do():
    directory = Directory()
    directory.file("s.yaml", SCENARIO)
    directory.file("Procfile", "web: exec sleep 1\n")
    for word, option in SAME:
        ours, theirs = (parrun(*line, directory=directory.path) for line in (word, option))
        assert (ours.stdout, ours.stderr) == (theirs.stdout, theirs.stderr), (word, ours, theirs)


def test_run_and_the_words_of_queues():
    directory = Directory()
    directory.file("s.yaml", """\
        queues: {q: {}}
        processes:
          from: {produces: q, run: parrun put q a b && seq 2 | parrun put --priority 1 q}
          to: {consumes: q, depends_on: {from: completed}, run: parrun get q && parrun get q --all}
        """)
    ended = parrun("run", "--log", "log", "s.yaml", directory=directory.path)
    assert ended.stdout == b"to | 1\nto | 2\nto | a\nto | b\n", ended
    parrun("queue", "jobs.db", "put", "q", "x", "y", directory=directory.path)
    assert b"2" in parrun("queue", "jobs.db", "list", directory=directory.path).stdout


@mark("release")
def test_a_run_tells_how_to_go_on_with_its_word():
    directory = Directory()
    directory.file("s.yaml", "pools: {p: {workers: 1, tasks: [1, 0], run: 'exit ${{ item }}'}}\n")
    ended = parrun("run", "--journal", "j.db", "s.yaml", directory=directory.path, status=1)
    assert b"parrun run --resume --journal j.db s.yaml" in ended.stdout, ended


def test_help_of_each_word():
    directory = Directory()
    known = words()
    assert len(known) >= 16 and "each" in known, known
    for word in known:
        told = parrun("help", word, directory=directory.path).stdout
        assert told.startswith(b"Usage: parrun " + word.encode()), told
        assert parrun(word, "--help", directory=directory.path).stdout == told or word == "help"
    assert b"did you mean 'graph'?" in parrun("help", "grahp", directory=directory.path, status=2).stderr


@mark("release")
def test_completion_of_words():
    directory = Directory()
    directory.file("list.yaml", SCENARIO)

    def offered(*typed):
        return parrun("completion", "bash", "--", *typed, directory=directory.path).stdout.decode().splitlines()

    assert [line.split("\t")[0] for line in offered("co")] == ["words", "completion"]
    assert offered("li") == ["files"] and offered("./c") == ["files"]
    assert [line.split("\t")[0] for line in offered("help", "gr")] == ["words", "graph"]
    assert offered("completion", "z") == ["words", "zsh"]
    assert "pool" in offered("example", "po") and offered("check", "") == ["files"]
    assert offered("vars", "list.yaml", "") == ["words", "size="]
    assert "--tree" in [line.split("\t")[0] for line in offered("graph", "--tr")]
