"""tty: true: a process on a terminal of its own, whose words go to the log, a file or a queue."""
import fcntl
import os
import pty
import signal
import struct
import termios

from harness.parrun import Directory, Run, check_nothing_left, check_status, complete, mark

LOOK = r"""
    import os, sys, termios
    print(*(os.isatty(fd) for fd in (0, 1, 2)), os.get_terminal_size(), os.ttyname(0) == os.ttyname(2))
    print("leads", os.tcgetpgrp(0) == os.getpgrp() and os.getsid(0) == os.getpid())
    print("open", open("/dev/tty").isatty(), flush=True)
    os.write(2, b"a message\n")
    os.write(1, b"both ends\r\nno end")
"""


@mark("tsan")
def test_what_it_sees():
    directory = Directory()
    directory.file("look", LOOK)
    status, out, err = complete("processes: {test: {tty: true, exec: [python3, look]}}", directory=directory)
    check_status(status, 0, out + err)
    check_nothing_left()
    lines = [line.removeprefix(b"test | ") for line in out.splitlines()]
    assert [b"True True True os.terminal_size(columns=80, lines=24) True", b"leads True", b"open True",
            b"a message", b"both ends", b"no end"] == lines[3:9], out


@mark("tsan")
def test_where_it_goes():
    """A file gets each byte, a queue its messages; restarts write on; Lua bodies print there too."""
    status, out, err = complete("""
        queues: {q: {}}
        processes:
          file: {tty: true, stdout: {file: out.txt}, run: "test -t 1; echo $?; printf 'no end'"}
          queue: {tty: true, stdout: {queue: q}, run: "seq 1000; test -t 0; echo last $?"}
          body: {tty: true, lua: "print('body', parrun.run('test -t 0; echo $?').out) io.write('straight\\\\n')"}
          more: {tty: true, fds: {3: {file: three.txt}}, run: "echo three >&3; test -t 3; echo more $?"}
        threads:
          reader: {consumes: q, lua: "local n, last = 0 for m in parrun.queue('q'):each() do n, last = n + 1, m end print(n, last)"}
    """, directory=(directory := Directory()))
    check_status(status, 0, out + err)
    check_nothing_left()
    assert (directory.path / "out.txt").read_bytes() == b"0\nno end"
    assert (directory.path / "three.txt").read_bytes() == b"three\n"
    for words in (b">>> 1001\tlast 0", b"more | more 1", b"body | straight"):
        assert words in out, out


def test_much_of_it():
    """Nothing is lost where the program ends at once, nor where somebody keeps the terminal open."""
    status, out, err = complete("""
        processes:
          much: {tty: true, stdout: {file: much.txt}, run: "seq 200000"}
          kept: {tty: true, run: "sleep 60 & echo first; exit 0"}
    """, directory=(directory := Directory()))
    check_status(status, 0, out + err)
    assert (directory.path / "much.txt").read_bytes() == b"".join(b"%d\n" % n for n in range(1, 200001))
    assert b"kept | first" in out, out


def test_a_stop_and_a_timeout():
    run = Run("""
        processes:
          late: {tty: true, timeout: 300ms, run: "cat", allow_failure: true}
          test: {tty: true, run: "trap 'echo heard; exit 0' TERM; echo ready; while :; do sleep 0.1; done"}
    """)
    run.wait_for(rb"test \| ready")
    if b"late timed out" not in run.seen:
        run.wait_for(rb"late timed out")
    run.signal(signal.SIGTERM)
    status, out, err = run.finish()
    assert status == -signal.SIGTERM and b"heard" in out, out + err
    check_nothing_left()


def test_size():
    """It has the size of the run's own terminal, and hears when that changes."""
    ours, theirs = pty.openpty()

    def resize(rows, columns):
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    resize(30, 100)
    run = Run("""
        processes:
          test: {tty: true, shell: /bin/bash, run: "trap 'stty size; exit' WINCH; stty size; while :; do sleep 0.1; done"}
    """, stdin=theirs)
    run.wait_for(rb"30 100")
    resize(40, 120)
    run.signal(signal.SIGWINCH)
    run.wait_for(rb"40 120")
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    os.close(ours)
    os.close(theirs)


def test_questions_are_answered():
    """Where the log is what it shows, and where a file is."""
    ask = r"printf '\\033[6n'; IFS= read -rsd R place; printf '\\033[c'; IFS= read -rsd c kind; echo answered ${place:2} ${kind:2}"
    directory = Directory()
    status, out, err = complete(f"""
        processes:
          log: {{{{tty: true, exec: [bash, -c, "{ask}"]}}}}
          file: {{{{tty: true, stdout: {{{{file: out.txt}}}}, exec: [bash, -c, "{ask}"]}}}}
    """.replace("{{", "{").replace("}}", "}"), directory=directory)
    check_status(status, 0, out + err)
    assert b"answered 1;1 ?1;2" in out.replace(b"\033[6n", b""), out
    assert "answered 1;1 ?1;2" in (directory.path / "out.txt").read_text()
    check_nothing_left()
