"""A pool whose workers Slurm starts, against the same one at home, and against the other ways that a cluster has."""
import os
import pathlib
import statistics
import subprocess
import time

from harness.slurm import CPUS, NODES, Cluster

PARRUN = os.environ["PARRUN"]
TASKS = 20000
STEPS = 200  # of what takes far longer for each
ROUNDS = 3

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
    on: {command: [sh, -c, 'exec "$0" "$@"']}
    workers: 100
    tasks: 100
    exec: [sleep, 1000]
"""


def timed(*argv):
    began = time.monotonic()
    subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - began


def first_task():
    """Milliseconds from the start of a run to the end of its first task on a node, the run's own end in it."""
    pathlib.Path("one.yaml").write_text(POOL.format(workers=1, tasks=1))
    return statistics.median(timed(PARRUN, "--log", "one.log", "--on", "slurm", "one.yaml") for _ in range(ROUNDS)) * 1000


def peak_of_runner():
    """KiB that the runner has with a hundred workers, each behind a launcher of its own."""
    pathlib.Path("many.yaml").write_text(LAUNCHERS)
    process = subprocess.Popen([PARRUN, "run", "-v", "many.yaml"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    begun = 0
    while begun < 100:
        begun += process.stdout.readline().startswith(b"Run task")
    runner = min(int(pid) for pid in pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split())
    status = pathlib.Path(f"/proc/{runner}/status").read_text()
    process.terminate()
    process.communicate()
    return int(status.split("VmHWM:")[1].split()[0])


def rows():
    slots = NODES * CPUS
    pathlib.Path("pool.yaml").write_text(POOL.format(workers=slots, tasks=TASKS))
    work = f"{TASKS:,} times /bin/true, {slots} at a time, on {NODES} nodes of Slurm that are this machine"
    with Cluster():
        home, there = [], []
        for _ in range(ROUNDS):
            home.append(timed(PARRUN, "--log", "home.log", "pool.yaml"))
            there.append(timed(PARRUN, "--log", "there.log", "--on", f"{{slurm: , slots: {CPUS}}}", "pool.yaml"))
        took = statistics.median(there)
        yield {"bench": "cluster", "work": work, "side": "on slurm", "wall_ms": took * 1000}
        yield {"bench": "cluster", "work": work, "side": "at home", "wall_ms": statistics.median(home) * 1000,
               "wall_ratio": statistics.median(here / far for here, far in zip(home, there))}
        steps = timed("sh", "-c", f"seq {STEPS} | xargs -P{slots} -I+ srun -Q -N1 -n1 /bin/true +") * TASKS / STEPS
        yield {"bench": "cluster", "work": work, "side": f"srun a task (from {STEPS})", "wall_ms": steps * 1000, "wall_ratio": steps / took}
        array = timed("sbatch", "-Q", "--wait", "-o", "/dev/null", f"--array=1-{STEPS}", "--wrap", "/bin/true") * TASKS / STEPS
        yield {"bench": "cluster", "work": work, "side": f"a job array (from {STEPS})", "wall_ms": array * 1000, "wall_ratio": array / took}
        yield {"bench": "cluster", "work": "a run of one task on slurm", "side": "parrun", "wall_ms": first_task()}
    yield {"bench": "cluster", "work": "a hundred workers, a launcher for each", "side": "the runner", "peak_kib": peak_of_runner()}
