"""throttle: {pressure: ...}, with a file of the test's own in the place of one of /proc/pressure."""
from harness.parrun import PROGRAM, Directory, Run, check_status, complete

SCENARIO = "pools: {p: {tasks: 2, workers: 1, throttle: {pressure: {%s: 20%%}}, run: 'true'}}"
SAYS = "some avg10=%s avg60=0.00 avg300=0.00 total=1\n"


def start(resource, planted):
    """The planted file, and parrun in a mount namespace in which it stands for the kernel's."""
    directory = Directory()
    path = directory.file("planted", planted)
    directory.file("start", f"mount --bind planted /proc/pressure/{resource} && exec {PROGRAM} -v $1\n")
    return path, Run(SCENARIO % resource, "--mount", "--map-root-user", "sh", "start",
                     directory=directory, executable="/usr/bin/unshare")


def check_waits(resource, told):
    planted, run = start(resource, SAYS % "20.01")
    run.wait_for(told)
    with open(planted, "r+", encoding="ascii") as file:  # in place: it is the file that is mounted
        file.write(SAYS % "20.00")
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    assert out.count(b" runs ") == 2 and out.index(told) < out.index(b" runs "), out
    assert err == b"", err


def test_cpu():
    check_waits("cpu", b"programs wait for a core more than throttle allows")


def test_memory():
    check_waits("memory", b"programs wait for memory more than throttle allows")


def test_io():
    check_waits("io", b"programs wait for disks more than throttle allows")


def test_no_pressure_is_told():
    """The tasks run as if the throttle did not look at it."""
    status, out, err = start("io", "")[1].finish()
    check_status(status, 0, out + err)
    assert err == (b"parrun: warning: pool 'p' is not throttled by pressure: /proc/pressure/io "
                   b"cannot be read; Linux has it where psi=1 was given at its start\n"), err
    assert out.count(b" runs ") == 2, out


def test_more_memory_than_there_is():
    """Such a pool would wait for ever: nothing is started. The file itself is fine, for another machine."""
    text = "pools: {p: {tasks: 1, throttle: {memory_free: 900000G}, run: 'true'}}"
    status, out, err = complete(text)
    check_status(status, 2, out + err)
    assert b"scenario.yaml:1:9: error: pool 'p' can never begin a task: its throttle wants 900000G free" in err, err
    assert not out
    check_status(complete(text, "check")[0], 0)
