"""Programs that cannot be started: the reason names what is missing or too long; what does not concern the
command does not keep it from running."""
import pathlib
import re
import shutil

from harness.parrun import Directory, check_nothing_left, check_status, complete

LOADER = re.compile(rb"/lib[\w./-]*/ld-[\w.-]+\.so\.\d")


def program(directory, name, content):
    path = directory.file(name, content)
    path.chmod(0o755)
    return path


def binary_without_loader():
    whole = pathlib.Path(shutil.which("true")).resolve().read_bytes()
    loader = LOADER.search(whole).group()
    return whole.replace(loader, loader[:-1] + b"x"), (loader[:-1] + b"x").decode()


def test_interpreters_and_loaders():
    directory = Directory()
    binary, loader = binary_without_loader()
    program(directory, "crlf", b"#!/bin/sh\r\necho ran\r\n")
    program(directory, "binary", binary)
    program(directory, "outer", f"#!{directory.path}/middle\n")
    program(directory, "middle", "#! /nonexistent/inner -x\n")
    program(directory, "refused", f"#!{directory.path}/plain\n")
    directory.file("plain", "no program\n")
    told = {
        "crlf": r"program './crlf' needs the interpreter '/bin/sh\r', which does not exist: its lines end in CR LF",
        "binary": f"program './binary' needs the loader '{loader}', which does not exist",
        "outer": f"program './outer': program '{directory.path}/middle' needs the interpreter "
                 "'/nonexistent/inner', which does not exist",
        "refused": f"program './refused' needs the interpreter '{directory.path}/plain', which is not executable",
        "missing": "program './missing' does not exist",
    }
    for name, want in told.items():
        status, out, err = complete(f"""
            processes: {{one: {{exec: [./{name}]}}}}
            pools: {{two: {{tasks: 1, exec: [./{name}]}}, three: {{tasks: [a], coprocess: [./{name}]}}}}
            threads: {{four: {{lua: "parrun.run{{'./{name}'}}"}}}}
        """, "--show", "*.failed", directory=directory)
        check_status(status, 1, out + err)
        for kind in ("Process one", "Task 0 of pool two", "Pool three", "thread four"):
            assert any(kind in line and want in line for line in out.decode().splitlines()), (kind, want, out)
    check_nothing_left()


def test_an_item_that_is_longer_than_a_variable():
    """No command of such a task has PARRUN_ITEM, also not one of the caller; one that uses it fails."""
    directory = Directory()
    directory.file("long", 200000 * "x" + "\n")
    directory.file("names", "".join(f"a/rather/long/path/of/a/file/in/some/tree/{i:05}\n" for i in range(4000)))
    status, out, err = complete("""
        log: {prefix: false}
        pools:
          command: {tasks: {lines: long}, output: lines, run: "echo command; env | grep -c PARRUN_ITE[M]; true"}
          batch: {tasks: {lines: names}, batch: 4000, output: lines, exec: [sh, -c, 'echo batch of $#', sh, "${{ item }}"]}
          body: {tasks: {lines: long}, output: lines, lua: "io.write(parrun.run{'echo', 'body', env.PARRUN_INDEX or '-'}.out)"}
          inside: {kind: thread, tasks: {lines: long}, output: lines, lua: "io.write(parrun.run('echo inside').out)"}
    """, directory=directory, env={"PATH": "/usr/bin:/bin", "PARRUN_ITEM": "of the caller"})
    check_status(status, 0, out + err)
    lines = out.decode().split("\n")
    for want in ("command", "0", "batch of 4000", "body -", "inside"):
        assert want in lines, (want, out)
    status, out, err = complete("""
        pools:
          command: {tasks: {lines: long}, run: 'echo "$PARRUN_ITEM"'}
          inside: {kind: thread, tasks: {lines: long}, lua: "parrun.run('echo $PARRUN_ITEM')"}
    """, directory=directory)
    check_status(status, 1, out + err)
    want = b"the command uses PARRUN_ITEM, which has 200012 bytes here, more than the system takes in a variable (131071)"
    assert out.count(want) >= 2, out


def test_what_is_too_long_is_named():
    """A variable, an argument, or the largest of all."""
    big, many = 140000 * "v", ", ".join(f"V{i}: {100000 * 'v'}" for i in range(80))
    for scenario, want in (
            (f"processes: {{a: {{env: {{BIG: {big}}}, run: 'true'}}}}",
             "cannot start '/bin/sh': the variable BIG has 140004 bytes, more than the system takes (131071)"),
            (f"pools: {{a: {{tasks: 1, env: {{BIG: {big}}}, run: 'true'}}}}",
             "the variable BIG has 140004 bytes, more than the system takes (131071)"),
            (f"processes: {{a: {{exec: [echo, {big}]}}}}", "argument 1 of 'echo' has 140000 bytes"),
            (f"processes: {{a: {{env: {{{many}}}, exec: [echo]}}}}", "the longest is V"),
    ):
        status, out, err = complete(scenario)
        check_status(status, 1, out[:2000] + err)
        assert want in out.decode(), (want, out[:2000])
