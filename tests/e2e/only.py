"""Some objects of a scenario alone, by --only."""
from harness.parrun import check_nothing_left, check_status, complete, mark

SCENARIO = """
    queues: {q: {}}
    processes:
      db: {run: "echo db up; exec sleep 1000", daemon: true, ready: {log: up}}
      api: {run: echo api, depends_on: db}
      web: {run: echo web, depends_on: api}
      feed: {run: echo x, stdout: {queue: q}}
      eat: {run: cat; echo no more, stdin: {queue: q}}
    pools:
      test: {tasks: 2, run: "echo test ${{ item }}", depends_on: [api]}
    threads:
      t: {lua: print("thread")}
"""


def ran(out):
    """What has said something."""
    words = {"db": b"db up", "api": b"api | api", "web": b"web | web", "eat": b"no more",
             "test": b"test 0", "t": b"thread t >>> thread"}
    return {name for name, text in words.items() if text in out}


@mark("tsan")
def test_only_these_and_what_they_depend_on():
    for arguments, names in ((["api"], {"db", "api"}), (["test"], {"db", "api", "test"}),
                             (["t,eat"], {"t", "eat"}), (["t", "web"], {"t", "web", "api", "db"})):
        words = [word for argument in arguments for word in ("--only", argument)]
        status, out, err = complete(SCENARIO, *words)
        check_status(status, 0, out + err)
        assert ran(out) == names, (arguments, out)
        assert (b"Process web skipped: --only leaves it out.\n" in out) == ("web" not in names), out
        check_nothing_left()


def test_only_in_a_dry_run():
    status, out, err = complete(SCENARIO, "--dry-run", "--only", "api")
    check_status(status, 0, out + err)
    assert b"echo api" in out and b"echo web" not in out, out


def test_only_what_is_not_there():
    for name, said in (("ap", b"there is no 'ap', did you mean 'api'?"), ("q", b"'q' is a queue: name what uses it"),
                       ("api,nothing", b"there is no 'nothing', see --list"), ("", b"there is no ''")):
        status, out, err = complete(SCENARIO, "--only", name)
        check_status(status, 2, out + err)
        assert said in err and not out, (name, out, err)
    status, out, err = complete(SCENARIO, "--check", "--only", "api")
    check_status(status, 2, out + err)
    assert b"--only goes with a run, or --dry-run" in err, err
