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


# A line of other tools' habits, and the line that is to be written instead.
HABITS = (
    ("--check -q s.yaml size=2", "check -q s.yaml 'size=2'"), ("s.yaml --check", "check s.yaml"),
    ("--plan --limit 1 s.yaml", "plan --limit 1 s.yaml"), ("--show s.yaml", "show s.yaml"),
    ("--show=s.yaml size=2", "show s.yaml 'size=2'"), ("--list s.yaml", "list s.yaml"), ("--vars s.yaml", "vars s.yaml"),
    ("--graph s.yaml", "graph s.yaml"), ("--graph=tree s.yaml", "graph --tree s.yaml"), ("--graph=dot s.yaml", "graph s.yaml"),
    ("--put q -- a", "put q -- a"), ("--timeout 1s --put=q a", "put --timeout 1s q a"), ("--get --all q", "get --all q"),
    ("--queue q.db put q a", "queue q.db put q a"), ("--example", "example"), ("--example pool", "example pool"),
    ("--import Procfile", "import Procfile"), ("--schema", "schema"), ("--completion zsh", "completion zsh"),
    ("-n s.yaml", "plan s.yaml"), ("-vn s.yaml", "plan -v s.yaml"), ("--dry-run --only to s.yaml", "plan --only to s.yaml"),
    ("-f s.yaml", "s.yaml"), ("-f s.yaml -j 2", "s.yaml -j 2"), ("--file=s.yaml -q", "s.yaml -q"), ("-f", "FILE"),
    ("up", "FILE"), ("-q up", "-q FILE"), ("up s.yaml", "s.yaml"), ("exec s.yaml size=2", "s.yaml 'size=2'"),
    ("lint s.yaml", "check s.yaml"), ("lint", "check FILE"), ("ls s.yaml", "list s.yaml"), ("init", "example"),
    ("version", "--version"), ("run -f s.yaml", "run s.yaml"), ("--check", "check FILE"))


def test_habits_are_answered_with_the_line_to_write():
    directory = Directory()
    directory.file("s.yaml", SCENARIO)
    for line, instead in HABITS:
        ended = parrun(*line.split(), directory=directory.path, status=2)
        assert ended.stderr.endswith(f": write parrun {instead}\n".encode()) and not ended.stdout, (line, ended)


def test_an_option_names_the_words_that_it_goes_with():
    directory = Directory()
    for line, said in (("check --all s.yaml", "--all goes with ps and get, not with check: see parrun help check"),
                       ("get --delay 1s q", "--delay goes with each, put and queue, not with get: see parrun help get"),
                       ("--tree s.yaml", "--tree goes with graph, not with run: see parrun help run"),
                       ("list -v s.yaml", "-v goes with run, plan and replay, not with list: see parrun help list"),
                       ("each --log l echo", "--log goes with run, plan and replay, not with each: see parrun help each")):
        ended = parrun(*line.split(), directory=directory.path, status=2)
        assert ended.stderr.decode() == f"parrun: error: {said}\n", ended


def test_options_stand_before_the_word_too():
    directory = Directory()
    directory.file("s.yaml", SCENARIO)
    before, behind = (parrun(*line.split(), directory=directory.path).stdout
                      for line in ("--only to --color never plan s.yaml", "plan s.yaml --only to --color never"))
    assert before == behind and b"cat" in before, (before, behind)
    assert parrun("-j", "1", "each", "-k", "echo", ":::", "a", "b", directory=directory.path).stdout == b"a\nb\n"


def test_check_of_several_files():
    directory = Directory()
    directory.file("good.yaml", SCENARIO)
    for name in ("one", "two"):
        directory.file(f"{name}.yaml", f"{name}: 1\n")
    assert not parrun("check", "good.yaml", "good.yaml", "size=3", directory=directory.path).stderr
    ended = parrun("check", "one.yaml", "good.yaml", "none.yaml", "two.yaml", directory=directory.path, status=2)
    for said in (b"one.yaml:1:1: error: ", b"cannot read 'none.yaml'", b"two.yaml:1:1: error: "):
        assert said in ended.stderr, ended


def test_nothing_asked_for():
    """What there is, in ten lines."""
    directory = Directory()
    ended = parrun(directory=directory.path, status=2)
    told = ended.stderr.decode()
    assert not ended.stdout and len(told.splitlines()) <= 10, ended
    assert set(words()) <= set(re.findall("[a-z]+", told)), told


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

    assert [line.split("\t")[0] for line in offered("co")] == ["files", "completion"]
    assert [line.split("\t")[0] for line in offered("li")] == ["files", "list"] and offered("./c") == ["files"]
    assert len(offered("")) == len(words()) + 1 and len(offered("-q", "")) == len(words()) + 1
    assert [line.split("\t")[0] for line in offered("help", "gr")] == ["words", "graph"]
    assert offered("completion", "z") == ["words", "zsh"]
    assert "pool" in offered("example", "po") and offered("check", "") == ["files"]
    assert offered("vars", "list.yaml", "") == ["words", "size="]
    assert "--tree" in [line.split("\t")[0] for line in offered("graph", "--tr")]
