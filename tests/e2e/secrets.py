"""Secrets: nothing that parrun writes holds one."""
import os
import re
import sqlite3

from e2e.terminal import on_terminal
from harness.parrun import Directory, Run, check_status, complete

SCENARIO = """
    secrets: [FILED, in_vars, INHERITED]
    vars: {in_vars: canary-vars, shown: plain}
    env_file: secret.env
    env: {GLOBAL: {value: "canary-global", secret: true}, LONGER: {value: canary-global-longer, secret: true}}
    queues: {told: {items: ["${{ vars.in_vars }}"], trace: true}}
    processes:
      all:
        env: {OWN: {value: "canary-own 'q\\"uoted\\"' $x", secret: true}, LINES: {value: "canary-one\\ncanary-two\\n}", secret: true}}
        run: |
          echo "$GLOBAL $LONGER $FILED $INHERITED $OWN ${{ vars.in_vars }} ${{ env.INHERITED }}"
          echo "$LINES" >&2
          echo "$OWN" | tr -d '\\n' >/dev/full
          exit 3
        stderr: {file: err.log, rotate: {}}
      cut:
        run: "printf cana; echo >begun; read go <goon; printf 'ry-global.'; printf '%65530s%s' '' $GLOBAL"
        stderr: "null"
      never: {exec: ["${{ vars.in_vars }}/missing"]}
      wrong: {run: "true", cwd: "${{ vars.in_vars }}"}
      file: {run: "true", stdout: {file: "/proc/${{ vars.in_vars }}"}}
    pools:
      shell: {workers: 2, tasks: ["${{ vars.in_vars }}", 2], retry: {attempts: 2}, run: "echo ${{ item }} $OWN$GLOBAL; exit 1", results: {file: r1.jsonl}, env: {OWN: {value: "canary-pool\\"s", secret: true}}}
      lua: {workers: 1, tasks: ["${{ vars.in_vars }}"], lua: "print(item) parrun.log(item) return {item, [item] = item}", results: {dir: r2}}
      fails: {workers: 1, tasks: ["${{ vars.in_vars }}"], lua: "error(item)", output: lines}
      threads: {kind: thread, workers: 1, tasks: ["${{ vars.in_vars }}"], lua: "print(item) error(item)"}
      source: {workers: 1, tasks: {output: "echo $GLOBAL; echo $GLOBAL >&2"}, run: "echo ${{ item }}"}
    threads: {t: {consumes: told, lua: "print(parrun.queue('told'):get()) error(parrun.vars.in_vars)"}}
"""
ENVIRONMENT = {**os.environ, "INHERITED": "canary-inherited"}


def prepare(directory):
    directory.file("secret.env", "FILED='canary-filed'\n")
    for name in ("goon", "begun"):
        (directory.path / name).unlink(missing_ok=True)
        directory.fifo(name)


def run_all(directory, *arguments):
    """The run with everything that it writes; output and error output."""
    run = Run(SCENARIO, *arguments, directory=directory, env=ENVIRONMENT)
    (directory.path / "begun").read_text()
    (directory.path / "goon").write_text("go\n")
    status, out, err = run.finish()
    check_status(status, 1, out + err)
    return out, err


def check_files(directory, but=("secret.env", "scenario.yaml")):
    for path in directory.path.rglob("*"):
        if path.is_file() and path.name not in but:
            text = path.read_bytes()
            assert b"canary" not in text and b"-global" not in text, (path, re.findall(b".{20}canary.{20}", text))


def test_no_output_holds_a_secret():
    for arguments in (["-v", "--joblog=j.tsv", "--journal=j.db", "--log=story.log"],
                      ["-v", "--format=json", "--joblog=j.tsv", "--journal=j.db", "--log=events.log",
                       "--log-rotate=1K:99"],
                      ["-q"]):
        directory = Directory()
        prepare(directory)
        out, err = run_all(directory, *arguments)
        assert b"canary" not in out + err, re.findall(b".{20}canary.{20}", out + err)
        quiet = "-q" in arguments
        assert quiet or b"*** *** *** *** *** *** ***" in out, out[:2000]
        assert quiet or re.search(rb" {60000}\*\*\*", out), out[-200:]
        check_files(directory)
        assert (directory.path / "err.log").read_text().startswith("***\n***\n}\n")
        if "-v" in arguments:
            with sqlite3.connect(directory.path / "j.db") as journal:
                items = {item for item, in journal.execute("SELECT item FROM task WHERE pool = 'lua'")}
            assert items == {"***"}, items


def test_no_view_holds_a_secret():
    directory = Directory()
    prepare(directory)
    for arguments in (["show"], ["vars"], ["graph"], ["graph", "--tree"], ["list"], ["plan"]):
        status, out, err = Run(SCENARIO, *arguments, directory=directory, env=ENVIRONMENT).finish()
        assert status in (0, 1) and b"canary" not in out + err, (arguments, out, err)
        assert out, arguments
    # errors show the line that is wrong
    status, out, err = Run(SCENARIO + "\n    wrong: canary-vars\n", directory=directory, env=ENVIRONMENT).finish()
    check_status(status, 2, err)
    assert b"canary" not in err and b"***" in err, err
    status, out, err = Run(SCENARIO, "--log=no/canary-vars", directory=directory, env=ENVIRONMENT).finish()
    check_status(status, 2, err)
    assert b"canary" not in err and b"***" in err, err


def test_on_a_terminal():
    got, _ = on_terminal("processes: {p: {env: {A: {value: canary-one, secret: true}}, run: 'echo $A'}}")
    assert b"***" in got and b"canary" not in got, got


def test_the_program_has_it():
    """The environment is as it is, and so are queues and the files that programs write themselves."""
    directory = Directory()
    status, out, err = complete("""
        env: {A: {value: canary-one, secret: true}, NONE: {value: "", secret: true}}
        processes:
          p: {run: "echo $A; echo $A >own; echo $A$NONE >&2", stdout: {queue: q}, stderr: {file: direct}}
          c: {stdin: {queue: q}, run: "cat >got"}
        queues: {q: {}}
    """, directory=directory)
    check_status(status, 0, out + err)
    for name in ("own", "got", "direct"):
        assert (directory.path / name).read_text() == "canary-one\n", name
