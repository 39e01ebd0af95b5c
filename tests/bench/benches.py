"""What is measured: a row a bench. Commands run in a directory that holds the scenarios of the bench, at its size."""
import sys

from measure import Bench, Side

PYTHON = f"{sys.executable} $HERE/peers.py"
QUIET = 'log: {hide: ["*.output"]}\n'

MESSAGES = """
    processes:
      from: {produces: q, lua: "local q = parrun.queue('q') for n = 1, @N@ do q:put(n) end"}
      to:
        consumes: q
        lua: |
          local taken = 0
          for _ in parrun.queue("q"):each() do taken = taken + 1 end
          assert(taken == @N@, taken)
    queues: {q: {capacity: 1000}}
"""

SCENARIOS = {
    "spawn.yaml": "pools: {p: {workers: 2, tasks: @N@, exec: [/bin/true, '${{ item }}']}}\n",
    "tasks.yaml": 'pools: {p: {workers: 2, tasks: @N@, lua: "return nil"}}\n',
    "coprocess.yaml": "pools: {p: {workers: 1, tasks: {range: [1, @N@]}, coprocess: [./collatz]}}\n",
    "start.yaml": "processes: {p: {exec: [/bin/true]}}\n",
    "thread-pool.yaml": 'pools: {p: {kind: thread, workers: 2, tasks: @N@, lua: "return nil"}}\n',
    "threads.yaml": "threads: {t: {replicas: 1000, lua: 'return nil'}}\n",
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
          from: {exec: [seq, "@N@"], stdout: {queue: q}}
          to: {exec: [wc, -l], stdin: {queue: q}}
        queues: {q: {}}
    """,
    "queue-messages.yaml": MESSAGES,
    "queue-threads.yaml": MESSAGES.replace("processes:", "threads:"),
    # A command that writes 1 MB, its output in one piece, or in the tasks' order.
    "output-grouped.yaml": "pools: {p: {workers: 2, tasks: @N@, run: head -c 1000000 /dev/zero | tr '\\0' x}}\n",
    "output-ordered.yaml":
        "pools: {p: {workers: 2, tasks: @N@, output: ordered, run: head -c 1000000 /dev/zero | tr '\\0' x}}\n",
    "log-lines.yaml": "processes:\n  a: {exec: [seq, '@N@']}\n  b: {exec: [seq, '@N@']}\n",
    "stop.yaml": """
        processes:
          sleeps: {replicas: 1000, exec: [sleep, "1000"], daemon: true}
          last: {exec: [/bin/true], depends_on: sleeps}
    """,
}

# As many tasks, listed one by one.
LISTED = 500_000
SCENARIOS["load.yaml"] = "pools:\n  p:\n    run: 'true'\n    tasks:\n" + \
    "".join(f"      - in/picture-{number}.jpg\n" for number in range(LISTED))


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


def tree(count):
    """COUNT commands, each of which needs the one at half its number: for parrun, ninja and make."""
    scenario, ninja, make = "processes:\n", "rule true\n  command = /bin/true\n", ""
    for number in range(count):
        needs = f"p{number // 2}" if number else ""
        scenario += f"  p{number}: {{exec: [/bin/true]{', depends_on: ' + needs if needs else ''}}}\n"
        ninja += f"build p{number}: true {needs}\n"
        make += f"p{number}: {needs}\n\t@/bin/true\n"
    every = " ".join(f"p{number}" for number in range(count))
    return scenario, ninja, f".PHONY: all {every}\nall: {every}\n{make}"


SCENARIOS["graph.yaml"], SCENARIOS["build.ninja"], SCENARIOS["graph.mk"] = tree(2000)

# Lines of about 20 bytes, of which there are 5,003 different ones.
LINES = "seq 100000000 | awk '{ print \"line number \" $1 % 5003 }' | head -c @N@000000 >lines.txt"

BENCHES = [
    Bench("spawn", "@N@ times /bin/true ITEM, two at a time", ours("spawn.yaml"), [
        Side("parrun each -j2", "seq @N@ | $PARRUN each -j2 /bin/true"),
        Side("xargs -P2 -n1", "seq @N@ | xargs -P2 -n1 /bin/true"),
        Side("xe -j2", "seq @N@ | xe -j2 /bin/true", "xe", "xe"),
        Side("GNU parallel -j2", "seq @N@ | parallel -j2 /bin/true", "parallel", "parallel"),
        Side("posix_spawn in C (the limit)", "./spawn_limit @N@ 2"),
    ], size=5000, own=True, scenarios=("spawn.yaml",)),
    *(Bench("blocks", f"{name} over @N@ MB of lines, two at a time",
            Side("parrun each --pipepart", f"$PARRUN each --pipepart -a lines.txt --block 5M -j2 '{command}' >out.txt"), [
                Side("parrun each --pipe", f"cat lines.txt | $PARRUN each --pipe --block 5M -j2 '{command}' >out.txt"),
                Side("GNU parallel --pipepart", f"parallel --pipepart -a lines.txt --block 5M -j2 '{command}' >out.txt",
                     "parallel", "parallel"),
                Side("GNU parallel --pipe", f"cat lines.txt | parallel --pipe --block 5M -j2 '{command}' >out.txt",
                     "parallel", "parallel"),
                Side("the command alone", f"<lines.txt {command} >out.txt"),
            ], size=500, setup=LINES)
      for name, command in (("grep -c", "grep -c 7"), ("sort | uniq -c", "sort | uniq -c"))),
    Bench("tasks", "@N@ empty tasks, two workers", ours("tasks.yaml"), [
        Side("multiprocessing, chunksize 1", f"{PYTHON} tasks @N@ 1"),
        Side("multiprocessing, chunksize 1000", f"{PYTHON} tasks @N@ 1000"),
    ], size=500_000, own=True, scenarios=("tasks.yaml",)),
    Bench("spread", "200 tasks, one in ten 50 times as long as the rest, two workers",
          ours("spread.yaml"), [
              Side("best schedule in order (the limit)", seconds=best_spread()),
          ], scenarios=("spread.yaml",)),
    *(Bench("cores", f"16 tasks that compute, pool of kind {kind}, two workers",
            ours(f"cores-{kind}-2.yaml"), [
                Side("one worker", f"$PARRUN --log log.txt cores-{kind}-1.yaml >out.txt"),
            ], scenarios=(f"cores-{kind}-1.yaml", f"cores-{kind}-2.yaml")) for kind in ("process", "thread")),
    Bench("many", "4,000 processes that are alive at once",
          Side("parrun", "rm -f meeting; $PARRUN --log log.txt many.yaml >out.txt"), [
              Side("posix_spawn in C (the limit)", "rm -f meeting; ./alive 4000 meeting start"),
          ], scenarios=("many.yaml",)),
    Bench("stop", "1,000 processes started, and stopped",
          ours("stop.yaml"), [
              Side("sh, and kill", "n=0; while [ $n -lt 1000 ]; do sleep 1000 & p=\"$p $!\"; n=$((n+1)); done; kill $p; wait || :"),
          ], scenarios=("stop.yaml",)),
    Bench("graph", "2,000 commands that need each other",
          ours("graph.yaml"), [
              Side("ninja -j2", "ninja -j2", "ninja", "ninja-build"),
              Side("make -j2", "make -s -j2 -f graph.mk", "make", "make"),
          ], scenarios=("graph.yaml", "build.ninja", "graph.mk")),
    Bench("coprocess", "@N@ numbers to one program in C that is kept running", ours("coprocess.yaml"), [
        Side("a line, then its answer, in C (the limit)", "./ask_limit @N@ ./collatz >limit.txt"),
        Side("seq | program (all lines at once)", "seq @N@ | ./collatz >pipe.txt"),
    ], size=100_000, scenarios=("coprocess.yaml",)),
    *(Bench(f"output-{mode}", f"@N@ commands that write 1 MB each, {mode}", ours(f"output-{mode}.yaml"), [
        Side("GNU parallel -j2" + (" -k" if mode == "ordered" else ""), "seq @N@ | parallel -j2 " + ("-k " if mode == "ordered" else "") +
             "'head -c 1000000 /dev/zero | tr \"\\0\" x #' >peer.txt", "parallel", "parallel"),
        Side("xargs -P2 (mixes them)", "seq @N@ | xargs -P2 -I{} sh -c 'head -c 1000000 /dev/zero | tr \"\\0\" x' >peer.txt"),
    ], size=500, scenarios=(f"output-{mode}.yaml",)) for mode in ("grouped", "ordered")),
    Bench("log-lines", "two processes write @N@ lines each, a prefix before every one",
          Side("parrun", "$PARRUN log-lines.yaml >out.txt"), [
              Side("concurrently", "concurrently -n a,b 'seq @N@' 'seq @N@' >peer.txt", "concurrently", npm="concurrently"),
              Side("two pipes through sed", "{ seq @N@ | sed 's/^/a | /' & seq @N@ | sed 's/^/b | /'; wait; } >peer.txt"),
          ], size=1_000_000, scenarios=("log-lines.yaml",)),
    Bench("journal", "@N@ empty tasks, two workers, each put down in a journal",
          Side("parrun --journal", "rm -f j.db*; $PARRUN --journal j.db --log log.txt tasks.yaml >out.txt"), [
              Side("parrun without it (the limit)", "$PARRUN --log log.txt tasks.yaml >out.txt"),
          ], size=500_000, own=True, scenarios=("tasks.yaml",)),
    Bench("report", "@N@ empty tasks, two workers, and a page of what came of them",
          Side("parrun --report", "$PARRUN --report page.html --log log.txt tasks.yaml >out.txt"), [
              Side("parrun without it (the limit)", "$PARRUN --log log.txt tasks.yaml >out.txt"),
          ], size=500_000, own=True, scenarios=("tasks.yaml",)),
    Bench("record", "@N@ empty tasks, two workers, all of it recorded",
          Side("parrun --record", "rm -f r.jsonl; $PARRUN --record r.jsonl --log log.txt tasks.yaml >out.txt"), [
              Side("parrun without it (the limit)", "$PARRUN --log log.txt tasks.yaml >out.txt"),
              Side("parrun --record, packed", "rm -f r.gz; $PARRUN --record r.gz --log log.txt tasks.yaml >out.txt"),
          ], size=500_000, own=True, scenarios=("tasks.yaml",)),
    Bench("start", "one process: /bin/true",
          Side("parrun", "$PARRUN --log log.txt start.yaml"), [
              Side("sh -c true", "sh -c /bin/true"),
              Side("GNU parallel", "parallel /bin/true ::: 1", "parallel", "parallel"),
              Side("/bin/true by itself", "/bin/true"),
          ], repeat=20, scenarios=("start.yaml",)),
    Bench("thread-pool", "@N@ empty tasks, two threads", ours("thread-pool.yaml"), [
        Side("multiprocessing.ThreadPool", f"{PYTHON} thread-pool @N@"),
        Side("concurrent.futures", f"{PYTHON} futures @N@"),
    ], size=100_000, own=True, scenarios=("thread-pool.yaml",)),
    Bench("thread", "1,000 threads started and joined", ours("threads.yaml"), [
        Side("threading.Thread", f"{PYTHON} threads 1000"),
        Side("pthread_create in C (the limit)", "./thread_limit 1000"),
    ], scenarios=("threads.yaml",)),
    Bench("queue-lines", "@N@ lines from seq to wc -l", ours("queue-lines.yaml"), [
        Side("seq | cat | wc -l (the limit)", "seq @N@ | cat | wc -l"),
        Side("parallel --pipe", "seq @N@ | parallel -j1 --pipe wc -l", "parallel", "parallel"),
    ], size=20_000_000, scenarios=("queue-lines.yaml",)),
    Bench("queue-messages", "@N@ short messages, process to process", ours("queue-messages.yaml"), [
        Side("multiprocessing.Queue", f"{PYTHON} messages @N@"),
    ], size=1_000_000, scenarios=("queue-messages.yaml",)),
    Bench("queue-threads", "@N@ short messages, thread to thread", ours("queue-threads.yaml"), [
        Side("multiprocessing.Queue", f"{PYTHON} messages @N@"),
    ], size=1_000_000, scenarios=("queue-threads.yaml",)),
    Bench("load", f"reading a scenario with {LISTED:,} listed tasks",
          Side("parrun check", "$PARRUN check load.yaml"), [
              Side("libyaml's events (the limit)", "./load_limit load.yaml"),
          ], scenarios=("load.yaml",)),
]
