"""Queues that go round in a circle: they end when nothing is left; commands that seem to wait for each other are told of."""
import random

from harness.parrun import TERM, Run, amount, check_nothing_left, check_status, complete, died_of, own_path

TOLD = rb"Nothing has gone on for 5 seconds: these seem to wait for each other:\n"

# b has a message in hand and computes for ever: a waits for what it may put.
BUSY = """
    processes:
      a: {stdin: {queue: q1}, run: exec cat, stdout: {queue: q2}}
      b: {stdin: {queue: q2}, run: "read -r x; echo busy >&2; while :; do :; done", stdout: {queue: q1}}
    queues:
      q1: {}
      q2: {items: [x]}
"""

SHELLS = """
    processes:
      a: {produces: q2, consumes: q1, run: "parrun get q1; parrun put q2 x"}
      b: {produces: q1, consumes: q2, run: "parrun get q2; parrun put q1 x"}
      c: {depends_on: {a: succeeded}, run: "true"}
    queues: {q1: {}, q2: {}}
"""

STREAMS = """
    processes:
      a: {stdin: {queue: q1}, run: cat, stdout: {queue: q2}}
      b: {stdin: {queue: q2}, run: cat, stdout: {queue: q1}}
    queues: {q1: {}, q2: {}}
"""

POOL = """
    pools:
      p: {tasks: {queue: q}, workers: 2, produces: q, output: discard, run: "for n in 1 2 3; do parrun put q x; done"}
    queues: {q: {capacity: 3, items: [1]}}
"""

# Fewer tasks are left than there are workers, and they last.
COMMANDS = """
    queues: {q: {items: [1]}}
    pools:
      p:
        workers: 4
        tasks: {queue: q}
        produces: q
        run: if [ ${{ item }} = 1 ]; then parrun put q 2 3; else sleep 0.5; fi
"""

BODIES = """
    queues: {q: {items: [1]}}
    pools:
      p:
        kind: %s
        workers: %d
        tasks: {queue: q}
        produces: q
        lua: |
          local q = parrun.queue("q")
          if parrun.item == 1 then q:put(2) q:put(3) else parrun.sleep(0.3) end
"""

# Each worker waits for another queue, and one for a task.
EACH_FOR_ANOTHER = """
    queues: {a: {}, b: {}, c: {items: [a, b]}}
    pools:
      p:
        kind: %s
        workers: 3
        tasks: {queue: c}
        consumes: [a, b]
        produces: [a, b, c]
        lua: parrun.queue(parrun.item):get()
"""


def stop(run):
    run.signal(TERM)
    status, out, err = run.finish()
    check_status(status, died_of(TERM), out + err)
    return out


def test_commands_that_wait_for_each_other():
    """Shells that call parrun get, programs on streams, the tasks of a pool; and one that is at work is none of them."""
    busy = Run(BUSY)
    busy.wait_for(rb"b \| busy")
    runs = [Run(scenario, env=own_path()) for scenario in (SHELLS, STREAMS, POOL)]
    for run in runs:
        run.wait_for(TOLD)
    shells, streams, pool = [stop(run) for run in runs]
    assert (b"\n  process a: parrun get waits for a message of queue q1, which b puts into"
            b"\n  process b: parrun get waits for a message of queue q2, which a puts into"
            b"\n  process c waits until a has succeeded\n") in shells, shells
    assert (b"\n  process a: stdin waits for a message of queue q1, which b puts into"
            b"\n  process b: stdin waits for a message of queue q2, which a puts into\n") in streams, streams
    assert b"\n  pool p: 2 of parrun put wait for room in queue q, which p takes from\n" in pool, pool
    assert b"Nothing has gone on" not in stop(busy)
    check_nothing_left()


def test_pool_that_fills_its_own_queue_ends():
    """Commands and Lua bodies, processes and threads, one worker and more than there are tasks."""
    scenarios = [COMMANDS]
    scenarios += [BODIES % (kind, workers) for kind in ("process", "thread") for workers in (1, 4)]
    runs = [Run(scenario, env=own_path()) for scenario in scenarios]
    for run in runs:
        status, out, err = run.finish()
        check_status(status, 0, out + err)
        assert out.count(b"Run task ") == 3, out
    check_nothing_left()


def test_workers_that_wait_for_different_queues_end():
    for kind in ("process", "thread"):
        status, out, err = complete(EACH_FOR_ANOTHER % kind)
        check_status(status, 0, out + err)
    check_nothing_left()


# Each waits for the other most of the time, for a moment.
PING_PONG = """
    queues: {q: {capacity: 100}, r: {capacity: 100}}
    threads:
      a:
        produces: q
        consumes: r
        lua: |
          local q, r = parrun.queue("q"), parrun.queue("r")
          for i = 1, 10000 do q:put(i) assert(r:get() == i) end
      b:
        produces: r
        consumes: q
        lua: |
          local q, r = parrun.queue("q"), parrun.queue("r")
          for i = 1, 10000 do r:put(q:get()) end
"""


def test_threads_that_hand_each_other_messages_are_at_work():
    for _ in range(amount(3, 10)):
        status, out, err = complete(PING_PONG)
        check_status(status, 0, out + err)
    check_nothing_left()


def tree(chosen):
    """Pools in a ring or whatever comes, whose tasks put N - 1 twice for an N; and how many tasks that makes."""
    queues = chosen.randint(1, 3)
    pools, tasks = [], {}
    routes = [[chosen.randrange(queues) for _ in range(2)] for _ in range(queues)]
    for number, targets in enumerate(routes):
        pools.append(f"""
      p{number}:
        kind: {chosen.choice(["process", "thread"])}
        workers: {chosen.randint(1, 4)}
        tasks: {{queue: q{number}}}
        produces: [{", ".join(f"q{target}" for target in sorted(set(targets)))}]
        output: discard
        lua: |
          if parrun.item > 0 then
            {" ".join(f'parrun.queue("q{target}"):put(parrun.item - 1)' for target in targets)}
          end
          if math.random() < 0.2 then parrun.sleep(math.random() / 5) end""")
    items = [[chosen.randint(0, 4) for _ in range(chosen.randint(0, 2))] for _ in range(queues)]
    tasks = sum(2 ** (depth + 1) - 1 for some in items for depth in some)
    lists = ", ".join(f"q{number}: {{items: {some}}}" for number, some in enumerate(items))
    return f"""
    queues: {{{lists}}}
    pools:{"".join(pools)}
""", tasks


def test_circles_of_pools_end_when_all_is_done():
    chosen = random.Random(45)
    for _ in range(8):
        scenario, tasks = tree(chosen)
        status, out, err = complete(scenario)
        check_status(status, 0, scenario.encode() + out + err)
        assert out.count(b"Run task ") == tasks, (tasks, scenario, out)
    check_nothing_left()
