"""parrun each: the lines that GNU parallel takes, and what is different on purpose."""
import concurrent.futures
import functools
import json
import os
import pathlib
import signal
import subprocess
import tempfile

from harness.parrun import PATIENCE, PROGRAM, Directory, amount, mark, own_path

CORPUS = pathlib.Path(__file__).with_name("each") / "corpus"
EACH = "parrun each"
PARALLEL = "parallel"


def lines_of_corpus():
    """The lines of each section: (flag, line); a line may have newlines in it, up to the next one with EACH."""
    sections, found = {}, None
    for text in CORPUS.read_text().splitlines():
        if text.startswith("# ---- "):
            found = sections.setdefault(text[7:], [])
        elif text.startswith("#") or not text:
            continue
        elif "EACH" in text:
            found.append(text)
        else:
            found[-1] += "\n" + text
    return {section: [(line[0], line[2:]) if line[:2] in ("~ ", "j ", "r ") else ("", line) for line in lines]
            for section, lines in sections.items()}


def fill(folder):
    """What the lines of the corpus work on."""
    for name, text in {"a.txt": "a\n", "b.txt": "b\n", "c d.txt": "c d\n", "words": "one\ntwo\nthree four\n",
                       "empty": "", "nul": "a\0b c\0", "table.csv": "name,n\nx,1\ny,2\n"}.items():
        (folder / name).write_text(text)
    (folder / "d").mkdir()


@functools.cache
def home():
    """GNU parallel tries at first how long a command line may be, which takes it long; then it knows."""
    return Directory()


def run(line, program):
    """What a line of bash does: its status, its output, and what it has left behind."""
    with tempfile.TemporaryDirectory(prefix="parrun.") as folder:
        fill(pathlib.Path(folder))
        environment = {**own_path(), "HOME": str(home().path), "LC_ALL": "C.UTF-8"}
        ended = subprocess.run(["bash", "-c", line.replace("EACH", program)], cwd=folder,
                               env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                               timeout=PATIENCE * 2, check=False)
        return ended, joblog(pathlib.Path(folder) / "j"), results(pathlib.Path(folder) / "r")


def joblog(path):
    """The columns that do not depend on the time, a row a task."""
    if not path.exists():
        return None
    rows = [row.split("\t") for row in path.read_text().splitlines()]
    return [rows[0]] + sorted([row[0], row[1], row[4], row[6], row[7]] for row in rows[1:])


def results(path):
    """What the tasks wrote, whatever the names of the files are."""
    if not path.exists():
        return None
    streams = {"out": ("stdout", ".out"), "err": ("stderr", ".err")}
    return {stream: sorted(file.read_bytes() for file in path.rglob("*")
                           if file.name == whole or file.name.endswith(ending))
            for stream, (whole, ending) in streams.items()}


def outcome(flag, line, program):
    """What is compared of a line, as JSON has it, and what stands on standard error."""
    ended, log, files = run(line, program)
    out = ended.stdout.decode("latin-1")
    files = files and {stream: [text.decode("latin-1") for text in texts] for stream, texts in files.items()}
    return {"line": line, "output": sorted(out.split("\n")) if flag == "~" else out, "succeeds": ended.returncode == 0,
            "joblog": log if flag == "j" else None, "results": files if flag == "r" else None}, ended.stderr


def outcomes(lines, program):
    if program == PARALLEL:
        run("EACH echo ::: a", PARALLEL)
    with concurrent.futures.ThreadPoolExecutor(3) as executor:
        return list(executor.map(lambda one: outcome(*one, program), lines))


def difference(expected, found, errors=b""):
    """In words; None where there is none."""
    wrong = [key for key in expected if expected[key] != found[key]]
    return wrong and "\n".join([expected["line"], *(f"    {key}: {expected[key]!r}\n    not {found[key]!r}" for key in wrong),
                                f"    {errors!r}"])


def stored(section):
    """The file of what parallel does with each line of a section."""
    return CORPUS.parent / "parallel" / (section.replace(" ", "-") + ".json")


def check_section(section):
    """What parallel did with these lines is stored; with UPDATE=1 it does them again, and that is stored."""
    lines = lines_of_corpus()[section]
    path = stored(section)
    if os.environ.get("UPDATE"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps([found for found, _ in outcomes(lines, PARALLEL)], indent=1) + "\n")
    expected = json.loads(path.read_text())
    assert [one["line"] for one in expected] == [line for _, line in lines], \
        f"{path.name} is not of these lines: UPDATE=1 tests/run e2e --only 'each: test_lines_of_parallel'"
    found = [difference(one, *ours) for one, ours in zip(expected, outcomes(lines, EACH))]
    assert not any(found), "\n".join(["different:", *filter(None, found)])


def check_sections(*sections):
    for section in sections:
        check_section(section)


@mark("release")
def test_corpus_is_large_and_tried_whole():
    sections = lines_of_corpus()
    assert sum(len(lines) for lines in sections.values()) >= 120
    tried = pathlib.Path(__file__).read_text()
    assert not [section for section in sections if f'"{section}"' not in tried]


@mark("release")
def test_a_sample_through_parallel():
    """One line of some sections, and with LIVE=1 all of them: parallel still does what is stored."""
    sections = dict(list(lines_of_corpus().items())[::amount(4, 1)])
    lines = [line for found in sections.values() for line in (found if os.environ.get("LIVE") else found[len(found) // 2:][:1])]
    expected = {one["line"]: one for section in sections for one in json.loads(stored(section).read_text())}
    found = [difference(expected[now["line"]], now, errors) for now, errors in outcomes(lines, PARALLEL)]
    assert not any(found), "\n".join(["parallel does otherwise:", *filter(None, found)])


@mark("release")
def test_lines_of_parallel_items():
    check_sections("items")


@mark("release")
def test_lines_of_parallel_files():
    check_sections("standard input and files")


@mark("release")
def test_lines_of_parallel_lists():
    check_sections("several lists", "parts of paths")


@mark("release")
def test_lines_of_parallel_numbers_and_batches():
    check_sections("numbers", "what is no replacement string", "several items a command")


@mark("release")
def test_lines_of_parallel_columns():
    check_sections("columns")


@mark("release")
def test_lines_of_parallel_shell_lines():
    check_sections("shell lines", "status")


@mark("release")
def test_lines_of_parallel_policies():
    check_sections("policies")


@mark("release")
def test_lines_of_parallel_tags_and_dry_runs():
    check_sections("tags", "dry run")


@mark("release")
def test_lines_of_parallel_records():
    check_sections("records")


@mark("release")
def test_lines_of_parallel_blocks():
    check_sections("blocks")


# ---- what is different from parallel, or has no equal there ----

def each(*arguments, directory=None, given=b"", status=0, **variables):
    held = Directory()
    ended = subprocess.run([PROGRAM, "each", *arguments], cwd=directory or held.path, input=given,
                           env={**os.environ, **variables}, capture_output=True, timeout=PATIENCE, check=False)
    assert ended.returncode == status, ended
    return ended


HOSTILE = ["", " ", "  a  b ", "it's", '"q"', "$HOME", "`id`", "$(id)", ";id", "&& id", "| id", ">x", "\\", "\\n", "*", "~",
           "!x", "#", "{}", "{.}", "{#}", "${{ 1+1 }}", "${{ env.HOME }}", "}}", "a\nb", "a\tb", "a\rb", "\x01\x7f",
           "-n", "-", "3.10", "0x10", "1e3", "null", "yes", ": ", "- a", "# c", "[x", "{x", "%", "@", "é", "\u2028",
           "\ufeff", "x" * 3000, b"\xff", b"a\xc3(", "'", "''", "'\"'\"'"]

SHOW_BYTES = ["sh", "-c", 'printf %s "$1|$2"; printf "\\000"', "sh"]


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


def test_hostile_items_arrive_as_they_are():
    items = [as_bytes(item) for item in HOSTILE]
    wanted = b"".join(item + b"|x" + item + b"y\0" for item in items)
    words = [*SHOW_BYTES, "{}", "x{}y"]
    assert each("-k", "-j2", *words, ":::", *items).stdout == wanted
    assert each("-k", "-0", *words, given=b"".join(item + b"\0" for item in items)).stdout == wanted
    line = "\n".join(["printf '%s|' {}; printf 'x%s' \"{}\"; printf 'y\\0'", "true # {}"])
    assert each("-k", line, ":::", *items).stdout == wanted
    quoted = each("-k", "printf '%s|' \"{}\"; printf '%s|' '{}'; printf '%s\\0' \"$(printf %s {})\"",
                  ":::", "a  b", "it's", "$HOME").stdout
    assert quoted == b"a  b|a  b|a  b\0it's|it's|it's\0$HOME|$HOME|$HOME\0", quoted


@mark("release")
def test_show_is_what_runs():
    lines = (["-k", "echo", "{.}", ":::", "a.x", "it's", "${{ 1 }}"], ["-k", "-N2", "echo {2} {1}", ":::", "a", "b", "c"],
             ["-k", "echo", ":::", "a", "b", ":::", "1", "2"], ["-k", "echo", ":::", "a", "b", ":::+", "1", "2"],
             ["-k", "--tag", "--header", ":", "echo", "{n}", ":::", "n", "1"], ["-k", "--delay", "0.01", "echo", ":::", "a"],
             ["-k", "--halt", "soon,done=9", "--timeout", "2m", "--retries", "2", "echo '${{ {} }}x'", ":::", "a"])
    for line in lines:
        directory = Directory()
        text = each("--show", *line).stdout
        directory.file("shown.yaml", text)
        ended = subprocess.run([PROGRAM, "-q", "--show", "*.output", "shown.yaml"], cwd=directory.path,
                               capture_output=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL)
        assert ended.returncode == 0 and ended.stdout == each(*line).stdout, (line, text, ended)


WRONG = (
    (["gzip", "-c", "{}", ">", "{}.gz", ":::", "f"], "write one word, parrun each 'gzip -c {} > {}.gz'"),
    (["cd", "{}", "&&", "make", ":::", "a"], "write one word"),
    (["-j2", "echo", "{}", "::", "a", "b"], "'::' would be an argument here: write ::: before the items, or -q before"),
    (["echo", "{1}{2}", "::+", "1"], "write :::+ before the items"),
    (["cd", ":::", "a"], "write a line for the shell, parrun each 'cd {}'"),
    (["exit", ":::", "3"], "'exit' is no program but a word of the shell"),
    (["no-such-program-here", ":::", "a"], "there is no program 'no-such-program-here' in PATH"),
    ([":::", "echo 1"], "parrun each sh -c {}"),
    ([], "parrun each sh -c {}"),
    (["echo", ":::", "a", "b", ":::+", "c"], "list 1 has 2 items, list 2 1"),
    (["--link", "echo", ":::", "a", ":::", "b", "c"], "list 1 has 1 items, list 2 2"),
    (["echo", ":::+", "a"], "write ::: for :::+"),
    (["--header", ":", "echo", ":::", "1", "a"], "{1} is the column, or the list, of that number already"),
    (["--header", ":", "echo", ":::", "x", "a", ":::", "x", "b"], "two columns or lists are called 'x'"),
    (["--header", ":", "echo", ":::"], "list 1 is empty"),
    (["-n2", "echo", ":::", "a", ":::", "b"], "are for one list of items"),
    (["-n2", "echo", "{.}", ":::", "a"], "write {1.}"),
    (["--colsep", ",", "echo", ":::", "a,b"], "cuts the lines of one file"),
    (["-j", "x", "echo", ":::", "a"], "-j is how many commands run at once"),
    (["--timeout", "x", "echo", ":::", "a"], "--timeout is seconds"),
    (["--halt", "now", "echo", ":::", "a"], "--halt is never, or soon or now"),
    (["echo", "{1}{3}", ":::", "a", ":::", "b"], "give one more list behind another"),
    (["-n2", "echo {5}", ":::", "a"], "write {1} to {2}, or a greater -n"),
    (["echo {-3}", ":::", "a"], "{-3} is value 3 of what each command gets, which is 1: write {-1}"),
    (["echo {0}", ":::", "a"], "{0} is no value"),
    (["--header", ":", "echo {nam/}", ":::", "name", "x"], "no column is called 'nam/': did you mean {name}?"),
    (["-j2", "echo {}", "--joblog", "x", ":::", "a"], "write parrun each --joblog x 'echo {}'"),
    (["echo x", "{}", ":::", "a"], "write parrun each 'echo x {}'"),
    (["--colsep", "((", "echo"], "--colsep: '((' is no regular expression: missing closing parenthesis, at character 3"),
    (["--retries", "0", "echo"], "from 1 to 1000000, not '0'"),
    (["--pipe", "wc", ":::", "a"], "there are no items"),
    (["--pipepart", "wc"], "needs -a FILE"),
    (["--pipe", "--block", "x", "wc"], "--block is how long a block is"),
    (["--pipe", "--block", "-2", "wc"], "needs -a FILE"),
    (["--block", "1M", "echo", ":::", "a"], "cut the input for --pipe"),
    (["--pipe", "-d", ",", "wc"], "--recend is what records end with"),
    (["--pipe", "--recend", "", "wc"], "an empty --recend without --recstart"),
    (["--keep-ordr", "echo"], "did you mean '--keep-order'?"),
    (["-X", "echo"], "write -n N"),
    (["-i", "echo"], "write -I TEXT"),
    (["--resume", "echo", ":::", "a"], "--resume needs --joblog FILE, or --journal FILE"),
    (["-a", "not-there", "echo"], "not-there"),
    (["--joblog"], "--joblog needs a value"),
)


@mark("release")
def test_wrong_lines_are_told_with_the_right_one():
    for line, text in WRONG:
        ended = each(*line, status=2)
        assert text in ended.stderr.decode() and not ended.stdout, (line, ended)


@mark("release")
def test_positions_from_the_end():
    assert each("-k", "echo {-1} {1} {-2}", ":::", "a", "b", ":::", "c").stdout == b"c a a\nc b b\n"
    assert each("-kn2", "echo", "{-1/}", "{-2.}", ":::", "a/x.c", "b/y.c", "z.c").stdout == b"y.c a/x\nz.c \n"
    assert each("--header", ":", "echo", "{-1}", "${nam}", ":::", "name", "x").stdout == b"x ${nam}\n"


@mark("release")
def test_operators_are_passed_on_when_asked_to():
    assert each("-q", "echo", ">", "{}", ":::", "a").stdout == b"> a\n"
    assert each("--", "echo", "&&", ":::", "a").stdout == b"&& a\n"


@mark("release")
def test_a_function_of_bash_is_told_how():
    ended = each("my_function", ":::", "a", status=2, **{"BASH_FUNC_my_function%%": "() { echo f \"$1\"; }"})
    assert "bash -c 'my_function \"$@\"' _ {}" in ended.stderr.decode(), ended
    assert each("bash", "-c", 'my_function "$@"', "_", "{}", ":::", "a b",
                **{"BASH_FUNC_my_function%%": "() { echo f \"$1\"; }"}).stdout == b"f a b\n"


def test_differences_of_paths_and_lists():
    assert each("-k", "echo", "[{.}]", "[{/}]", ":::", ".hid", "a/.hid", "a/").stdout == \
        b"[.hid] [.hid]\n[a/.hid] [.hid]\n[a] [a]\n"
    ended = each("echo", ":::", "a", "b", "::::", "/dev/null")
    assert ended.stdout == b"" and b"list 2 has no items" in ended.stderr, ended
    assert each("-k", "printf", "[%s]", "x {} y", ":::", "a b").stdout == b"[x a b y]"
    assert each("-k", "--tag", "printf '1\\n2' #", ":::", "a\tb", "c").stdout == b"a\\tb\t1\na\\tb\t2\nc\t1\nc\t2\n"


def test_one_item_that_cannot_be_an_argument_fails_alone():
    ended = each("-k", "echo", given=b"a\nb\0c\nd\n", status=1)
    assert ended.stdout == b"a\nd\n" and b"task 2" in ended.stderr and b"NUL byte" in ended.stderr, ended
    ended = each("-k", "-j1", "true", given=b"a\n" + b"x" * 200000 + b"\nb\n", status=1)
    assert b"1 of 3 failed: 2 (" in ended.stderr, ended


def test_failures_are_counted_and_named():
    ended = each("-j1", "exit {}", ":::", *["0", "3", "255"], status=1)
    assert ended.stderr == b"parrun: 2 of 3 failed: 2 (3): exit code 3; 3 (255): exit code 255\n", ended
    assert each("-j2", "false", ":::", *["x"] * 256, status=1).stderr.startswith(b"parrun: 256 of 256 failed: ")
    ended = each("kill -9 $$ #", ":::", "a", status=1)
    assert b"parrun: task 1 (a): ended by signal KILL\n" in ended.stderr, ended


def test_resume_goes_by_content():
    directory = Directory()
    line = ("-j1", "-k", "--joblog", "j", "--resume", "echo {}; test {} != bad")
    first = each("-j1", "-k", "--joblog", "j", "echo {}; test {} != bad", ":::", "a", "bad", "c", "c", directory=directory.path,
                 status=1)
    assert first.stdout == b"a\nbad\nc\nc\n", first
    again = each(*line, ":::", "new", "a", "c", "bad", "c", "c", directory=directory.path, status=1)
    assert again.stdout == b"new\nbad\nc\n", again
    assert len((directory.path / "j").read_text().splitlines()) == 1 + 4 + 3


def test_a_run_that_is_stopped_says_how_to_go_on():
    directory = Directory()
    rest = {(): b"with --joblog FILE, --resume could do what is left", ("--joblog", "j"): b"the same line with --resume does what is left",
            ("--joblog", "j", "--resume"): b"the same line does what is left", ("--journal", "db"): b"the same line with --resume does what is left"}
    for options, words in rest.items():
        (directory.path / "j").unlink(missing_ok=True)
        with subprocess.Popen([PROGRAM, "each", "-j1", "--lb", *options, "echo {}; test {} = a || sleep 600", ":::", "a", "b", "c", "d"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=directory.path) as process:
            assert process.stdout.readline() + process.stdout.readline() == b"a\nb\n"
            process.terminate()
            _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == -signal.SIGTERM and err == b"parrun: stopped by signal TERM: 1 was done, 3 were not; " + words + b"\n", err


def test_a_forgotten_resume_is_taken_back():
    directory = Directory()
    line = ("-j1", "--journal", "db", "echo {}; test -e go || test {} != b", ":::", "a", "b")
    each(*line, directory=directory.path, status=1)
    forgot = each(*line, directory=directory.path, status=1)
    assert forgot.stdout == b"a\nb\n" and b"--resume-previous does" in forgot.stderr, forgot
    directory.file("go", "")
    back = each("--resume-previous", *line, directory=directory.path)
    assert back.stdout == b"b\n", back
    ended = each("--resume-previous", "--joblog", "j", "echo", ":::", "a", directory=directory.path, status=2)
    assert b"--resume-previous needs --journal FILE" in ended.stderr, ended


def test_several_items_in_a_line_of_the_shell():
    """Where {} stands alone each is a word, whatever operator is beside it; in quotes, or joined, they are one."""
    ended = each("-n2", "-j1", "printf '[%s]' {}|cat;printf '<%s>' {};printf '(%s)' \" {} \" '; {} ;' a{}", ":::", "x y", "b;$c")
    assert ended.stdout == b"[x y][b;$c]<x y><b;$c>( x y b;$c )(; x y b;$c ;)(ax y b;$c)", ended
    ended = each("-n2", "-j1", "printf", "[%s]", " {} ", "{}", ":::", "x y", "z")
    assert ended.stdout == b"[ x y z ][x y][z]", ended


def test_a_torn_line_of_a_joblog_is_not_done():
    directory = Directory()
    each("-j1", "--joblog", "j", "echo", ":::", "a", "b", directory=directory.path)
    path = directory.path / "j"
    path.write_bytes(path.read_bytes()[:-3])
    again = each("-j1", "--joblog", "j", "--resume", "echo", ":::", "a", "b", directory=directory.path)
    assert again.stdout == b"b\n", again
    assert path.read_bytes().endswith(b"echo b\n") and len(path.read_text().splitlines()) == 4


def test_records_of_earlier_runs_are_not_lost_by_a_forgotten_word():
    directory = Directory()
    each("--joblog", "j", "--results", "r", "echo", ":::", "a", directory=directory.path)
    before = (directory.path / "j").read_bytes()
    ended = each("--joblog", "j", "echo", ":::", "b", directory=directory.path, status=2)
    assert b"--resume leaves out" in ended.stderr and (directory.path / "j").read_bytes() == before, ended
    ended = each("--results", "r", "echo", ":::", "b", directory=directory.path, status=2)
    assert b"--force" in ended.stderr and (directory.path / "r/0.out").read_bytes() == b"a\n", ended
    for command in (["true"], ["echo", "-n"], ["echo {}"]):
        ended = each("--joblog", "j", "--resume", *command, ":::", "b", directory=directory.path, status=2)
        assert b"is of another command" in ended.stderr, ended
    for old, new in (["echo", "-n"], ["echo"]), (["echo -n {}"], ["echo {}"]), (["echo -n"], ["echo {}"]), (["echo", "a b"], ["echo", "a"]):
        each("--joblog", "j", "--force", *old, ":::", "a", "it's", directory=directory.path)
        ended = each("--joblog", "j", "--resume", *new, ":::", "b", directory=directory.path, status=2)
        assert b"is of another command" in ended.stderr, (old, new, ended)
    for same in (["echo", "a b", "{}", "-"], ["echo 'x' {}; true"], ["echo"], ["echo '{} x'"], ["echo \"$HOME/{}\" {#}"], ["printf", "%s\n", "{.}x"]):
        items = ("a", "it's", "t\tn\n x")
        each("-j1", "-d", ",", "--joblog", "j", "--force", *same, ":::", *items, directory=directory.path)
        assert each("-j1", "-d", ",", "--joblog", "j", "--resume", *same, ":::", *items, directory=directory.path).stdout == b"", same
    directory.file("notes", "mine\n")
    ended = each("--joblog", "notes", "--resume", "true", ":::", "b", directory=directory.path, status=2)
    assert b"'notes' is no joblog" in ended.stderr and (directory.path / "notes").read_text() == "mine\n", ended
    each("--joblog", "j", "--force", "true", ":::", "b", directory=directory.path)
    assert len((directory.path / "j").read_text().splitlines()) == 2


def test_streams_stay_apart_and_whole():
    ended = each("-k", "-j3", "for i in 1 2 3; do printf {}; printf {} >&2; done; echo; echo >&2", ":::", *"abc")
    assert ended.stdout == b"aaa\nbbb\nccc\n" and sorted(ended.stderr.split()) == [b"aaa", b"bbb", b"ccc"], ended


def test_halt_prints_what_the_failed_one_wrote():
    held = Directory()
    gate = held.fifo("gate")
    ended = each("-j2", "-k", "--halt", "now,fail=1", f"test {{}} = slow && exec cat {gate}; echo {{}}; false", ":::", "slow", "bad",
                 status=1)
    assert ended.stdout == b"bad\n", ended
    assert each("-j1", "--halt", "now,done=2", "echo", ":::", "a", "b", "c").stdout == b"a\nb\n"


def test_items_come_one_by_one_and_the_reader_may_go():
    """The first command runs before the list has ended; when nobody reads any more, the list is not waited for."""
    with subprocess.Popen([PROGRAM, "each", "-j1", "echo"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        process.stdin.write(b"a\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"a\n"
        process.stdout.close()
        os.write(process.stdin.fileno(), b"b\n" * 3)
        assert process.wait(PATIENCE) == -signal.SIGPIPE, process.returncode
        assert process.stderr.read() == b""


def test_a_file_on_standard_input_is_read_on():
    directory = Directory()
    directory.file("list", "name\na\nb\n")
    ended = subprocess.run(["bash", "-c", 'read -r first; exec "$0" each -k echo "$first"', PROGRAM], check=False,
                           stdin=(directory.path / "list").open("rb"), capture_output=True, timeout=PATIENCE)
    assert ended.stdout == b"name a\nname b\n", ended
    ended = subprocess.run([PROGRAM, "each", "-k", "--header", ":", "echo", "{name}"], check=False,
                           stdin=(directory.path / "list").open("rb"), capture_output=True, timeout=PATIENCE)
    assert ended.stdout == b"a\nb\n", ended
