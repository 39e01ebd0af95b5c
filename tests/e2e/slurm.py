"""Pools whose workers Slurm starts: on a real cluster, which is this machine alone."""
import os
import pathlib
import re
import signal
import subprocess

from harness.parrun import PATIENCE, PROGRAM, Directory, Run, check_status, complete, mark, until
from harness.processes import children, kill_all, stat, survivors
from harness.slurm import CPUS, NODES, Cluster


def pool(slurm, *rest, slots=1):
    return f"pools:\n  p:\n    on: {{slots: {slots}, slurm: {slurm}}}\n" + "".join(f"    {line}\n" for line in rest)


def parent(pid):
    return stat(pid)[2]


def check_gone(cluster):
    """Nothing of parrun is left, here or as a job."""
    cluster.empty()
    until(lambda: not [left for left in survivors() if "parrun" in left or "srun" in left], f"nothing of it: {survivors()}")


@mark("release")
def test_as_at_home():
    """Output, results, failures and retries are those of the same pool without `on`."""
    rest = ["workers: 8", "tasks: 40", "retry: {attempts: 2, delay: 0s}", "output: ordered", "env: {WHAT: 'a b'}",
            "run: 'echo \"$WHAT ${{ item }} $PARRUN_ATTEMPT\"; echo beside >&2; [ ${{ item }} != 7 ]'"]
    here = complete("pools:\n  p:\n" + "".join(f"    {line}\n" for line in rest))
    check_status(here[0], 1, here[1] + here[2])
    with Cluster() as cluster:
        # What is left of another job in this environment is none of these jobs' business.
        strange = {**os.environ, "SLURM_NTASKS": "7", "SLURM_MEM_PER_CPU": "1", "SLURM_MEM_PER_NODE": "2", "SLURM_CPUS_PER_TASK": "3",
                   "SLURM_DEBUG": "2", "SRUN_CPUS_PER_TASK": "9"}
        there = complete(pool("{cpus: 3, time: 30s, options: [--partition, main, --mem=10M]}", *rest, slots=2), "-v", env=strange)
        check_status(there[0], 1, there[1] + there[2])
        ready = re.findall(rb"Worker \d of pool p is ready on \S+ \(\d+\)\.", there[1])
        assert ready, there[1]

        def lines(text):
            return sorted(line for line in text.splitlines() if re.match(rb"(a b|beside|.*Task 7 )", line))
        assert lines(here[1]) == lines(there[1]), (here[1], there[1])
        asked = cluster.ask("squeue", "-h", "-t", "all", "-o", "%j %C %l %P").split("\n")
        assert all(re.fullmatch(r"parrun-\S+-p-[1-4] [34] 1:00 main", job) for job in asked if job), asked  # CPUs come by cores
        check_gone(cluster)
        # A node that does not have the program gets it, and does not keep it.
        status, out, err = complete(pool("{}, bring: true", "workers: 2", "tasks: 2", "run: ls -l /proc/$(ps -o ppid= $PPID | tr -d ' ')/exe"))
        check_status(status, 0, out + err)
        copies = re.findall(rb"/exe -> (/tmp/brought-parrun-\S+-p-[12]) \(deleted\)$", out, re.M)
        assert len(copies) == 2 and not any(map(os.path.exists, copies)), out
        # Within an allocation the workers are its steps, and share what it has.
        directory = Directory()
        directory.file("scenario.yaml", pool("{cpus: 2}", "workers: 4", "tasks: 4", 'run: \'echo "in $SLURM_JOB_ID.$SLURM_STEP_ID"; '
                                             ': >${{ item }}; until [ -e 0 ] && [ -e 1 ] && [ -e 2 ] && [ -e 3 ]; do sleep 0.05; done\''))
        done = subprocess.run(["salloc", "-Q", "-N2", "-n2", "-c4", "--mem=100M", PROGRAM, "scenario.yaml"], cwd=directory.path,
                              capture_output=True, timeout=PATIENCE, check=False)
        check_status(done.returncode, 0, done.stdout + done.stderr)
        steps = sorted(re.findall(rb"^in (\d+)\.(\d+)$", done.stdout, re.M))
        assert len(steps) == 4 and len({job for job, _ in steps}) == 1 and len(set(steps)) == 4, done.stdout
        check_gone(cluster)


@mark("release")
def test_a_job_that_goes_on_in_the_next():
    """The recipe: a run within a job that is ended before its limit, and the rest of it in another."""
    with Cluster() as cluster:
        directory = Directory()
        directory.file("sims.yaml", """\
            pools:
              p:
                workers: 2
                tasks: 6
                stop: {grace: 0s}
                run: 'echo ${{ item }} >>begun; [ ${{ item }} -lt 3 ] || [ -e go ] || sleep 1000; echo ${{ item }} >>done'
            """)
        script = directory.file("job", f"""\
            #!/bin/sh
            #SBATCH --job-name=sims --dependency=singleton --cpus-per-task=2
            exec {PROGRAM} run --journal sims.db --resume sims.yaml
            """)
        first = cluster.ask("sbatch", "--parsable", f"--chdir={directory.path}", str(script)).strip()
        assert cluster.ask("sbatch", "--parsable", f"--chdir={directory.path}", str(script)).strip(), "two jobs"
        until(lambda: len((directory.path / "begun").read_text().split()) == 5 if (directory.path / "begun").exists() else False, "five tasks")
        directory.file("go", "")
        cluster.ask("scancel", "--batch", "--signal=TERM", first)
        cluster.empty()
        assert sorted((directory.path / "done").read_text().split()) == [str(item) for item in range(6)], cluster.logs()
        check_gone(cluster)


# The first time it runs it tells its worker and hangs; then it goes through.
HANGS_ONCE = ("workers: 1", "tasks: 1",
              "run: 'if [ -e hung ]; then echo done again; else echo $PPID $SLURM_JOB_ID >hung.new; mv hung.new hung; exec sleep 1000; fi'")


def hanging(*arguments, slurm="{}"):
    """A run whose only task hangs; the pid of its worker, and the job."""
    run = Run(pool(slurm, *HANGS_ONCE), "-v", *arguments)
    until((run.directory.path / "hung").exists, "the task")
    worker, job = (run.directory.path / "hung").read_text().split()
    return run, int(worker), job


def check_done_again(run, why):
    status, out, err = run.finish()
    check_status(status, 0, out + err)
    assert re.search(rb"Task 0 was ended: its worker was lost: " + why, out), out
    assert b"done again\n" in out and b"failed" not in out and b"tried again" not in out, out


def launcher_of(run):
    """The srun that the runner has started."""
    return until(lambda: [pid for pid in children(run.runner()) if (stat(pid) or "?")[0] == "srun"], "srun")[0]


@mark("release")
def test_what_is_lost_is_done_again():
    """Without a try that counts, whoever of them dies."""
    with Cluster() as cluster:
        run, worker, _ = hanging()
        os.kill(parent(worker), signal.SIGKILL)
        check_done_again(run, rb"the way to its host has ended, ")
        run, _, _ = hanging()
        os.kill(launcher_of(run), signal.SIGKILL)
        check_done_again(run, rb"the way to its host has ended, by signal KILL")
        run, _, job = hanging()
        cluster.ask("scancel", job)
        check_done_again(run, rb"its host \S+ was told to end it")
        run, worker, job = hanging()  # a node that is frozen: nobody but the signs of life tells it
        frozen = [parent(worker), parent(parent(worker)), parent(parent(parent(worker)))]
        assert stat(frozen[2])[0].startswith("slurmstepd"), frozen
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        run.wait_for(rb"nothing was heard of its host \S+ for 4 seconds")
        until(lambda: job not in cluster.jobs("%i", "-t", "R,PD"), "the end of its job")
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
        check_done_again(run, rb"nothing was heard of its host \S+ for 4 seconds")
        run = Run(pool("{}", "workers: 4", "tasks: 40", "run: sleep 0.1; echo worked"), "-v")
        run.wait_for(rb"is ready on")
        cluster.stop("slurmctld")
        run.wait_for(rb"worked")
        cluster.start("slurmctld", "-D")
        status, out, err = run.finish()
        check_status(status, 0, out + err)
        assert out.count(b"worked\n") == 40 and b"lost" not in out, out
        check_gone(cluster)


@mark("release")
def test_what_a_site_may_do_to_it():
    """Time limits, nodes that go down or start nothing, refusals, no room and no directory there."""
    with Cluster() as cluster:
        limited, _, job = hanging(slurm="{time: 1h, options: [--nodelist=n1]}")  # Slurm looks at limits every 30 seconds: meanwhile the others
        cluster.update(f"JobId={job}", "EndTime=now")
        # A node that goes down with all that runs there.
        run, worker, job = hanging(slurm="{options: [--exclude=n1]}")
        node = cluster.ask("squeue", "-h", "-j", job, "-o", "%N").strip()
        stepd = parent(parent(parent(worker)))
        assert stat(stepd)[0].startswith("slurmstepd"), stat(stepd)
        cluster.update(f"NodeName={node}", "State=DRAIN", "Reason=test")  # nothing else goes there
        kill_all(cluster.daemons[node].pid, stepd, parent(parent(worker)), parent(worker), worker)
        check_done_again(run, rb"")
        # A node on which nothing can be started, the first that has failed twice: it is left out, and costs the pool nothing but time.
        directory = Directory()
        program = directory.file("program", f"""\
            #!/bin/sh
            cd {directory.path}
            if ! [ -e broken ]; then
                echo >>$SLURMD_NODENAME
                [ $(wc -l <$SLURMD_NODENAME) = 1 ] || echo $SLURMD_NODENAME >broken
                exit 3
            fi
            [ $(cat broken) != $SLURMD_NODENAME ] || exit 3
            exec {PROGRAM} "$@"
            """)
        program.chmod(0o755)
        status, out, err = complete(f"pools: {{p: {{on: {{slurm: , program: {program}}}, workers: 1, tasks: 1, run: 'echo on $SLURMD_NODENAME.'}}}}")
        check_status(status, 0, out + err)
        broken = (directory.path / "broken").read_bytes().strip()
        assert re.search(rb"was lost: its launcher ended with exit code 3: srun: error: %s: task 0: Exited with exit code 3, "
                         rb"so that node %s is left out from now on" % (broken, broken), out), out
        assert re.search(rb"^on n\d\.$", out, re.M) and b"on %s." % broken not in out, out
        # What is refused ends the pool with the words of who says so.
        status, out, err = complete(pool("{options: [--partition=closed, --account=mine]}", "workers: 1", "tasks: 1", "run: echo never"))
        check_status(status, 1, out + err)
        assert re.search(rb"its workers cannot be started, 5 times in a row: .*srun: error: .*Invalid account or account/partition combination specified",
                         out), out
        # No directory and no room there are the task's own affair.
        status, out, err = complete(pool("{}", "workers: 1", "tasks: 1", "run: echo never", "cwd: /nowhere/at/all"))
        check_status(status, 1, out + err)
        assert b"Task 0 failed: cannot run in '/nowhere/at/all': no such directory." in out, out
        room = directory.path / "room"
        room.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", room], check=True)
        try:
            status, out, err = complete(pool("{}", "workers: 1", "tasks: 2", f"cwd: {room}",
                                             "run: 'dd if=/dev/zero of=file bs=1k count=${{ item * 1000 + 1 }} status=none'"))
        finally:
            subprocess.run(["umount", room], check=True)
        check_status(status, 1, out + err)
        assert b"No space left on device" in out and re.search(rb"Task 1 .*failed", out) and not re.search(rb"Task 0 .*failed", out), out
        check_done_again(limited, rb"(its host \S+ was told to end it|the way to its host has ended)")
        check_gone(cluster)


def test_nothing_is_left_in_the_queue():
    """Whoever ends the run, and however: what runs ends, and what waits is taken back."""
    with Cluster() as cluster:
        full = pool("{cpus: %d}" % CPUS, f"workers: {NODES + 2}", f"tasks: {NODES + 2}", "run: echo runs; exec sleep 1000", slots=1)
        for end in ("interrupt", "kill the runner", "kill both"):
            run = Run(full, "-v")
            until(lambda: sorted(cluster.jobs("%T").split()) == ["PENDING"] * 2 + ["RUNNING"] * NODES, "four that run, two that wait")
            if end == "interrupt":
                run.wait_for(rb"Pool p waits for Slurm: 2 starts of workers have not come: (Resources|Priority)")
                run.signal(signal.SIGINT)
                run.wait_for(rb"Stopping")
                run.signal(signal.SIGINT)
            else:
                kill_all(*([run.guard] if end == "kill both" else []), run.runner())
            status, out, err = run.finish()
            assert status == (-signal.SIGINT if end == "interrupt" else -signal.SIGKILL), (end, status, out, err)
            check_gone(cluster)
        status, out, err = complete(pool("{cpus: 100}", "workers: 2", "tasks: 2", "run: echo never"))
        check_status(status, 1, out + err)
        assert re.search(rb"its workers cannot be started, 5 times in a row: .*srun: error: .*: More processors requested than permitted", out), out
        check_gone(cluster)
