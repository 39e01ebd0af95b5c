"""A run in which nothing goes on says what it waits for; one that is at work does not."""
from harness.parrun import TERM, Directory, Run, check_nothing_left, check_status, died_of

IDLE = rb"Nothing has gone on for 5 seconds:\n"

SERVER = """
    processes:
      web: {run: "exec sleep 1000"}
      test: {run: echo tested, depends_on: web}
"""

SILENT = """
    processes:
      web: {run: "exec sleep 1000", daemon: true, ready: {log: "^listening$"}}
      test: {run: echo tested, depends_on: web}
"""

SETUP = """
    pools:
      p: {kind: %s, tasks: 3, workers: 1, setup: "while true do end", lua: return 1}
"""

# Somebody waits, and what it waits for is at work.
BUSY = """
    processes:
      make: {run: "echo at work; while :; do :; done"}
      test: {run: echo tested, depends_on: make}
"""


# Nobody writes to it. What a program should read is refused, and tasks come when they come: the run itself never waits there.
FIFO = """
    processes:
      reader: {stdin: {file: fifo}, run: cat, allow_failure: true}
    pools:
      t: {tasks: 1, stdin: {file: fifo}, run: cat, allow_failure: true}
      p: {tasks: {lines: fifo}, run: "echo got ${{ item }}"}
"""


def stop(run):
    run.signal(TERM)
    status, out, err = run.finish()
    check_status(status, died_of(TERM), out + err)
    return out


def test_what_is_waited_for_is_told():
    """The end of a server, a word that never comes, a setup that never ends, a line that nobody writes."""
    directory = Directory()
    directory.fifo("fifo")
    fifo = Run(FIFO, directory=directory)
    busy = Run(BUSY)
    busy.wait_for(rb"make \| at work")
    runs = [Run(scenario) for scenario in (SERVER, SILENT)]
    setups = [Run(SETUP % kind) for kind in ("process", "thread")]
    for run in runs:
        run.wait_for(IDLE)
    for run in setups:
        run.wait_for(rb"This has lasted for 5 seconds:\n")
        run.wait_for(rb"^  pool p waits until the setup of its worker has ended\n")
    server, silent = [stop(run) for run in runs]
    assert (b"\n  process test waits until web has succeeded\n  process web (") in server, server
    assert b"\n  If web is a server that does not end: 'ready' says when others may start" in server, server
    assert (b"\n  process test waits until web is ready\n  process web is not ready: it has written no line; "
            b"where a program holds back what it writes into a pipe, 'tty: true' helps\n") in silent, silent
    for run in setups:
        stop(run)
    fifo.wait_for(rb"^  pool p waits for a task from '.*/fifo'\n")
    (directory.path / "fifo").write_text("one\n", encoding="ascii")
    status, out, err = fifo.finish()
    check_status(status, 0, fifo.seen + out + err)
    assert (fifo.seen + out).count(b"fifo': it is a FIFO; let the command open it, as in cat <FIFO | ...\n") >= 2, fifo.seen + out
    assert b"got one\n" in fifo.seen + out, fifo.seen + out
    assert b"Nothing has gone on" not in stop(busy)
    check_nothing_left()
