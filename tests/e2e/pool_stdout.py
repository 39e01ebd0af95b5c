"""What the tasks of a pool print, in one file."""
import hashlib

from harness.parrun import Directory, Run, check_status, complete

# Lines of their own for each task, more than waits in memory for a writer.
TASK = "seq ${{ item }}0000000 ${{ item }}0100000; echo told >&2"


def lines_of(task):
    return b"".join(b"%d\n" % number for number in range(task * 10000000, task * 10000000 + 100001))


def digest(lines):
    return hashlib.sha256(b"".join(sorted(lines))).digest()


def test_all_output_is_in_the_file_in_each_mode():
    directory = Directory()
    pools = "".join(f"\n  {mode}: {{workers: 3, tasks: [1, 2, 3, 4], output: {mode}, stdout: {{file: {mode}}}, stderr: apart, "
                    f"run: '{TASK}'}}" for mode in ("group", "lines", "ordered"))
    status, out, err = complete(f"pools:{pools}\n", directory=directory)
    check_status(status, 0, out + err)
    assert err.count(b"told") == 12 and b"00001" not in out, (out, err)
    whole = b"".join(map(lines_of, range(1, 5)))
    got = {mode: (directory.path / mode).read_bytes() for mode in ("group", "lines", "ordered")}
    assert got["ordered"] == whole
    assert digest(got["lines"].splitlines()) == digest(whole.splitlines())
    assert len(got["group"]) == len(whole) and all(lines_of(task) in got["group"] for task in range(1, 5))


def test_attempts_before_the_last_are_in_the_log():
    directory = Directory()
    status, out, err = complete("""
        pools:
          p: {workers: 2, tasks: [x, y], output: ordered, retry: {attempts: 2, delay: 1ms}, stdout: {file: out},
              run: 'echo ${{ item }} try ${{ attempt }}; test ${{ attempt }} = 2'}
    """, directory=directory)
    check_status(status, 0, out + err)
    assert (directory.path / "out").read_bytes() == b"x try 2\ny try 2\n" and b"x try 1" in out and b"try 2\n" not in out, out


def test_a_file_of_another_run_or_a_full_one():
    directory = Directory()
    text = "pools: {p: {tasks: 2, stdout: {file: out}, run: 'echo ${{ item }}; until [ -e go ]; do sleep 0.05; done'}}"
    run = Run(text, directory=directory)
    run.wait_for(b"Run task 1")
    status, out, err = complete(text, directory=directory)
    assert status == 3 and b"out'" in out + err, (status, out, err)
    directory.file("go", "")
    check_status(run.finish()[0], 0)
    assert sorted((directory.path / "out").read_bytes().splitlines()) == [b"0", b"1"]
    status, out, err = complete(text.replace("file: out", "file: /dev/full"), directory=directory)
    assert status == 3 and b"cannot write its output to '/dev/full'" in out, (status, out, err)
