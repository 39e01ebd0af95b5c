"""Some objects of a scenario alone, by --only."""
from harness.parrun import TERM, Run, check_nothing_left, check_status, complete, mark

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


@mark("tsan")
def test_only_these_and_nothing_that_they_depend_on():
    for names, said in (("api", {"api"}), ("test", {"test"}), ("api,web", {"api", "web"}), ("web,t", {"web", "t"})):
        status, out, err = complete(SCENARIO, "--only", names, "--no-deps")
        check_status(status, 0, out + err)
        assert ran(out) == said and not err, (names, out, err)
        check_nothing_left()
    # What is left of the dependencies is waited for.
    order = complete(SCENARIO, "--no-deps", "--only=web,api")[1]
    assert order.index(b"api | api") < order.index(b"Process web will start"), order


def test_a_daemon_that_is_named_runs_until_it_is_stopped():
    for arguments in (["db"], ["db", "--no-deps"]):
        run = Run(SCENARIO, "--only", *arguments)
        run.wait_for(b"db up")
        run.signal(TERM)
        status, out, err = run.finish()
        assert status == -TERM and b"Stopping: signal TERM." in out, (status, out, err)
        check_nothing_left()


def test_those_named_decide_where_who_decides_is_left_out():
    text = """
        success: [all]
        processes: {all: {run: "true"}, part: {run: "false"}}
    """
    assert complete(text)[0] == 0
    assert complete(text, "--only", "part")[0] == 1
    assert complete(text, "--only", "part,all")[0] == 0


def test_a_queue_without_an_end():
    for names, said in (("eat", b"nothing puts into queue 'q', which 'eat' takes from: --only leaves out 'feed'"),
                        ("feed", b"nothing takes from queue 'q', which 'feed' puts into: --only leaves out 'eat'")):
        err = complete(SCENARIO, "--only", names)[2]
        assert err == b"parrun: warning: " + said + b"\n", err
    assert not complete(SCENARIO, "--only", "feed,eat")[2]
    fed = """
        queues: {q: {items: [x]}, d: {durable: q.db}}
        processes:
          feed: {run: echo, stdout: {queue: q}}
          eat: {run: cat, stdin: {queue: q}}
          store: {run: echo, stdout: {queue: d}}
          load: {run: cat, stdin: {queue: d}}
    """
    assert not complete(fed, "--only", "eat,store")[2]


def test_what_is_left_out_needs_nothing_of_the_machine():
    """Its user need not be there."""
    text = "processes: {other: {run: echo, user: nobody-of-this-name}, it: {run: echo it}}"
    assert complete(text)[0] == 2
    status, out, err = complete(text, "--only", "it")
    check_status(status, 0, out + err)


def test_only_in_a_dry_run():
    status, out, err = complete(SCENARIO, "plan", "--only", "api")
    check_status(status, 0, out + err)
    assert b"echo api" in out and b"echo web" not in out, out


def test_only_what_is_not_there():
    for name, said in (("ap", b"there is no 'ap', did you mean 'api'?"), ("q", b"'q' is a queue: name what uses it"),
                       ("api,nothing", b"there is no 'nothing', see parrun list"), ("", b"there is no ''")):
        status, out, err = complete(SCENARIO, "--only", name)
        check_status(status, 2, out + err)
        assert said in err and not out, (name, out, err)
    status, out, err = complete(SCENARIO, "check", "--only", "api")
    check_status(status, 2, out + err)
    assert b"--only goes with run and plan, not with check: see parrun help check" in err, err
