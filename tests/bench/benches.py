"""What is measured: a row a bench. Commands run in a directory that holds the scenarios by name."""
import sys

from measure import Bench, Side

PYTHON = f"{sys.executable} $HERE/peers.py"

SCENARIOS = {
    "spawn.yaml": 'pools: {p: {workers: 2, tasks: 5000, exec: [/bin/true]}}\n',
    "tasks.yaml": 'pools: {p: {workers: 2, tasks: 200000, lua: "return nil"}}\n',
    "coprocess.yaml": """
        pools: {p: {workers: 1, tasks: {range: [1, 100000]}, coprocess: [./collatz]}}
    """,
    "start.yaml": 'processes: {p: {exec: [/bin/true]}}\n',
    "thread-pool.yaml": 'pools: {p: {kind: thread, workers: 2, tasks: 100000, lua: "return nil"}}\n',
    "threads.yaml": 'threads: {t: {replicas: 5000, lua: "return nil"}}\n',
    "queue-lines.yaml": """
        processes:
          from: {exec: [seq, "20000000"], stdout: {queue: q}}
          to: {exec: [wc, -l], stdin: {queue: q}}
        queues: {q: {}}
    """,
    "queue-messages.yaml": """
        processes:
          from: {produces: q, lua: "local q = parrun.queue('q') for n = 1, 1000000 do q:put(n) end"}
          to:
            consumes: q
            lua: |
              local taken = 0
              for _ in parrun.queue("q"):each() do taken = taken + 1 end
              assert(taken == 1000000, taken)
        queues: {q: {capacity: 1000}}
    """,
}


# 1,000,000 tasks that are listed one by one.
SCENARIOS["load.yaml"] = "pools:\n  p:\n    run: 'true'\n    tasks:\n" + \
    "".join(f"      - in/picture-{number}.jpg\n" for number in range(1_000_000))


def ours(scenario, log="log.txt"):
    return Side("parrun", f"$PARRUN --log {log} {scenario} >out.txt")


BENCHES = [
    Bench("spawn", "5,000 times /bin/true, two at a time", ours("spawn.yaml"), [
        Side("xargs -P2 -n1", "seq 5000 | xargs -P2 -n1 /bin/true"),
        Side("xe -j2", "seq 5000 | xe -j2 /bin/true", "xe", "xe"),
        Side("GNU parallel -j2", "seq 5000 | parallel -j2 /bin/true", "parallel", "parallel", runs=2),
        Side("posix_spawn in C (the limit)", "./spawn_limit 5000 2"),
    ]),
    Bench("tasks", "200,000 empty tasks, two workers", ours("tasks.yaml"), [
        Side("multiprocessing, chunksize 1", f"{PYTHON} tasks 200000 1"),
        Side("multiprocessing, chunksize 1000", f"{PYTHON} tasks 200000 1000"),
    ]),
    Bench("coprocess", "100,000 numbers to one program in C that is kept running", ours("coprocess.yaml"), [
        Side("a line, then its answer, in C (the limit)", "./ask_limit 100000 ./collatz >limit.txt"),
        Side("seq | program (all lines at once)", "seq 100000 | ./collatz >pipe.txt"),
    ]),
    Bench("journal", "200,000 empty tasks, two workers, each put down in a journal",
          Side("parrun --journal", "rm -f j.db*; $PARRUN --journal j.db --log log.txt tasks.yaml >out.txt"), [
              Side("parrun without it (the limit)", "$PARRUN --log log.txt tasks.yaml >out.txt"),
          ]),
    Bench("start", "one process: /bin/true",
          Side("parrun", "$PARRUN --log log.txt start.yaml"), [
              Side("sh -c true", "sh -c /bin/true"),
              Side("GNU parallel", "parallel /bin/true ::: 1", "parallel", "parallel"),
          ], repeat=20),
    Bench("thread-pool", "100,000 empty tasks, two threads", ours("thread-pool.yaml"), [
        Side("multiprocessing.ThreadPool", f"{PYTHON} thread-pool 100000"),
        Side("concurrent.futures", f"{PYTHON} futures 100000"),
    ]),
    Bench("thread", "5,000 threads started and joined", ours("threads.yaml"), [
        Side("threading.Thread", f"{PYTHON} threads 5000"),
        Side("pthread_create in C (the limit)", "./thread_limit 5000"),
    ]),
    Bench("queue-lines", "20,000,000 lines from seq to wc -l", ours("queue-lines.yaml"), [
        Side("seq | cat | wc -l (the limit)", "seq 20000000 | cat | wc -l"),
        Side("parallel --pipe", "seq 20000000 | parallel -j1 --pipe wc -l", "parallel", "parallel", runs=2),
    ]),
    Bench("queue-messages", "1,000,000 short messages, process to process", ours("queue-messages.yaml"), [
        Side("multiprocessing.Queue", f"{PYTHON} messages 1000000", runs=3),
    ]),
    Bench("load", "reading a scenario with 1,000,000 listed tasks",
          Side("parrun --check", "$PARRUN --check load.yaml"), [
              Side("libyaml's events (the limit)", "./load_limit load.yaml"),
          ]),
]
