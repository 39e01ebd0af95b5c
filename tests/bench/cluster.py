"""A pool whose workers Slurm starts, against the same one at home, and against the other ways that a cluster has."""
import concurrent.futures
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import e2e, isolation
from harness.slurm import CPUS, NODES, Cluster

PARRUN = os.environ["PARRUN"]
ROUNDS = 5
SHARE = 8  # seconds that one of them takes, here and there: with fewer it is told how long Slurm takes to start a job
OTHERS = 4  # seconds that each of the other ways is looked at
TASKS = 500, 20000  # of a round: at least, of which the time says how many it is; and at most
ARRAY = 1000  # as long as Slurm has it where nobody says more
SLOTS = NODES * CPUS

POOL = """\
pools:
  p:
    workers: {workers}
    tasks: {tasks}
    output: discard
    exec: [/bin/true, "${{{{ item }}}}"]
"""
LAUNCHERS = """\
pools:
  p:
    on: {{command: [sh, -c, 'exec "$0" "$@"'], slots: {slots}, timeout: 60s}}
    workers: {workers}
    tasks: {workers}
    exec: [sleep, 1000]
"""


def timed(*argv):
    began = time.monotonic()
    subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - began


def here(tasks):
    pathlib.Path("pool.yaml").write_text(POOL.format(workers=SLOTS, tasks=tasks))
    return timed(PARRUN, "--log", "here.log", "pool.yaml")


def there(tasks):
    pathlib.Path("pool.yaml").write_text(POOL.format(workers=SLOTS, tasks=tasks))
    return timed(PARRUN, "--log", "there.log", "--on", f"{{slurm: , slots: {CPUS}}}", "pool.yaml")


def time_of_a_step():
    """Seconds that each takes of tasks that are a srun of their own, as many at a time as there are places."""
    began = time.monotonic()

    def work(_):
        done = 0
        while not done or time.monotonic() < began + OTHERS:
            timed("srun", "-Q", "-N1", "-n1", "/bin/true")
            done += 1
        return done
    with concurrent.futures.ThreadPoolExecutor(SLOTS) as threads:
        done = sum(threads.map(work, range(SLOTS)))
    return (time.monotonic() - began) / done


def time_in_an_array(cluster):
    """The same of the tasks of a job array."""
    began = time.monotonic()
    job = cluster.ask("sbatch", "--parsable", "-o", "/dev/null", f"--array=1-{ARRAY}", "--wrap", "/bin/true").strip()
    left = ARRAY
    while left == ARRAY or (left and time.monotonic() < began + OTHERS):
        time.sleep(0.2)
        left = len(cluster.ask("squeue", "-h", "-r", "-j", job, "-t", "PD,CF,R,CG", "-o", "%i").split())
    took = time.monotonic() - began
    cluster.ask("scancel", job)
    return took / (ARRAY - left)


def first_task():
    """Milliseconds from the start of a run to the end of its first task on a node, the run's own end in it."""
    pathlib.Path("one.yaml").write_text(POOL.format(workers=1, tasks=1))
    return statistics.median(timed(PARRUN, "--log", "one.log", "--on", "slurm", "one.yaml") for _ in range(ROUNDS)) * 1000


def of_runner(workers, slots):
    """What the runner has used when that many workers have begun, so many of them behind each launcher."""
    pathlib.Path("many.yaml").write_text(LAUNCHERS.format(workers=workers, slots=slots))
    process = subprocess.Popen([PARRUN, "run", "-v", "many.yaml"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    begun = 0
    while begun < workers:
        line = process.stdout.readline()
        assert line, f"{begun} of {workers} workers have begun"
        begun += line.startswith(b"Run task")
    runner = min(int(pid) for pid in pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split())
    status = pathlib.Path(f"/proc/{runner}/status").read_text()
    used = sum(map(int, pathlib.Path(f"/proc/{runner}/stat").read_text().rpartition(")")[2].split()[11:13])) / os.sysconf("SC_CLK_TCK")
    process.terminate()
    process.communicate()
    return {"peak_kib": int(status.split("VmHWM:")[1].split()[0]), "cpu_us": used * 1e6 / workers}


def rows_on_slurm():
    with Cluster() as cluster:
        tasks = max(TASKS[0], min(TASKS[1], int(TASKS[0] * SHARE / here(TASKS[0])) // 100 * 100))
        work = f"{tasks:,} times /bin/true, {SLOTS} at a time, on {NODES} nodes of Slurm that are this machine"
        pairs = [(here(tasks), there(tasks)) for _ in range(ROUNDS)]
        took = statistics.median(far for _, far in pairs)
        yield {"work": work, "side": "on slurm", "wall_ms": took * 1000}
        yield {"work": work, "side": "at home", "wall_ms": statistics.median(near for near, _ in pairs) * 1000,
               "wall_ratio": statistics.median(near / far for near, far in pairs)}
        for side, each in (("srun a task", time_of_a_step()), ("a job array", time_in_an_array(cluster))):
            yield {"work": work, "side": f"{side} (from {OTHERS} s)", "wall_ms": each * tasks * 1000, "wall_ratio": each * tasks / took}
        yield {"work": "a run of one task on slurm", "side": "parrun", "wall_ms": first_task()}
    for workers, slots in ((100, 1), (1000, 20)):
        yield {"work": f"{workers:,} workers elsewhere, {slots} to a launcher", "side": "the runner alone, CPU of each", **of_runner(workers, slots)}


def rows():
    """What rows_on_slurm() yields in a pid namespace of its own: however this ends, nothing of Slurm is left."""
    why = e2e.missing("slurmctld") or (None if isolation.prefix() else "there is no pid namespace to be had")
    if why:
        print(f"cluster: {why}", file=sys.stderr)
        yield {"bench": "cluster", "work": "on nodes of Slurm", "side": "on slurm", "missing": True}
        return
    with tempfile.TemporaryDirectory(prefix="bench.") as directory:
        os.chmod(directory, 0o755)  # or munged refuses to have its socket in it
        argv = ["setpriv", "--pdeathsig", "KILL", *isolation.prefix(), sys.executable, "-B", "-S", __file__]
        with subprocess.Popen(argv, cwd=directory, env={**os.environ, "TMPDIR": directory}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, start_new_session=True) as process:
            try:
                for line in process.stdout:
                    yield {"bench": "cluster", **json.loads(line)}
            finally:
                process.kill()
    if process.returncode not in (0, -9):
        raise RuntimeError(f"it ended with {process.returncode}")


if __name__ == "__main__":
    for found in rows_on_slurm():
        print(json.dumps(found), flush=True)
