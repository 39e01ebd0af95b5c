"""Programs that put themselves into the background: what they leave is found, seen to end, and stopped."""
import re
import subprocess

from harness.parrun import PROGRAM, TERM, Directory, Run, check_nothing_left, until

BACKGROUND = rb"Process %s runs in the background \((\d+)\), (.*)\."


def test_pidfile():
    """A pidfile that comes late, and is empty first; the end of what it names, its next life, its stop with its group; then no file is left."""
    directory = Directory()
    (directory.path / "below/dir").mkdir(parents=True)
    run = Run("""
        processes:
          server:
            run: |
              setsid sh -c ': >dir/s.pid; until test -e ../go; do sleep 0.05; done; sleep 1000 & echo $$ >dir/s.pid; wait' &
              until test -e dir/s.pid; do sleep 0.05; done
            cwd: below
            forking: true
            pidfile: dir/s.pid
            restart: {on: failure, delay: 0s, max: 1}
            stop: {grace: 100s}
          started: {run: "touch go", depends_on: {server: started}}
          client: {run: "kill -KILL $(cat below/dir/s.pid)", depends_on: [server]}
    """, directory=directory)
    lives = [run.wait_for(BACKGROUND % b"server")[2] for _ in range(2)]
    run.signal(TERM)
    status, out, err = run.finish()
    assert status == -TERM and all(how.endswith(b"below/dir/s.pid says") for how in lives), (status, out, err)
    assert re.search(rb"Process server .*signal KILL, restarting", out) and b"Process server terminated" in out, out
    assert not (directory.path / "below/dir/s.pid").exists()
    check_nothing_left()


def test_no_pidfile():
    """The orphan of its session or environment is taken, and the next one where that ends well; none, and a command that fails, are failures."""
    run = Run("""
        processes:
          twice:
            run: "setsid sh -c '(until test -e go; do sleep 0.05; done; exit 7) & exit 0' &"
            forking: true
          client: {run: "touch go", depends_on: [twice]}
          nothing: {run: "true", forking: true}
          wrong: {run: "exit 4", forking: true}
    """)
    status, out, err = run.finish()
    assert status == 1 and b"Process twice exited with code 7" in out, (status, out, err)
    assert b"Process nothing failed: its command has ended and left nothing in the background" in out, out
    assert b"Process wrong exited with code 4" in out, out
    check_nothing_left()


def test_doubts():
    """A number that is none of what it has left is told and not believed, nor is it ended; what it has left is."""
    foreign = subprocess.Popen(["sleep", "1000"])
    run = Run(f"""
        processes:
          foreign:
            run: "echo {foreign.pid} >f.pid; setsid sleep 1000 &"
            forking: true
            pidfile: f.pid
            ready: {{log: never, timeout: 500ms}}
          link:
            run: "ln -s f.pid l.pid; sleep 1000 &"
            forking: true
            pidfile: l.pid
            ready: {{log: never, timeout: 500ms}}
          never: {{run: "sleep 1000 &", forking: true, pidfile: n.pid}}
    """)
    ended = {run.wait_for(rb"Process (foreign|link) terminated")[1] for _ in range(2)}
    run.signal(TERM)
    status, out, err = run.finish()
    told = rb"Process foreign: its pidfile \S*f.pid names \S+ \(%d\), which .*: it is not believed" % foreign.pid
    assert status and len(ended) == 2 and re.search(told, out), (status, out, err)
    assert re.search(rb"Process link: its pidfile \S*l.pid is a symbolic link: it is not believed\.", out), out
    assert re.search(rb"link was not ready within 500ms: its pidfile \S*l.pid is a symbolic link", out), out
    assert (run.directory.path / "f.pid").exists() and foreign.poll() is None
    foreign.kill()
    foreign.wait()
    check_nothing_left()


def test_replaced():
    """What writes another number and ends has put another in its place."""
    directory = Directory()
    directory.file("server.sh", """
        echo $$ >s.pid
        until test -e go; do sleep 0.05; done
        { until test -e end; do sleep 0.05; done; exit 9; } &
        echo $! >s.pid
    """)
    run = Run("""
        processes:
          server:
            run: "setsid sh server.sh & until test -s s.pid; do sleep 0.05; done"
            forking: true
            pidfile: s.pid
          client: {run: "cp s.pid first; touch go", depends_on: [server]}
    """, directory=directory)
    first = run.wait_for(BACKGROUND % b"server")[1]
    second = run.wait_for(BACKGROUND % b"server")[1]
    directory.file("end", "")
    status, out, err = run.finish()
    assert status == 1 and b"Process server exited with code 9" in out, (status, out, err)
    assert first == (directory.path / "first").read_bytes().strip() != second, (first, second)


def test_not_ready_before_it_is_known():
    """What ready looks at is there while the command still runs: that does not count yet, and health is not looked at."""
    run = Run("""
        processes:
          server:
            run: "setsid sleep 1000 & until test -e go; do sleep 0.05; done"
            forking: true
            ready: {run: "true"}
            health: {run: "false", interval: 10ms, threshold: 1}
    """)
    told = b"is not ready: its command has not put itself into the background"
    until(lambda: told in subprocess.run([PROGRAM, "status", "-r", "scenario.yaml"], cwd=run.directory.path,
                                         capture_output=True, check=False).stdout, "a command that has not gone into the background")
    run.directory.file("go", "")
    status, out, err = run.finish()
    order = [out.index(text) for text in (b"runs in the background", b"is ready after", b"is unhealthy")]
    assert status == 1 and order == sorted(order), (status, out, err)
    check_nothing_left()


def test_one_pidfile_for_two():
    """What another process of the run has left is not believed, whoever's pidfile names it."""
    run = Run("""
        processes:
          one:
            run: "setsid sleep 1000 & echo $! >x.pid; touch one.wrote; until test -e two.wrote; do sleep 0.05; done"
            forking: true
            pidfile: x.pid
          two:
            run: "until test -e one.wrote; do sleep 0.05; done; setsid sleep 1000 & echo $! >x.pid; touch two.wrote"
            forking: true
            pidfile: ./x.pid
    """)
    pids = set()
    for _ in range(2):
        pids.add(run.wait_for(rb"Process two runs in the background \((\d+)\)|Process one: its pidfile \S+ names \S+ \((\d+)\), "
                              rb"which (?:is )?another process of this run(?: has left)?: it is not believed").group(1, 2))
    run.signal(TERM)
    status, out, err = run.finish()
    assert len({pid for pair in pids for pid in pair if pid}) == 1 and len(pids) == 2, (pids, out, err)
    check_nothing_left()


def test_rest():
    """Before the next life, and where there is none after a failure, all is ended that the last one has left: by a command that fails, and
    beside what the pidfile names."""
    run = Run("""
        processes:
          fails:
            run: |
              if test -e left; then kill -0 $(cat left) && echo wrong; echo second; exit 3; fi
              setsid sleep 1000 &
              echo $! >left
              exit 3
            forking: true
            restart: {on: failure, delay: 0s, max: 1}
          two:
            run: |
              if test -e beside; then kill -0 $(cat beside) && echo wrong; touch again; fi
              setsid sleep 1000 &
              echo $! >beside
              setsid sleep 1000 &
              echo $! >two.pid
            forking: true
            pidfile: two.pid
            restart: {on: failure, delay: 0s, max: 1}
          client: {run: "kill -KILL $(cat two.pid); until test -e again; do sleep 0.05; done", depends_on: [two]}
          alone:
            run: |
              setsid sleep 1000 &
              echo $! | tee alone.left >alone.pid
              exit 3
            forking: true
            pidfile: alone.pid
          after:
            run: kill -0 $(cat alone.left) && echo wrong; test -e alone.pid && echo wrong; echo over
            depends_on: {alone: completed}
    """)
    for _ in range(3):
        run.wait_for(BACKGROUND % b"two" + rb"|after \| over")
    run.signal(TERM)
    status, out, err = run.finish()
    assert status == -TERM and out.count(b"in the background") == 2, (status, out, err)
    assert b"wrong" not in out and b"fails | second" in out, out
    check_nothing_left()
