"""An output with several ends: each of them gets all of it."""
import os

from harness.parrun import TERM, Run, check_nothing_left

# The last line has no newline.
LINES = "seq 50000; printf last"


def test_same():
    """The same bytes in the same order; a secret is hidden in the log alone, as where a file is the only end."""
    run = Run(f"""
        secrets: [WORD]
        queues: {{q: {{}}}}
        processes:
          src:
            run: "echo $WORD; {LINES}"
            stdout: [log, {{file: dir/all}}, {{queue: q}}]
            stderr: stdout
          sink: {{run: "cat >sunk", stdin: {{queue: q}}}}
    """, env={**os.environ, "WORD": "sesame-street"})
    status, out, err = run.finish()
    assert status == 0, (status, out[-500:], err)
    wanted = b"sesame-street\n" + b"".join(b"%d\n" % n for n in range(1, 50001)) + b"last"
    assert (run.directory.path / "dir/all").read_bytes() == wanted
    assert (run.directory.path / "sunk").read_bytes() == wanted + b"\n"
    told = [line.removeprefix("src | ") for line in out.decode().splitlines() if line.startswith("src | ")]
    assert told[1:] == wanted.decode().splitlines()[1:] and "sesame" not in told[0], told[:3]
    check_nothing_left()


def test_one_goes():
    """An end that nobody reads any more, or whose disk is full, is no end of the others; when all have gone the writer hears so."""
    run = Run("""
        queues: {q: {leftover: drop}, r: {leftover: drop}}
        processes:
          src: {run: "seq 50000", stdout: [{queue: q}, {file: all}, {file: /dev/full}]}
          head: {run: "head -n 1", stdin: {queue: q}}
          endless: {run: "yes", stdout: [{queue: r}]}
          first: {run: "head -n 1", stdin: {queue: r}}
    """)
    status, out, err = run.finish()
    assert status == 3 and b"No space left on device" in out, (status, out, err)
    assert (run.directory.path / "all").read_bytes().count(b"\n") == 50000
    check_nothing_left()


def test_lives():
    """A later life goes on behind what an earlier one wrote."""
    run = Run("""
        processes:
          src:
            run: "test -e ran && echo two || { touch ran; echo one; exit 1; }"
            stdout: [log, {file: all}]
            restart: {on: failure, delay: 0s}
            ready: {log: two}
    """)
    status, out, err = run.finish()
    assert status == 0 and (run.directory.path / "all").read_bytes() == b"one\ntwo\n", (out, err)


def test_stop():
    """A full queue that nobody reads holds all ends up, and a stop ends it."""
    run = Run("""
        queues: {q: {capacity: 10}}
        processes:
          src: {run: "echo up; exec yes", stdout: [log, {queue: q}, {file: all}], stop: {grace: 1s}}
          sink: {run: "exec sleep 1000", stdin: {queue: q}}
    """)
    run.wait_for(rb"src . up")
    run.signal(TERM)
    status, out, err = run.finish()
    assert status == -TERM, (status, out[-500:], err)
    check_nothing_left()
