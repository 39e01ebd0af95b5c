"""stdin: inherit on a terminal: the process has it as a program that a shell starts in the foreground has."""
import os
import signal
import termios
import time

from harness.parrun import check_status, mark
from harness.shell import Shell

# Asks for what only the foreground has: /dev/tty, a read, and its own group in front.
READS = """
    processes:
      ask:
        stdin: inherit
        stdout: inherit
        stderr: inherit
        run: |
          exec 3</dev/tty
          read -p 'name? ' name
          ps -o pgid=,tpgid=,stat= -p $$
          echo "hello $name"
        shell: /bin/bash
      beside: {run: "echo beside; sleep 1000", daemon: true}
"""


def test_reads_the_terminal():
    shell = Shell(READS)
    shell.wait_for(rb"name\? ")
    shell.type(b"world\n")
    group, front, state = shell.wait_for(rb"^\s*(\d+)\s+(\d+)\s+(\S+)\s").groups()
    assert group == front and b"+" in state, (group, front, state)
    shell.wait_for(rb"hello world")
    status, told = shell.end()
    check_status(status, 0, told.encode())


def test_a_shell_with_jobs_of_its_own():
    """An interactive shell takes the terminal for its jobs and gives it back; parrun gets it back last."""
    shell = Shell("""
        processes:
          sh: {stdin: inherit, stdout: inherit, stderr: inherit, exec: [bash, --norc, -i], env: {PS1: "prompt> "}}
          after: {run: "echo after it", depends_on: {sh: completed}}
    """)
    shell.wait_for(rb"prompt> ")
    shell.type(b"echo 'o'n; cat | cat\n")
    shell.wait_for(rb"on\r\n")
    shell.type(b"through\n")
    shell.wait_for(rb"(?s)through\r\n.*through")  # what is typed, and what cat says; the log may come between
    shell.type(b"\x03")
    shell.wait_for(rb"prompt> ")
    shell.type(b"exit 0\n")
    shell.wait_for(rb"after it")
    status, told = shell.end()
    check_status(status, 0, told.encode())


def test_an_interpreter():
    """python3 edits lines on it: Ctrl-C is the program's own affair, and the run goes on."""
    shell = Shell("""
        processes:
          repl: {stdin: inherit, stdout: inherit, stderr: inherit, exec: [python3, -q]}
    """)
    shell.wait_for(rb">>> ")
    shell.type(b"6 * 7\r")
    shell.wait_for(rb"42")
    shell.wait_for(rb">>> ")
    shell.type(b"\x03")
    shell.type(b"\r")  # between its prompt and its waiting for a key it notes an interrupt, and shows it at the next one
    shell.wait_for(rb"KeyboardInterrupt")
    shell.type(b"6 * 9\r")  # it dies of an interrupt that nothing came after
    shell.wait_for(rb"54")
    shell.wait_for(rb">>> ")
    shell.type(b"\x04")
    status, told = shell.end()
    check_status(status, 0, told.encode())


@mark("tsan")
def test_a_body_of_lua():
    shell = Shell("""
        processes:
          ask: {stdin: inherit, lua: "print('ready') print('got ' .. io.read())"}
    """)
    shell.wait_for(rb"ready")
    shell.type(b"it\n")
    shell.wait_for(rb"got it")
    status, told = shell.end()
    check_status(status, 0, told.encode())


def test_interrupt_ends_the_run():
    """Ctrl-C goes to the process alone: where it dies of it, the run stops as by SIGINT."""
    for key, number in ((b"\x03", signal.SIGINT), (b"\x1c", signal.SIGQUIT)):
        shell = Shell("""
            processes:
              cat: {stdin: inherit, stdout: inherit, exec: [cat], limits: {core: 0}}
              beside: {run: "trap 'echo told; exit 0' TERM; echo standing; while :; do sleep 0.1; done"}
        """)
        shell.wait_for(rb"standing")
        shell.type(b"echoed\n")
        shell.wait_for(rb"echoed\r\nechoed")
        shell.type(key)
        shell.wait_for(rb"Stopping: signal %s" % number.name[3:].encode())
        shell.wait_for(rb"told")
        status, told = shell.end()
        assert status == -number, (status, told)


def test_modes_are_restored():
    """A program that leaves the terminal raw, and one that is killed on it."""
    for command in ("stty raw -echo; echo done", "stty raw -echo; echo done; kill -9 $$"):
        shell = Shell(f"""
            processes:
              raw: {{stdin: inherit, run: "{command}"}}
              after: {{run: "sleep 0.01; echo after", depends_on: {{raw: completed}}}}
        """)
        shell.wait_for(rb"after")
        shell.end()


def test_runner_is_killed():
    """The guard takes the terminal back from what is no more."""
    shell = Shell("""
        processes:
          raw: {stdin: inherit, stdout: inherit, run: "stty -echo; echo parent $(ps -o ppid= -p $$)end; cat"}
    """)
    runner = int(shell.wait_for(rb"parent\s+(\d+)end").group(1))
    os.kill(runner, signal.SIGKILL)
    status, told = shell.end()
    assert status != 0, told


@mark("tsan")
def test_stops_and_goes_on():
    """Ctrl-Z stops the whole run, fg gives the terminal back to the process as it had it."""
    shell = Shell("""
        processes:
          ask: {stdin: inherit, stdout: inherit, run: "stty -echo; echo ready; read one; echo got $one; read two; echo got $two"}
          beside: {timeout: 60s, run: "echo beside; sleep 1000", daemon: true}
    """)
    shell.wait_for(rb"ready")
    shell.type(b"a\n")
    shell.wait_for(rb"got a")
    assert not termios.tcgetattr(shell.terminal)[3] & termios.ECHO
    shell.suspend()
    assert termios.tcgetattr(shell.terminal)[3] & termios.ECHO
    shell.go_on()
    while termios.tcgetattr(shell.terminal)[3] & termios.ECHO:
        time.sleep(0.01)
    shell.type(b"b\n")
    found = shell.wait_for(rb"([^\0]*)got b")
    assert b"b\r\n" not in found.group(1), found
    status, told = shell.end()
    check_status(status, 0, told.encode())


def test_in_the_background():
    """Whoever reads the terminal from the background is stopped, and the run with it, until fg."""
    shell = Shell("""
        processes:
          ask: {stdin: inherit, stdout: inherit, run: "echo ready; read one; echo got $one; read two; echo got $two"}
    """)
    shell.wait_for(rb"ready")
    shell.suspend()
    shell.background()
    shell.wait_for(rb"\[stopped \d+\]")
    shell.go_on()
    shell.type(b"a\n")
    shell.wait_for(rb"got a")
    shell.suspend()
    shell.go_on()
    shell.type(b"b\n")
    shell.wait_for(rb"got b")
    status, told = shell.end()
    check_status(status, 0, told.encode())


def test_one_after_the_other():
    shell = Shell("""
        processes:
          first: {stdin: inherit, stdout: inherit, run: "echo one?; read one; echo got $one"}
          second: {stdin: inherit, stdout: inherit, run: "echo two?; read two; echo got $two", depends_on: [first]}
    """)
    for word in (b"one", b"two"):
        shell.wait_for(word + rb"\?")
        shell.type(b"its " + word + b"\n")
        shell.wait_for(rb"got its " + word)
    status, told = shell.end()
    check_status(status, 0, told.encode())


def test_a_stop_ends_its_group():
    """What the process has left in its group is no session of its own, and is ended all the same."""
    shell = Shell("""
        processes:
          ask: {stdin: inherit, stdout: inherit, run: "trap '' TERM; sleep 1000 & echo ready; trap 'exit 0' TERM; while :; do sleep 0.1; done"}
    """, "-v")
    shell.wait_for(rb"ready")
    os.kill(shell.guard(), signal.SIGTERM)
    status, told = shell.end()
    assert status == -signal.SIGTERM and "leaked" not in told, told


def test_missing_program():
    """What could not be started gives the terminal back too."""
    shell = Shell("""
        processes:
          none: {stdin: inherit, exec: [./none], allow_failure: true}
          ask: {stdin: inherit, stdout: inherit, depends_on: {none: completed}, run: "echo ready; read one; echo got $one"}
    """)
    shell.wait_for(rb"ready")
    shell.type(b"it\n")
    shell.wait_for(rb"got it")
    status, told = shell.end()
    check_status(status, 0, told.encode())
