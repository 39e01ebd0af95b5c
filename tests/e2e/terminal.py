"""What is on a terminal: colours of names, red failures, and no more of a child than its colours."""
import os
import pty
import re
import select
import signal
import subprocess

from harness.parrun import PATIENCE, PROGRAM, Directory, Run, check_status

COLOR = re.compile(rb"\033\[[0-9;:]*m")


def on_terminal(scenario, *arguments, directory=None, **variables):
    """All that a terminal gets, its line ends made plain; without the progress of pools, which depends on how long they last."""
    directory = directory or Directory()
    directory.file("scenario.yaml", scenario)
    env = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    ours, theirs = pty.openpty()
    process = subprocess.Popen([PROGRAM, "--no-progress", *arguments, "scenario.yaml"], stdin=subprocess.DEVNULL,
                               stdout=theirs, stderr=subprocess.PIPE, cwd=directory.path,
                               env={**env, "TERM": "xterm", **variables})
    os.close(theirs)
    got = b""
    while select.select([ours], [], [], PATIENCE)[0]:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        got += chunk
    os.close(ours)
    _, err = process.communicate(timeout=PATIENCE)
    return got.replace(b"\r\n", b"\n"), err


def test_names_of_one_width():
    """What processes write begins in one column on a terminal; elsewhere names are as long as they are."""
    scenario = """
        processes: {web: {run: echo hi}, database: {run: echo ho}}
        pools: {p: {tasks: 1, run: echo he}}
    """
    out, _ = on_terminal(scenario, "--color=never")
    assert b"\nweb      | hi\n" in out and b"\ndatabase | ho\n" in out and b"\nhe\n" in out, out
    assert b"declared" not in out, out
    status, out, err = Run(scenario).finish()
    check_status(status, 0, out + err)
    assert b"\nweb | hi\n" in out, out


def progress_of(scenario, *arguments, until=b" of 1 (0%)"):
    """What a terminal gets while a pool lasts until the file "go" is there, which is made when UNTIL was shown."""
    directory = Directory()
    directory.file("scenario.yaml", scenario)
    ours, theirs = pty.openpty()
    process = subprocess.Popen([PROGRAM, *arguments, "scenario.yaml"], stdin=subprocess.DEVNULL, stdout=theirs,
                               stderr=subprocess.PIPE, cwd=directory.path, env={**os.environ, "TERM": "xterm"})
    os.close(theirs)
    got = b""
    while select.select([ours], [], [], PATIENCE)[0]:
        try:
            got += os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        if until in got:
            directory.file("go", "")
    os.close(ours)
    _, err = process.communicate(timeout=PATIENCE)
    check_status(process.returncode, 0, err)
    return got


LASTING = """
    pools: {p: {tasks: 1, run: "for n in 1 2 3 4 5 6; do test -e go || sleep 0.5; done; until test -e go; do sleep 0.05; done"}}
"""
WAITING = LASTING.replace("until test -e go; do sleep 0.05; done", "true")


def test_progress_of_a_pool_that_lasts():
    """On a terminal it is shown unasked below the log, and nothing of it stays; not where somebody does not want it."""
    got = progress_of(LASTING)
    shown = re.sub(rb"[^\n]*\r\x1b\[K", b"", got.replace(b"\r\n", b"\n"))
    assert b" of 1 (" not in shown and shown.endswith(b"All subprocesses done.\n"), shown
    for arguments, more in ((["--no-progress"], ""), (["-q"], ""), (["--format", "json"], ""),
                            ([], "    processes: {shares: {run: 'true', stderr: inherit}}\n")):
        got = progress_of(more + WAITING, *arguments)
        assert b"p: 0 of" not in got, (arguments, more, got)


def test_progress_below_the_log():
    """What the log says stands above the line of --progress, each line whole; nothing of it stays."""
    scenario = """
        pools:
          p: {workers: 1, tasks: 3, run: "test ${{ item }} != 1 && until test -e go; do sleep 0.05; done"}
    """
    directory = Directory()
    directory.file("scenario.yaml", scenario)
    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm"}
    process = subprocess.Popen([PROGRAM, "--progress", "scenario.yaml"], stdin=subprocess.DEVNULL,
                               stdout=theirs, stderr=subprocess.PIPE, cwd=directory.path, env=env)
    os.close(theirs)
    got = b""
    while select.select([ours], [], [], PATIENCE)[0]:
        try:
            got += os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        if b"p: 0 of 3 (0%)" in got:
            directory.file("go", "")
    os.close(ours)
    process.communicate(timeout=PATIENCE)
    assert b"p: 0 of 3 (0%)" in got, got
    # As the terminal shows it: a line that was taken away is none.
    shown = re.sub(rb"[^\n]*\r\x1b\[K", b"", got.replace(b"\r\n", b"\n"))
    assert b" of 3 (" not in shown, shown
    with_colors_off = re.sub(rb"\x1b\[[0-9;]*m", b"", shown)
    assert re.search(rb"^Run task 0 \(\d+\)\.\.\.\nTask 0 runs", with_colors_off, re.M), with_colors_off
    assert b"\nPool p ended: 1 of 3 tasks failed: task 1.\n" in with_colors_off, with_colors_off


def test_the_time_that_is_left_has_the_wait_for_a_retry():
    directory = Directory()
    directory.file("scenario.yaml", """
        pools:
          p: {workers: 1, tasks: 3, run: "test ${{ item }} != 1", retry: {attempts: 2, delay: 1h, max_delay: 1h, jitter: false}}
    """)
    ours, theirs = pty.openpty()
    process = subprocess.Popen([PROGRAM, "--progress", "scenario.yaml"], stdin=subprocess.DEVNULL, stdout=theirs,
                               stderr=subprocess.PIPE, cwd=directory.path, env={**os.environ, "TERM": "xterm"})
    os.close(theirs)
    got = b""
    while select.select([ours], [], [], PATIENCE)[0]:
        try:
            got += os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        if re.search(rb"p: 2 of 3 \(66%\)[^\n]* (1h|5\dm[^\n]*) left", got) and process.poll() is None:
            process.terminate()
    os.close(ours)
    _, err = process.communicate(timeout=PATIENCE)
    check_status(process.returncode, -signal.SIGTERM, got + err)


def test_progress_elsewhere():
    """Where neither standard output nor standard error is a terminal: a line now and then, on the latter."""
    run = Run("""
        pools:
          p: {tasks: 1, run: "until test -e go; do sleep 0.05; done", depends_on: q}
          q: {tasks: 1, run: "true"}
    """, "--progress", "--log=log", stderr=subprocess.STDOUT)
    run.wait_for(rb"^p: 0 of 1 \(0%\)$")
    run.directory.file("go", "")
    status, out, _ = run.finish()
    check_status(status, 0, out)
    assert all(re.fullmatch(rb"[pq]: (0 of 1 \(0%\)|1 of 1 \(100%\))", line) for line in out.splitlines()), out


TWO = """
    processes:
      web: {run: "echo hi"}
      bad: {run: "echo ho; exit 3"}
"""


def test_colors_of_names_and_failures():
    """The same in each run; none where it is not wanted, where it is no terminal, or with JSON."""
    first, _ = on_terminal(TWO)
    lines = first.splitlines()
    web = re.search(rb"\033\[(\d+)mweb \| \033\[0mhi\n", first)
    bad = re.search(rb"\033\[(\d+)mbad \| \033\[0mho\n", first)
    assert web and bad and web[1] != bad[1], first
    assert b"\033[31mProcess bad exited with code 3.\033[0m" in lines, first
    second, _ = on_terminal(TWO)
    assert web[0] in second and bad[0] in second, second
    for arguments, variables in ((["--color=never"], {}), ([], {"NO_COLOR": "1"}), ([], {"TERM": "dumb"}),
                                 ([], {"TERM": ""}), (["--format=json", "--color=always"], {})):
        out, _ = on_terminal(TWO, *arguments, **variables)
        assert b"\033" not in out and b"hi" in out, (arguments, variables, out)
    for arguments, variables in ((["--color=always"], {"NO_COLOR": "1"}), ([], {"NO_COLOR": ""})):
        out, _ = on_terminal(TWO, *arguments, **variables)
        assert web[0] in out, (arguments, variables, out)
    directory = Directory()
    out, _ = on_terminal(TWO, "--log=log.txt", directory=directory)
    assert web[0] in out and b"\033" not in (directory.path / "log.txt").read_bytes(), out


def test_bytes_of_a_child():
    """Every byte, alone and behind ESC and CSI: none is obeyed but colours; a pipe has them as they are."""
    corpus = bytearray()
    for value in range(256):
        if value != 10:
            corpus += b"%d:" % value + bytes([value]) + b" \033" + bytes([value]) + b" \033[1;2" + \
                bytes([value]) + b"\n"
    corpus += b"\033]0;title\007\n\033]52;c;aGk=\033\\\n\033[?1049h\n\302\23331m\n\033[31mred\n\033[6n\n"
    scenario = """
        processes: {p: {exec: [cat, corpus], stderr: "null"}}
        pools: {q: {workers: 1, tasks: 1, exec: [cat, corpus]}}
        threads: {t: {lua: "for line in io.lines('corpus') do print(line) end"}}
    """
    for color in ([], ["--color=never"]):
        directory = Directory()
        directory.file("corpus", bytes(corpus))
        out, _ = on_terminal(scenario, *color, directory=directory)
        left = COLOR.sub(b"", out) if not color else out
        obeyed = re.search(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]", left)
        assert not obeyed, left[obeyed.start() - 60:obeyed.end() + 20]
        left.decode()  # and it is UTF-8
        assert out.count(b"^[]52;c;aGk=^[\\") == 3, out[-1000:]
        assert color or out.count(b"\033[31mred") == 3, out[-1000:]
    directory.file("scenario.yaml", scenario)
    for words in (["--color=auto"], ["--color=always"]):
        piped = subprocess.run([PROGRAM, *words, "scenario.yaml"], cwd=directory.path,
                               stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE,
                               check=True).stdout
        assert bytes(corpus) in piped, "the pool's bytes are not as they were"
        assert b"p | \033[31mred\n" in COLOR.sub(b"", piped) or b"\033[31mred\n" in piped


def test_what_a_sentence_holds():
    """An item, a reason, a message of a queue: shown, not obeyed."""
    out, _ = on_terminal("""
        pools:
          p: {kind: thread, workers: 1, tasks: 1, lua: "error('\\\\27[2J\\\\7')"}
        queues: {q: {items: ["\\u001b]0;x\\u0007"], trace: true}}
        threads: {t: {consumes: q, lua: "parrun.queue('q'):get()"}}
    """, "-v")
    assert not re.search(rb"[\x00-\x08\x0b-\x1f]", COLOR.sub(b"", out)), out
    assert b"^[[2J^G" in out and b"^[]0;x^G" in out, out


def test_a_color_over_many_pieces():
    """A line of 200 KB in colour goes out in pieces: the colour is one, and characters stay whole."""
    directory = Directory()
    directory.file("long", b"\033[32m" + "é€".encode() * 40000 + b"\033[0m\n")
    out, _ = on_terminal("processes: {p: {exec: [cat, long]}}", directory=directory)
    text = COLOR.sub(b"", out).decode()
    assert "é€" * 40000 + "\n" in text and "\\x" not in text, text[-300:]
