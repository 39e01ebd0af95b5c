"""parrun's own file is replaced or removed while a run goes on."""
import os
import shutil
import subprocess

from harness.parrun import PATIENCE, PROGRAM, Directory, check_nothing_left, check_status

# Each life needs a worker that is started again: the second one after FILE was changed.
SCENARIO = """
    log: {prefix: false}
    pools:
      command: {workers: 1, tasks: 3, recycle: 1, output: lines, run: "echo command; test -e changed || cat gate"}
      states: {workers: 1, tasks: 3, recycle: 1, output: lines, lua: "print('states') if not io.open('changed') then io.open('gate2'):read('a') end"}
    processes:
      body: {restart: {on: failure, max: 1, delay: 0s}, lua: "print('body') if not io.open('changed') then io.open('gate3'):read('a') error('again') end"}
"""
GATES = ("gate", "gate2", "gate3")


def changed_in_mid_run(change):
    directory = Directory()
    for gate in GATES:
        directory.fifo(gate)
    program = directory.path / "parrun"
    shutil.copy(PROGRAM, program)
    directory.file("scenario.yaml", SCENARIO)
    run = subprocess.Popen([program, "scenario.yaml"], cwd=directory.path, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    writers = [os.open(directory.path / gate, os.O_WRONLY) for gate in GATES]  # all have begun
    change(program)
    directory.file("changed", "")
    for writer in writers:
        os.close(writer)
    out = run.communicate(timeout=PATIENCE)[0]
    check_status(run.returncode, 0, out)
    lines = out.decode().split("\n")
    assert [lines.count(word) for word in ("command", "states", "body")] == [3, 3, 2], out
    check_nothing_left()


def test_removed():
    changed_in_mid_run(os.remove)


def test_replaced():
    def replace(program):
        program.unlink()
        program.write_text("#!/bin/sh\necho another program\n")
        program.chmod(0o755)
    changed_in_mid_run(replace)


def test_workers_are_called_parrun():
    """By whom ps asks: the name is not that of a descriptor."""
    directory = Directory()
    directory.file("scenario.yaml", """
        processes: {p: {lua: "print(io.open('/proc/self/comm'):read())"}}
        pools: {q: {tasks: 1, output: lines, lua: "print(io.open('/proc/self/comm'):read())"}}
    """)
    out = subprocess.run([PROGRAM, "--show", "*.output", "scenario.yaml"], cwd=directory.path, timeout=PATIENCE,
                         stdin=subprocess.DEVNULL, capture_output=True, check=True).stdout
    assert out.count(b"parrun\n") == 2, out
