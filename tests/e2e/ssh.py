"""Pools on hosts of ssh: a real server of it on this machine, under several names."""
import os
import re
import signal

from harness.parrun import Run, check_nothing_left, check_status, complete, mark, until
from harness.processes import children, kill_all, stat, survivors
from harness.sshd import Server


def pool(hosts, *rest, slots=1):
    return f"pools:\n  p:\n    on: {{ssh: {hosts}, slots: {slots}}}\n" + "".join(f"    {line}\n" for line in rest)


# The first time it runs it tells its worker and hangs; then it goes through.
HANGS_ONCE = ("workers: 1", "tasks: 1",
              "run: 'if [ -e hung ]; then echo done again; else echo $PPID >hung.new; mv hung.new hung; exec sleep 1000; fi'")


def parent(pid):
    return stat(pid)[2]


def hanging(server):
    run = Run(pool("[a]", *HANGS_ONCE), "-v", env=server.env)
    until((run.directory.path / "hung").exists, "the task")
    return run, int((run.directory.path / "hung").read_text())


def check_done_again(run, why):
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    assert re.search(rb"Task 0 was ended: its worker was lost: " + why, out), out
    assert b"done again\n" in out and b"failed" not in out and b"tried again" not in out, out


@mark("release")
def test_hosts_that_are_there_do_the_tasks():
    """Those that are not, or are not who they were, are told, and hold up nobody."""
    with Server() as server:
        # Each of the two that are there has a task at least: it waits for the other.
        status, out, err = complete(pool("[a, down, changed, b]", "tasks: 12", "env: {WHAT: 'a b'}", "output: ordered",
                                         "run: ': >$PARRUN_WORKER; until [ -e 1 ] && [ -e 4 ]; do sleep 0.05; done; echo \"$WHAT ${{ item }}\"'"),
                                    "-v", env=server.env)
        check_status(status, 0, out + err)
        assert re.findall(rb"^a b (\d+)$", out, re.M) == [b"%d" % item for item in range(12)], out
        assert re.search(rb"Worker 2 of pool p was lost: .*connect to host 127.0.0.1 port \d+: Connection refused", out), out
        assert re.search(rb"Worker 3 of pool p was lost: .*Host key verification failed", out), out
        # A server refuses whom it does not know yet, beyond so many.
        status, out, err = complete(pool("[a]", "workers: 14", "tasks: 14", "run: 'true'"), env=server.env)
        check_status(status, 0, out + err)
        assert b"was lost" not in out, out
        status, out, err = complete(pool("[changed]", "tasks: 1", "run: echo never"), env=server.env)
        check_status(status, 1, out + err)
        assert re.search(rb"its workers cannot be started, 5 times in a row: .*Host key verification failed", out), out
    check_nothing_left()


BRINGS = "pools: {p: {on: {ssh: [a], bring: true}, workers: 1, tasks: 1, run: 'readlink /proc/$PPID/exe'}}"


@mark("release")
def test_program_is_brought_along():
    """Whole, or it is not run; to a machine of the same kind; and nothing of it stays there."""
    with Server() as server:
        there = server.path / "there"
        status, out, err = complete(BRINGS, env=server.env)
        check_status(status, 0, out + err)
        assert re.search(rb"\n%s/brought-\w+/parrun \(deleted\)\n" % os.fsencode(there), out), out
        until(lambda: not list(there.glob("brought-*")), "the end of the copy")
        # The first connection is cut in the middle of the copy.
        ssh = server.path / "bin" / "ssh"
        whole = ssh.read_text()
        ssh.write_text(whole.replace("#!/bin/sh\n", f"#!/bin/sh\n[ -e {server.path}/cut ] || {{ : >{server.path}/cut; head -c 300000 | \"$0\" \"$@\"; exit; }}\n"))
        status, out, err = complete(BRINGS, "-v", env=server.env)
        check_status(status, 0, out + err)
        assert re.search(rb"Worker 1 of pool p was lost: host a starts no worker: its launcher ended with exit code 1", out), out
        assert re.search(rb"brought-\w+/parrun \(deleted\)\n", out), out
        until(lambda: not list(there.glob("brought-*")), "the end of half a copy")
        ssh.write_text(whole)
        server.directory.file("far/uname", "#!/bin/sh\necho riscv64\n").chmod(0o755)
        status, out, err = complete(BRINGS, env=server.env)
        check_status(status, 1, out + err)
        assert re.search(rb"5 times in a row: its host is riscv64, and parrun here is for \w+: 'program' may name one for it", out), out
        until(lambda: not list(there.glob("brought-*")), "the end of directories for it")
    check_nothing_left()


@mark("release")
def test_what_is_lost_is_done_again():
    with Server() as server:
        run, worker = hanging(server)
        os.kill(parent(worker), signal.SIGKILL)
        check_done_again(run, rb"the way to its host has ended, ")
        run, _ = hanging(server)  # nothing comes any more, and nothing says why
        sessions = children(server.daemon.pid)
        sessions += [child for session in sessions for child in children(session) if stat(child)[0] == "sshd"]
        for pid in sessions:
            os.kill(pid, signal.SIGSTOP)
        run.wait_for(rb"nothing was heard of its host \S+ for 4 seconds")
        for pid in sessions:
            os.kill(pid, signal.SIGCONT)
        check_done_again(run, rb"nothing was heard of its host \S+ for 4 seconds")
        run, _ = hanging(server)
        kill_all(run.guard, run.runner())
        run.finish()
    until(lambda: not survivors(), "the end of what runs there")
