"""Pools whose workers run elsewhere: here through launchers that go nowhere, and lose what they have."""
import json
import os
import pathlib
import re
import signal
import struct
import subprocess
import time

from harness.parrun import PATIENCE, PROGRAM, Directory, Run, check_nothing_left, check_status, complete, until
from harness.processes import stat

HERE = """[sh, -c, 'exec "$0" "$@"']"""
MARK = b"\x16parrun\x02\xfeagent\x03\xff"


def scenario(command, rest, on=""):
    return f"pools:\n  p:\n    on: {{command: {command}{on}}}\n" + "".join(f"    {line}\n" for line in rest)


def parent(pid):
    return stat(pid)[2]


def read_when_whole(path):
    """The text of a file that a task writes, once its last line is there."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if path.exists() and (text := path.read_text()).endswith("\n"):
            return text
        time.sleep(0.01)
    raise AssertionError(f"{path} never came")


# The first time it runs it tells its worker and hangs; then it goes through.
HANGS_ONCE = ["workers: 1", "tasks: 1",
              "run: 'if [ -e hung ]; then echo done again; else echo $PPID >hung.new; mv hung.new hung; exec sleep 1000; fi'"]


def hanging(*arguments, rest=(), command=HERE):
    """A run whose only task hangs, and the pid of its worker."""
    run = Run(scenario(command, [*HANGS_ONCE, *rest]), "-v", *arguments)
    return run, int(read_when_whole(run.directory.path / "hung"))


def check_done_again(run, why):
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    assert re.search(rb"Task 0 was ended: its worker was lost: " + why, out), out
    assert b"done again\n" in out and b"failed" not in out and b"tried again" not in out, out
    check_nothing_left()


def test_tasks_run_there():
    directory = Directory()
    status, out, err = complete(scenario(HERE, [
        "workers: 4", "tasks: 6", "env: {WHAT: 'item ${{ item }}', FIXED: 'a b'}", "output: ordered",
        'run: echo "$WHAT $FIXED $PARRUN_NAME $PARRUN_WORKER" | sed "s/[1-4]$/N/"'], ", slots: 2"), "-v", "--report", "report.html", directory=directory)
    check_status(status, 0, out + err)
    for item in range(6):
        assert b"item %d a b p N\n" % item in out, out
    host = os.uname().nodename.encode()
    ready = re.findall(rb"Worker (\d) of pool p is ready on (.*) \(\d+\)\.", out)
    assert sorted(ready) == [(b"%d" % worker, host) for worker in (1, 2, 3, 4)], out
    lanes = re.search(r'"lanes":(\[\[.*?\]\])', (directory.path / "report.html").read_text())[1]
    assert sorted(json.loads(lanes)) == [[0, worker, host.decode()] for worker in (1, 2, 3, 4)], lanes
    check_nothing_left()


def test_all_bodies():
    status, out, err = complete("""
        queues:
          in: {items: [1, 2, 3]}
          out: {}
        pools:
          doubles:
            on: {command: [sh, -c, 'exec "$0" "$@"'], slots: 2}
            workers: 2
            tasks: {queue: in}
            setup: factor = 2
            produces: out
            lua: parrun.queue("out"):put(item * factor); io.stderr:write("beside\\n"); return item
            results: {file: results.jsonl}
          says:
            on: {command: [sh, -c, 'exec "$0" "$@"']}
            workers: 1
            tasks: {queue: out}
            exec: [printf, 'got %s\\n', "${{ item }}"]
          upper:
            on: {command: [sh, -c, 'exec "$0" "$@"']}
            workers: 1
            tasks: [a, b]
            coprocess: [sed, -u, 's/^/echoed /']
        """)
    check_status(status, 0, out + err)
    for line in (b"got 2\n", b"got 4\n", b"got 6\n", b"echoed a\n", b"echoed b\n"):
        assert line in out, (line, out)
    assert out.count(b"beside\n") == 3, out
    check_nothing_left()


# As ssh(1) is called and does: a login shell reads the line. What begins with "down" is no host.
SSH = """\
#!/bin/sh
while [ "$1" != -- ]; do shift; done
case $2 in down*) echo "connect to host $2: No route to host\r" >&2; exit 255;; esac
echo Welcome
HOST=$2; export HOST
shift 2
exec sh -c "$*"
"""


def with_ssh(name="ssh", program=SSH):
    directory = Directory()
    directory.file(name, program).chmod(0o755)
    return {"directory": directory, "env": {**os.environ, "PATH": f"{directory.path}:{os.environ['PATH']}"}}


def on_hosts(hosts):
    """Each task waits until both hosts that are up have one."""
    return f"""
        pools:
          p:
            on: {{ssh: {hosts}, slots: 2}}
            tasks: 8
            run: ': >"at $HOST"; until [ -e "at a" ] && [ -e "at bob@b" ]; do sleep 0.05; done; echo "done on $HOST"'
    """


def test_hosts_of_ssh():
    """Workers as the hosts have slots; one that is down is told, and holds up nobody."""
    status, out, err = complete(on_hosts("[a, down, bob@b]"), **with_ssh())
    check_status(status, 0, out + err)
    assert out.count(b"done on a\n") + out.count(b"done on bob@b\n") == 8, out
    assert re.search(rb"Worker [34] of pool p was lost: .*connect to host down: No route to host", out), out
    status, out, err = complete(on_hosts("[down1, down2]"), **with_ssh())
    check_status(status, 1, out + err)
    told = re.findall(rb"was lost: (.*)\n", out)
    assert sorted(told) == [b"host down%d cannot be reached: connect to host down%d: No route to host." % (i, i) for i in (1, 2)], out
    assert re.search(rb"0 tasks done; 8 were not done; its workers cannot be started, 5 times in a row: .*"
                     rb"connect to host down[12]: No route to host", out), out
    check_nothing_left()


def test_program_is_brought_along():
    """To the first directory that lets it run; nothing of it is left there while it does."""
    made = with_ssh()
    os.umask(0o022)
    cache = made["directory"].path / ".cache"
    cache.mkdir()
    made["env"] |= {"XDG_RUNTIME_DIR": "/nowhere", "HOME": str(made["directory"].path)}
    for on in ("ssh: [h1]", "command: [env]"):
        status, out, err = complete(f"""
            pools:
              p:
                on: {{{on}, bring: true}}
                workers: 1
                tasks: 1
                run: readlink /proc/$PPID/exe; ls {cache}; umask
            """, **made)
        check_status(status, 0, out + err)
        assert re.search(rb"\n%s/brought-\w+/parrun \(deleted\)\n0022\n" % os.fsencode(cache), out), out
        check_nothing_left()
    made["directory"].file("program", "#!/bin/sh\necho no library >&2; exit 127\n")
    status, out, err = complete("pools: {p: {on: {ssh: [h1], bring: true, program: ./program}, workers: 1, tasks: 1, run: x}}", **made)
    check_status(status, 1, out + err)
    assert b"host h1 starts no worker: its launcher ended with exit code 1: Welcome; no library" in out and not os.listdir(cache), out


def test_failures_are_the_tasks_own():
    """What ends by itself is no matter of the host: tried again, told with its code or signal, ended at its timeout."""
    status, out, err = complete(scenario(HERE, [
        "workers: 2", "tasks: [exit 3, kill -KILL $$, sleep 1000]", "timeout: 1s", "stop: {grace: 100ms}",
        "retry: {attempts: 2, delay: 0s}", 'exec: [sh, -c, "${{ item }}"]'], ", slots: 2"))
    check_status(status, 1, out + err)
    for line in (rb"Task 0 .*tried again.*exit code 3", rb"Task 0 .*failed: exit code 3",
                 rb"Task 1 .*failed: ended by signal KILL", rb"Task 2 .*timed out after 1s"):
        assert re.search(line, out), (line, out)
    check_nothing_left()


def test_greeting_is_passed_over():
    rest = ["workers: 1", "tasks: 1", "run: echo works"]
    command = """[sh, -c, 'printf "Welcome to n1\\nno newline"; echo warned >&2; exec "$0" "$@"']"""
    status, out, err = complete(scenario(command, rest), "-v")
    check_status(status, 0, out + err)
    for line in (b"is being started: Welcome to n1\n", b"is being started: no newline\n", b"is being started: warned\n",
                 b"works\n"):
        assert line in out, (line, out)
    status, out, err = complete(scenario(command, rest))
    check_status(status, 0, out + err)
    assert b"Welcome" not in out and b"warned" not in out, out


def check_never_starts(command, why, on="", rest=("workers: 1", "tasks: 1", "run: echo never")):
    status, out, err = complete(scenario(command, rest, on))
    check_status(status, 1, out + err)
    assert re.search(rb"its workers cannot be started, 5 times in a row: " + why, out), out
    assert b"never\n" not in out, out
    check_nothing_left()


def test_launcher_that_fails():
    check_never_starts("[no-such-launcher]", rb"program 'no-such-launcher' is not in the PATH")
    check_never_starts("""[sh, -c, 'echo first >&2; echo no route to host >&2; exit 255']""",
                       rb".*exit code 255: first; no route to host")


def test_failures_at_once_are_one():
    """Six launchers that fail at the same moment are no six in a row: each is started again, and works then."""
    command = """[sh, -c, 'echo >>starts; [ "$(wc -l <starts)" -gt 6 ] || { echo busy >&2; exit 3; }; exec "$0" "$@"']"""
    status, out, err = complete(scenario(command, ["workers: 6", "tasks: 6", "run: echo works"]))
    check_status(status, 0, out + err)
    assert out.count(b"works\n") == 6 and b"exit code 3: busy" in out, out
    check_nothing_left()


def test_host_that_does_not_answer():
    check_never_starts("[sh, -c, exec sleep 1000]", rb"it did not answer within 200ms, as 'timeout' of 'on' says", ", timeout: 200ms")
    check_never_starts("""[sh, -c, "exec yes 'Password:'"]""", rb"something else than a worker answers: Password:; ")


def hello(version=1, program="9.9.9"):
    def text(value):
        return struct.pack("<I", len(value)) + value.encode()
    fields = struct.pack("<BI", 165, version) + text(program) + text("n1") + text("") + struct.pack("<q", 1)
    return MARK + struct.pack("<I", len(fields)) + fields


def test_another_version():
    for said in (hello(), hello(99, "0.2.0")):
        directory = Directory()
        directory.file("hello", said)
        status, out, err = complete(scenario("[sh, -c, 'cat hello; sleep 1000']", ["tasks: 1", "workers: 1", "run: x"]),
                                    directory=directory)
        check_status(status, 1, out + err)
        assert re.search(rb"5 times in a row: parrun .* answers on n1, and this one is .*: both must be the same", out), out
        check_nothing_left()


def test_no_frames_behind_the_mark():
    directory = Directory()
    directory.file("hello", MARK + b"\xff" * 100)
    status, out, err = complete(scenario("[sh, -c, 'cat hello; sleep 1000']", ["tasks: 1", "workers: 1", "run: x"]),
                                directory=directory)
    check_status(status, 1, out + err)
    assert b"5 times in a row: what its host has sent is not what an agent sends" in out, out
    check_nothing_left()


def test_directory_is_not_there():
    check_never_starts(HERE, rb"on .*: cannot run in the directory '/nowhere/at/all' there: No such file",
                       rest=["workers: 1", "tasks: 1", "cwd: /nowhere/at/all", "lua: print('never')"])


def test_status_names_a_place_once():
    directory = Directory()
    run = Run(scenario(HERE, ["workers: 2", "tasks: 2", "run: echo $$ >up.$PARRUN_WORKER; exec sleep 1000"]), directory=directory)
    for worker in (1, 2):
        read_when_whole(run.directory.path / f"up.{worker}")
    said = subprocess.run([PROGRAM, "status", "-r", str(run.scenario)], capture_output=True, timeout=PATIENCE, check=False)
    assert f", on {os.uname().nodename} (2 starts);".encode() in said.stdout, said
    run.signal(signal.SIGTERM)
    run.finish()
    check_nothing_left()


def test_status_says_where():
    run, _ = hanging()
    said = subprocess.run([PROGRAM, "status", "--json", "-r", str(run.scenario)], capture_output=True, timeout=PATIENCE, check=False)
    row = json.loads(said.stdout)
    host = os.uname().nodename
    assert [(place["host"], place["workers"]) for place in row["hosts"]] == [(host, 1)] and f", on {host}" in row["doing"], row
    run.signal(signal.SIGTERM)
    run.finish()
    check_nothing_left()


def test_more_workers_than_a_machine_has():
    """-j and scale have the bound of the pool: it is a higher one elsewhere."""
    run, _ = hanging("-j", "1500")

    def scale(number):
        return subprocess.run([PROGRAM, "scale", "-r", str(run.scenario), f"p={number}"], capture_output=True, timeout=PATIENCE, check=False)
    assert b"is scaled from 1500 to 2000 workers" in scale(2000).stdout
    said = scale(16385)
    assert said.returncode == 2 and b"p cannot have 16385 workers: 0 to 16384 are possible" in said.stdout + said.stderr, said
    run.signal(signal.SIGTERM)
    run.finish()
    status, out, err = complete("pools: {p: {tasks: 1, run: echo never}}", "-j", "1500")
    assert status == 2 and b"pool 'p': 1500 workers, as --jobs says, and on this machine a pool has at most 1024" in err and not out, err
    check_nothing_left()


def test_agent_is_killed():
    """With its guard, which is the launcher here: the task is done again, without a try that counts."""
    run, worker = hanging()
    agent = parent(worker)
    os.kill(parent(agent), signal.SIGKILL)
    check_done_again(run, rb"the way to its host has ended, by signal KILL|its host .* was told to end it")


def test_agent_dies_below_its_guard():
    run, worker = hanging()
    os.kill(parent(worker), signal.SIGKILL)
    check_done_again(run, rb"the way to its host has ended, .*the agent was killed by SIGKILL")


def test_agent_is_silent():
    run, worker = hanging()
    os.kill(parent(worker), signal.SIGSTOP)
    check_done_again(run, rb"nothing was heard of its host .* for 4 seconds")


def test_who_was_not_run_judges_nobody():
    """A machine that has much to do, or sleeps, runs neither side for longer than silence may last."""
    run = Run(scenario(HERE, ["workers: 1", "tasks: 1", "run: 'echo $PPID >pid.new; mv pid.new pid; until [ -e go ]; do sleep 0.05; done; echo fine'"]), "-v")
    until((run.directory.path / "pid").exists, "the task")
    agent, runner = parent(int((run.directory.path / "pid").read_text())), run.runner()
    for pid in (runner, agent):
        os.kill(pid, signal.SIGSTOP)
    time.sleep(5)
    for pid in (agent, runner):
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.3)  # the agent, which hears nothing yet, looks
    run.directory.file("go", "")
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    assert b"fine\n" in out and b"lost" not in out, out
    check_nothing_left()


def test_all_of_a_job_is_told_to_end():
    """As a batch system does: the task's own end by that signal is none of its failures."""
    run, worker = hanging()
    agent = parent(worker)
    for task in pathlib.Path(f"/proc/{worker}/task/{worker}/children").read_text().split():
        os.kill(int(task), signal.SIGTERM)
    os.kill(worker, signal.SIGTERM)
    os.kill(agent, signal.SIGTERM)
    check_done_again(run, rb"its host .* was told to end it")


def test_worker_is_killed_below_its_agent():
    """That is no matter of the host: as at home."""
    run, worker = hanging(rest=["retry: {attempts: 2, delay: 0s}"])
    os.kill(worker, signal.SIGKILL)
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    assert b"Task 0 is tried again at once (attempt 2 of 2): its worker was lost: ended by signal KILL." in out, out
    check_nothing_left()


def test_task_that_takes_its_host_along():
    """Twice in a row, and it has failed."""
    run = Run(scenario(HERE, ["workers: 1", "tasks: 2", "output: lines",
                              "run: 'if [ ${{ item }} = 0 ]; then echo worker $PPID; exec sleep 1000; fi; echo fine'"]))
    for _ in range(2):
        worker = int(run.wait_for(rb"^worker (\d+)")[1])
        os.kill(parent(worker), signal.SIGKILL)
    status, out, err = run.finish()
    check_status(status, 1, out + err)
    assert re.search(rb"Task 0 failed: its worker was lost: ", out) and b"fine\n" in out, out
    check_nothing_left()


def test_runner_is_killed():
    run, _ = hanging()
    os.kill(run.runner(), signal.SIGKILL)
    run.finish()
    check_nothing_left()


def test_stopped_while_a_launcher_waits():
    run = Run(scenario("[sh, -c, 'echo waits >&2; exec sleep 1000']", ["workers: 3", "tasks: 3", "run: echo never"],
                       ", timeout: 0s"), "-v")
    run.wait_for(rb"is being started: waits")
    run.signal(signal.SIGINT)
    status, out, err = run.finish()
    check_status(status, -signal.SIGINT, out + err)
    check_nothing_left()


def test_secrets_stay_off_the_command_line():
    directory = Directory()
    command = """[sh, -c, '{ echo "$0 $*"; env; } >seen; exec "$0" "$@"']"""
    status, out, err = complete(
        "secrets: [TOKEN]\nenv: {TOKEN: hush-hush}\n" + scenario(command, [
            "workers: 1", "tasks: 1", 'run: test "$TOKEN" = hush-hush && echo "has $TOKEN"']), "-v", directory=directory)
    check_status(status, 0, out + err)
    assert b"hush" not in out and b"has " in out, out
    assert "hush" not in (directory.path / "seen").read_text()


# Its tasks go on until there is a file "go".
ELASTIC = ["workers: {least: 1, most: 3, idle: 100ms}", "tasks: {output: cat tasks}",
           "run: 'until [ -e go ]; do sleep 0.05; done'"]


def test_workers_come_and_go_with_the_tasks():
    directory = Directory()
    fifo = directory.fifo("tasks")
    run = Run(scenario(HERE, ELASTIC), "-v", directory=directory)
    with open(fifo, "wb", buffering=0) as tasks:
        run.wait_for(rb"Pool p starts 1 to 3 workers, as tasks wait\.")
        run.wait_for(rb"Worker 1 of pool p is ready on ")  # with nothing to do, as at least one is there
        tasks.write(b"a\nb\nc\nd\n")
        ready = {run.wait_for(rb"Worker (\d) of pool p is ready on ")[1] for _ in range(2)}
        assert ready == {b"2", b"3"}, run.seen
        directory.file("go", "")
        gone = {run.wait_for(rb"Worker (\d) of pool p ended \(\d+\): it has had no task for long\.")[1] for _ in range(2)}
        assert len(gone) == 2, run.seen
        tasks.write(b"e\n")
        run.wait_for(rb"Task 4 \(e\) runs")
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    assert out.count(b" runs ") == 5 and b"failed" not in out, out
    check_nothing_left()


def test_threads_come_and_go_with_the_tasks():
    directory = Directory()
    fifo = directory.fifo("tasks")
    run = Run("""
        pools:
          p:
            kind: thread
            workers: {least: 1, most: 3, idle: 100ms}
            tasks: {lines: tasks}
            lua: while not io.open("go") do parrun.sleep(0.02) end
    """, "-v", directory=directory)
    with open(fifo, "wb", buffering=0) as tasks:
        run.wait_for(rb"Pool p starts 1 to 3 workers, as tasks wait\.")
        tasks.write(b"a\nb\nc\nd\n")
        ready = {run.wait_for(rb"Worker (\d) of pool p is ready")[1] for _ in range(3)}
        assert ready == {b"1", b"2", b"3"}, run.seen
        directory.file("go", "")
        gone = {run.wait_for(rb"Worker (\d) of pool p ended.*: it has had no task for long\.")[1] for _ in range(2)}
        assert len(gone) == 2, run.seen
        tasks.write(b"e\n")
        run.wait_for(rb"Task 4 \(e\) runs")
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    assert out.count(b" runs ") == 5 and b"failed" not in out, out
    check_nothing_left()


def test_a_start_that_is_not_needed_any_more():
    """The second launcher never comes; when all tasks are done nobody waits for it."""
    status, out, err = complete(scenario("""[sh, -c, 'mkdir first 2>/dev/null && exec "$0" "$@"; exec sleep 1000']""",
                                         ["workers: 2", "tasks: 3", "run: echo done"], ", timeout: 0s"))
    check_status(status, 0, out + err)
    assert out.count(b"done\n") == 3, out
    check_nothing_left()


# As srun(1) of a job that ends in four seconds.
SRUN = """\
#!/bin/sh
while case $1 in -*) ;; *) false;; esac; do shift; done
SLURM_JOB_ID=7 SLURM_JOB_END_TIME=$(($(date +%s) + 4)) exec "$@"
"""


# As srun(1) of a job whose node dies while its task runs: it says so, and ends as if all were well.
SRUN_OF_A_DEAD_NODE = """\
#!/bin/sh
while case $1 in -*) ;; *) false;; esac; do shift; done
[ ! -e hung ] || exec "$@"
exec 3<&0
"$@" <&3 &
until [ -e hung ]; do sleep 0.05; done
read -r agent </proc/$!/task/$!/children
kill -KILL $agent
wait
echo 'srun: error: Node failure on n1' >&2
exit 0
"""


def test_srun_that_ends_well_with_a_dead_node():
    made = with_ssh("srun", SRUN_OF_A_DEAD_NODE)
    status, out, err = complete("pools:\n  p:\n    on: slurm\n" + "".join(f"    {line}\n" for line in HANGS_ONCE), "-v", **made)
    check_status(status, 0, out + err)
    assert re.search(rb"Task 0 was ended: its worker was lost: the way to its host has ended, with exit code 0.*Node failure on n1", out), out
    assert b"done again\n" in out and b"failed:" not in out and b"tried again" not in out, out
    check_nothing_left()


def test_job_that_ends_soon():
    """It gets one task, as another might not end. Told to go, it had all its time: the task needs more than there is."""
    status, out, err = complete("""
        pools:
          p:
            on: slurm
            workers: 1
            tasks: [a, b, c]
            run: |
              echo "did ${{ item }}"
              [ ${{ item }} != c ] || { read -r pid name state agent rest </proc/$PPID/stat; kill $agent; exec sleep 1000; }
        """, "-v", **with_ssh("srun", SRUN))
    check_status(status, 1, out + err)
    ended = re.findall(rb"Worker 1 of pool p ended \((\d+)\): its job ends before another task would\.", out)
    assert len(set(ended)) == 2 and all(out.count(b"\ndid %c\n" % item) == 1 for item in b"ab"), out
    assert re.search(rb"Task 2 \(c\).*: its worker was lost: its host .* was told to end it, after the task had all the time of a job", out), out
    check_nothing_left()
