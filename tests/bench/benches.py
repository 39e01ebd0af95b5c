"""What is measured: a row a bench. Commands run in a directory that holds the scenarios by name."""
import sys

from measure import Bench, Side

PYTHON = f"{sys.executable} $HERE/peers.py"

SCENARIOS = {
    "spawn.yaml": 'pools: {p: {workers: 2, tasks: 5000, exec: [/bin/true]}}\n',
    "tasks.yaml": 'pools: {p: {workers: 2, tasks: 500000, lua: "return nil"}}\n',
    "coprocess.yaml": """
        pools: {p: {workers: 1, tasks: {range: [1, 100000]}, coprocess: [./collatz]}}
    """,
    "start.yaml": 'processes: {p: {exec: [/bin/true]}}\n',
    "thread-pool.yaml": 'pools: {p: {kind: thread, workers: 2, tasks: 100000, lua: "return nil"}}\n',
    "threads.yaml": "threads:\n" + "".join(
        f"  t{n}: {{replicas: 1000, lua: 'return nil'}}\n" for n in range(5)),
    "many.yaml": "processes:\n" + "".join(
        f"  p{n}: {{replicas: 1000, exec: [./alive, '4000', meeting]}}\n" for n in range(4)),
    "spread.yaml": """
        pools:
          p:
            workers: 2
            tasks: 200
            lua: "parrun.sleep(item % 10 == 0 and 0.2 or 0.004)"
    """,
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

SCENARIOS["queue-threads.yaml"] = SCENARIOS["queue-messages.yaml"].replace("processes:", "threads:")


# 1,000,000 tasks that are listed one by one.
SCENARIOS["load.yaml"] = "pools:\n  p:\n    run: 'true'\n    tasks:\n" + \
    "".join(f"      - in/picture-{number}.jpg\n" for number in range(1_000_000))


def cores(kind, workers):
    """Sixteen tasks that only compute."""
    return (f"pools: {{p: {{kind: {kind}, workers: {workers}, tasks: 16, "
            'lua: "local n = 0 for i = 1, 2e7 do n = n + i % 7 end"}}\n')


SCENARIOS |= {f"cores-{kind}-{workers}.yaml": cores(kind, workers)
              for kind in ("process", "thread") for workers in (1, 2)}


def best_spread(workers=2):
    """Seconds of spread.yaml's tasks where whoever is free takes the next one, and nothing else costs."""
    free = [0.0] * workers
    for item in range(1, 201):
        first = free.index(min(free))
        free[first] += 0.2 if item % 10 == 0 else 0.004
    return max(free)


def ours(scenario, log="log.txt"):
    return Side("parrun", f"$PARRUN --log {log} {scenario} >out.txt")


BENCHES = [
    Bench("spawn", "5,000 times /bin/true, two at a time", ours("spawn.yaml"), [
        Side("parrun each -j2", "seq 5000 | $PARRUN each -j2 /bin/true"),
        Side("xargs -P2 -n1", "seq 5000 | xargs -P2 -n1 /bin/true"),
        Side("xe -j2", "seq 5000 | xe -j2 /bin/true", "xe", "xe"),
        Side("GNU parallel -j2", "seq 5000 | parallel -j2 /bin/true", "parallel", "parallel", runs=2),
        Side("posix_spawn in C (the limit)", "./spawn_limit 5000 2"),
    ], tasks=5000),
    Bench("tasks", "500,000 empty tasks, two workers", ours("tasks.yaml"), [
        Side("multiprocessing, chunksize 1", f"{PYTHON} tasks 500000 1"),
        Side("multiprocessing, chunksize 1000", f"{PYTHON} tasks 500000 1000"),
    ], tasks=500_000),
    Bench("spread", "200 tasks, one in ten 50 times as long as the rest, two workers",
          ours("spread.yaml"), [
              Side("best schedule in order (the limit)", seconds=best_spread()),
          ]),
    *(Bench("cores", f"16 tasks that compute, pool of kind {kind}, two workers",
            ours(f"cores-{kind}-2.yaml"), [
                Side("one worker", f"$PARRUN --log log.txt cores-{kind}-1.yaml >out.txt"),
            ]) for kind in ("process", "thread")),
    Bench("many", "4,000 processes that are alive at once",
          Side("parrun", "rm -f meeting; $PARRUN --log log.txt many.yaml >out.txt"), [
              Side("posix_spawn in C (the limit)", "rm -f meeting; ./alive 4000 meeting start"),
          ]),
    Bench("coprocess", "100,000 numbers to one program in C that is kept running", ours("coprocess.yaml"), [
        Side("a line, then its answer, in C (the limit)", "./ask_limit 100000 ./collatz >limit.txt"),
        Side("seq | program (all lines at once)", "seq 100000 | ./collatz >pipe.txt"),
    ]),
    Bench("journal", "500,000 empty tasks, two workers, each put down in a journal",
          Side("parrun --journal", "rm -f j.db*; $PARRUN --journal j.db --log log.txt tasks.yaml >out.txt"), [
              Side("parrun without it (the limit)", "$PARRUN --log log.txt tasks.yaml >out.txt"),
          ], tasks=500_000),
    Bench("report", "500,000 empty tasks, two workers, and a page of what came of them",
          Side("parrun --report", "$PARRUN --report page.html --log log.txt tasks.yaml >out.txt"), [
              Side("parrun without it (the limit)", "$PARRUN --log log.txt tasks.yaml >out.txt"),
          ], tasks=500_000),
    Bench("record", "500,000 empty tasks, two workers, all of it recorded",
          Side("parrun --record", "rm -f r.jsonl; $PARRUN --record r.jsonl --log log.txt tasks.yaml >out.txt"), [
              Side("parrun without it (the limit)", "$PARRUN --log log.txt tasks.yaml >out.txt"),
              Side("parrun --record, packed", "rm -f r.gz; $PARRUN --record r.gz --log log.txt tasks.yaml >out.txt"),
          ], tasks=500_000),
    Bench("start", "one process: /bin/true",
          Side("parrun", "$PARRUN --log log.txt start.yaml"), [
              Side("sh -c true", "sh -c /bin/true"),
              Side("GNU parallel", "parallel /bin/true ::: 1", "parallel", "parallel"),
              Side("/bin/true by itself", "/bin/true"),
          ], repeat=20),
    Bench("thread-pool", "100,000 empty tasks, two threads", ours("thread-pool.yaml"), [
        Side("multiprocessing.ThreadPool", f"{PYTHON} thread-pool 100000"),
        Side("concurrent.futures", f"{PYTHON} futures 100000"),
    ], tasks=100_000),
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
    Bench("queue-threads", "1,000,000 short messages, thread to thread", ours("queue-threads.yaml"), [
        Side("multiprocessing.Queue", f"{PYTHON} messages 1000000", runs=3),
    ]),
    Bench("load", "reading a scenario with 1,000,000 listed tasks",
          Side("parrun check", "$PARRUN check load.yaml"), [
              Side("libyaml's events (the limit)", "./load_limit load.yaml"),
          ]),
]
