"""Resources that pools and processes share: never more than there is, nobody left out, and all of it given back."""
import json
import os
import re

from harness.parrun import TERM, Run, check_nothing_left, check_status, complete, mark


def events(out):
    return [json.loads(line) for line in out.splitlines() if line.startswith(b"{")]


def given(event):
    """Of each resource what stands behind its name: {'gpu': ['0', '2'], 'memory': ['8G']}."""
    return {name: units.split(",") if units else []
            for name, units in (word.split("=") for word in event.get("uses", "").split())}


def held(scenario, status=0):
    """Runs it, and yields each event with what all that runs at that moment was given."""
    ended, out, err = complete(scenario, "--format", "json")
    check_status(ended, status, out + err)
    check_nothing_left()
    now = {}
    for event in events(out):
        who = event.get("process", (event.get("pool"), event.get("task")))
        if event["event"] in ("task.started", "process.started"):
            now[who] = given(event)
        if event["event"] in ("task.ended", "task.retrying", "process.ended", "process.restarting"):
            now.pop(who, None)
        yield event, now


@mark("tsan")
def test_no_unit_is_given_twice():
    seen, most = set(), 0
    for event, now in held("""
            resources: {gpu: [0, 1, x], memory: 10M}
            pools:
              ones: {workers: 4, tasks: 40, uses: {gpu: 1, memory: 3M}, run: "true"}
              some:
                workers: 4
                tasks: {matrix: {gpus: [1, 2, 3, 0], again: [1, 2, 3, 4, 5]}}
                uses: {gpu: "${{ item.gpus }}", memory: 1M}
                retry: {attempts: 2, delay: 1ms}
                run: test ${{ attempt }} = 2
              threads: {kind: thread, workers: 2, tasks: 10, uses: {gpu: 1}, lua: "return uses.gpu"}
            processes:
              p: {uses: {gpu: 2}, replicas: 3, run: "true"}
            """):
        gpus = [unit for units in now.values() for unit in units.get("gpu", [])]
        memory = [int(amount[:-1]) for units in now.values() for amount in units.get("memory", [])]
        assert len(set(gpus)) == len(gpus) and sum(memory) <= 10, (event, now)
        seen |= set(gpus)
        most = max(most, len(gpus))
    assert seen == {"0", "1", "x"} and most == 3 and not now, (seen, most, now)


def test_parts_of_one_unit():
    most = 0
    for event, now in held("""
            resources: {gpu: 2}
            pools:
              p: {workers: 10, tasks: 40, uses: {gpu: 0.4}, run: "true"}
            """):
        gpus = [units["gpu"][0] for units in now.values()]
        assert all(gpus.count(unit) <= 2 for unit in "01"), (event, now)
        most = max(most, len(gpus))
    assert 1 <= most <= 4, most


def test_the_body_knows_its_units():
    status, out, err = complete("""
        resources: {gpu: [7], port: [80], cores: 8}
        pools:
          command: {tasks: 1, uses: {gpu: 1, cores: 2}, env: {G: "${{ uses.gpu }}"}, run: "echo $G $PARRUN_USES_GPU $PARRUN_USES_CORES"}
          inner: {tasks: 1, uses: {gpu: 1}, lua: "print(uses.gpu, parrun.run{'sh', '-c', 'echo $PARRUN_USES_GPU'}.out)"}
          none: {tasks: 1, run: 'echo "<$PARRUN_USES_GPU>"'}
          thread: {kind: thread, tasks: 1, uses: {gpu: 1}, lua: "print(uses.gpu, parrun.run{'sh', '-c', 'echo $PARRUN_USES_GPU'}.out)"}
        processes:
          lua: {uses: {gpu: 1}, lua: "print('is ' .. uses.gpu)"}
          probe: {uses: {port: 1}, run: sleep 1000, daemon: true, ready: {run: "test $PARRUN_USES_PORT = 80"}}
          last: {depends_on: {probe: ready}, run: "true"}
    """, env={**os.environ, "PARRUN_USES_GPU": "outer"})
    check_status(status, 0, out + err)
    check_nothing_left()
    assert re.search(rb"^7 7 0,1$", out, re.M) and b"lua | is 7" in out and b"<>" in out, out
    assert out.count(b"7\t7\n") == 2, out


def test_units_come_back_when_the_group_is_gone():
    """The first task is over at its timeout; what it has started ignores the signal, and has the unit until it is killed."""
    status, out, err = complete("""
        resources: {gpu: 1}
        pools:
          first:
            tasks: 1
            timeout: 3s
            stop: {grace: 300ms}
            uses: {gpu: 1}
            run: |
              sh -c 'trap "" TERM; echo $$ >pid; while :; do sleep 0.1; done' &
              until test -s pid; do sleep 0.05; done
              touch begun
              wait
          second:
            tasks: {lua: "for i = 1, 2000 do if io.open('begun') then break end parrun.sleep(0.01) end emit(1)"}
            uses: {gpu: 1}
            run: if kill -0 $(cat pid) 2>/dev/null; then echo still there; else echo gone; fi
    """)
    check_status(status, 1, out + err)
    assert b"\ngone\n" in out and b"still there" not in out, out + err
    check_nothing_left()


def test_alone_is_alone():
    for event, now in held("""
            processes:
              server: {daemon: true, run: sleep 1000}
              one: {run: "true"}
              solo: {alone: true, run: "true"}
            pools:
              many: {workers: 4, tasks: 40, run: "true"}
              lonely: {workers: 4, tasks: 5, alone: true, run: "true"}
            """):
        others = set(now) - {"server"}  # it ends when all others have
        alone = {who for who in others if who == "solo" or who[0] == "lonely"}
        assert not alone or len(others) == 1, (event, now)


def test_what_waits_says_for_what():
    run = Run("""
        resources: {gpu: 2}
        processes:
          server: {uses: {gpu: 1}, run: echo up; sleep 1000}
          more: {uses: {gpu: 2}, depends_on: {server: started}, run: "true"}
        pools:
          train: {uses: {gpu: 2}, depends_on: {server: started}, workers: 1, tasks: 1, run: "true"}
    """)
    run.wait_for(rb"Process more waits for 2 of gpu: 1 free, the rest is with server\.")
    run.wait_for(rb"  pool train waits for 2 of gpu: 1 free, the rest is with server")
    run.signal(TERM)
    status, out, err = run.finish()
    assert status == -TERM, (status, out, err)
    check_nothing_left()


def test_stop_ends_what_waits():
    run = Run("""
        resources: {gpu: 1}
        processes:
          server: {uses: {gpu: 1}, run: echo up; sleep 1000}
        pools:
          train: {uses: {gpu: 1}, depends_on: {server: started}, workers: 2, tasks: 1000, run: "true"}
    """)
    run.wait_for(rb"server \| up")
    run.signal(TERM)
    status, out, err = run.finish()
    assert status == -TERM and b"Run task" not in run.seen + out, (status, out, err)
    check_nothing_left()


def test_more_than_there_is_fails_alone():
    status, out, err = complete("""
        resources: {memory: 16G}
        pools:
          p:
            tasks: [a, b]
            uses: {memory: "${{ attempt * 8 }}G"}
            retry: {attempts: 3, delay: 1ms}
            run: test ${{ item }} = a
    """)
    check_status(status, 1, out + err)
    assert b"Task 0 (a) runs" in out, out
    assert b"Task 1 (b) failed: uses: it needs 24G of 'memory', and there is 16G." in out, out
    check_nothing_left()


def test_a_restart_asks_again():
    status, out, err = complete("""
        resources: {licence: 1}
        processes:
          flaky:
            uses: {licence: 1}
            restart: {on: failure, delay: 1ms}
            run: test -e second || { touch second; false; }
          other: {uses: {licence: 1}, run: "true"}
    """)
    check_status(status, 0, out + err)
    assert out.count(b"Run child process flaky") == 2 and out.count(b"Run child process other") == 1, out
    check_nothing_left()
