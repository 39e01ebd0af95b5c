"""What follows an end (finally, on_failure): also while the run is stopped, once an end, and never after all was ended by force."""
from harness.parrun import INT, TERM, Run, check_nothing_left

from e2e.steer import end, start, state, word


def test_stopped():
    """A stop waits for a hook and does not end it; the second one does, and those that have not begun are skipped."""
    run = Run("""
        processes:
          quick: {run: "echo up; exec sleep 1000", finally: 'echo "$PARRUN_STATUS $PARRUN_SIGNAL"; exec sleep 1000', on_failure: echo wrong}
          slow: {run: "trap 'echo caught' TERM; echo up; while :; do sleep 1; done", stop: {grace: 1000s}, finally: echo never}
        finally: echo never
    """)
    for _ in range(2):
        run.wait_for(rb" \| up")
    run.signal(INT)
    told = {run.wait_for(rb"quick.finally \| stopped (TERM)|slow \| (caught)").group() for _ in range(2)}
    run.signal(TERM)  # the same one twice within a moment counts once
    status, out, err = run.finish()
    assert status == -INT and len(told) == 2, (status, out, err)
    for line in (b"Process quick.finally terminated.", b"Process slow.finally skipped: the run was stopped.",
                 b"Process finally skipped: the run was stopped.", b"Process quick.on_failure skipped: quick has not failed."):
        assert line + b"\n" in out, (line, out)
    assert b"never" not in out.replace(b"never started", b""), out
    check_nothing_left()


def test_by_its_name():
    """What is asked for by its name follows nothing, and nothing follows it."""
    told = 'set -u; echo "$PARRUN_OBJECT:$PARRUN_STATUS$PARRUN_CODE$PARRUN_SIGNAL$PARRUN_REASON."'
    text = f"""
        processes: {{a: {{run: "true", finally: 'echo of-a; {told}'}}}}
        pools: {{p: {{workers: 1, tasks: 1, run: "true", finally: 'echo of-p; {told}'}}}}
        finally: 'echo of-run; {told}'
    """
    for name, said in (("a.finally", b"of-a"), ("p.finally", b"of-p"), ("finally", b"of-run")):
        status, out, err = Run(text, "--only", name).finish()
        assert b"| %s:.\n" % (b"scenario" if name == "finally" else name[:1].encode()) in out, ("nothing has ended", out)
        assert status == 0 and [line for line in (b"of-a", b"of-p", b"of-run") if b"| " + line in out] == [said], (name, out, err)


def test_stopped_by_hand():
    """A stop by hand is an end, once all replicas have come to one; to be restarted is none, and to be started again brings another one."""
    run = start("""
        processes:
          one: {run: "exec sleep 1000", finally: 'echo "$PARRUN_STATUS $PARRUN_SIGNAL"', on_failure: echo wrong}
          many: {run: "exec sleep 1000", replicas: 2, finally: 'echo "$PARRUN_STATUS"'}
          late: {run: "exec sleep 1000", depends_on: {one: completed}, finally: echo wrong}
          keep: {run: "exec sleep 1000"}
        pools:
          work: {tasks: 1, run: "exec sleep 1000", finally: 'echo "$PARRUN_STATUS"'}
    """)
    assert run.client.ask("wait", ["one", "many", "work"], until="ready")[1]["status"] == 0
    assert word(run, "restart", ["one"])[0] == 0
    assert state(run, "one.finally") == "waiting", "it was not its end"
    assert word(run, "stop", ["late"])[0] == 0
    for _ in range(2):
        assert word(run, "stop", ["one"])[0] == 0
        for _ in range(2):
            run.wait_for(rb"one.finally \| stopped TERM|one.on_failure skipped: one has not failed")
        assert word(run, "start", ["one"])[0] == 0
    assert word(run, "stop", ["many.1"])[0] == 0
    assert state(run, "many.finally") == "waiting", "many.2 runs"
    assert word(run, "stop", ["many.2"])[0] == 0
    run.wait_for(rb"many.finally \| stopped")
    assert word(run, "stop", ["work"])[0] == 0
    run.wait_for(rb"work.finally \| stopped")
    assert word(run, "stop", ["*"])[0] == 0
    end(run)
    seen = run.seen.decode()
    assert seen.count("one.finally | stopped") == 3 and seen.count("many.finally | stopped") == 1, seen
    assert seen.count("work.finally | stopped") == 1 and "late.finally skipped: late never started" in seen and "wrong" not in seen, seen


def test_again():
    """What is started again by hand waits for what follows its last end, and has another end; a word does not concern hooks."""
    run = start("""
        processes:
          task: {run: "test -e go", finally: "until test -e go; do sleep 0.05; done", on_failure: 'echo "$PARRUN_STATUS"'}
          other: {run: "exec sleep 1000", finally: 'echo "$PARRUN_STATUS"'}
    """)
    run.wait_for(rb"task.on_failure end")
    assert state(run, "task") == "failed" and state(run, "other.finally") == "waiting"
    assert run.client.ask("wait", ["other*"])[1]["status"] == 0, "a hook may never have to run"
    status, error = word(run, "stop", ["task.finally"])
    assert status == 2 and "task.finally is a hook" in error, error
    assert word(run, "restart", ["task"], no_wait=True)[0] == 0
    (run.directory.path / "go").touch()
    run.wait_for(rb"Process task.finally end")
    run.wait_for(rb"Process task will start")
    run.wait_for(rb"task.on_failure skipped: task has not failed")
    run.wait_for(rb"Process task.finally end")
    assert word(run, "stop", ["*"])[0] == 0
    out = end(run)
    assert "other.finally | stopped" in run.seen.decode(), out

