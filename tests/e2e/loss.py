"""Consumers and producers that die or are stopped: every message is accounted for."""
import collections
import os
import re

from harness.parrun import (INT, KILL, TERM, Directory, Run, amount, check_nothing_left, check_status, complete,
                            died_of, mark, own_path)

COUNT = 100  # messages of a run
MOMENTS = amount((1, 3, 21), (1, 2, 3, 5, 8, 13, 21, 30))

# Each kind of consumer says "got N" for a message, and "me PID" at first. The victim stops at message
# number {moment} of its own until it is killed; the other one goes on when the victim has got there.
CONSUMERS = {
    "stdin": """
        processes:
          from: {{run: "seq {count}; read -r _ <late", stdout: {{queue: q}}}}
          victim:
            stdin: {{queue: q}}
            run: |
              n=0
              while read -r line; do
                n=$((n+1))
                [ $n -lt {moment} ] || {{ echo "me $$ $line"; read -r _ <never; }}
                echo "got $line"
              done
          other:
            stdin: {{queue: q}}
            run: "read -r _ <gate; while read -r line; do echo got $line; done"
        queues:
          q: {{}}
    """,
    "process": """
        processes:
          from: {{run: "seq {count}", stdout: {{queue: q}}}}
          victim:
            consumes: q
            lua: |
              local n = 0
              for line in parrun.queue("q"):each() do
                n = n + 1
                if n == {moment} then print("me " .. parrun.pid() .. " " .. line) io.open("never"):read() end
                print("got " .. line)
              end
          other:
            consumes: q
            lua: |
              io.open("gate"):read()
              for line in parrun.queue("q"):each() do print("got " .. line) end
        queues:
          q: {{}}
    """,
    "pool": """
        processes:
          from: {{run: "seq {count}", stdout: {{queue: q}}}}
          other:
            consumes: q
            lua: |
              io.open("gate"):read()
              for line in parrun.queue("q"):each() do print("got " .. line) end
        pools:
          victim:
            workers: 1
            tasks: 1
            output: lines
            consumes: q
            lua: |
              local n = 0
              for line in parrun.queue("q"):each() do
                n = n + 1
                if n == {moment} then print("me " .. parrun.pid() .. " " .. line) io.open("never"):read() end
                print("got " .. line)
              end
        queues:
          q: {{}}
    """,
}


def kill_in_mid_message(scenario, moment, first_gate):
    """Kills the victim with a message in its hand; then opens FIRST_GATE and the other gates."""
    directory = Directory()
    for name in ("gate", "late", "never"):
        directory.fifo(name)
    run = Run(scenario.format(count=COUNT, moment=moment), directory=directory)
    pid, message = (int(word) for word in run.wait_for(rb"me (\d+) (\d+)").groups())
    os.kill(pid, KILL)
    run.wait_for(rb"Process victim end|Task 0 .*failed")
    for name in [first_gate] + [name for name in ("late", "gate") if name != first_gate]:
        if name in scenario:
            (directory.path / name).write_text("go\n")
    status, out, err = run.finish()
    check_status(status, 1, out + err)
    check_nothing_left()
    got = [int(number) for number in re.findall(r"^(?:\S.*)?\bgot (\d+)$", out.decode(), re.MULTILINE)]
    return collections.Counter(got), message, out.decode()


def consumer_killed(kind):
    """
    Nothing is lost but what the victim had in its hand, which is told as its failure. What it had done
    a moment before may be done again: it did not live to say so.
    """
    for moment in MOMENTS:
        got, message, out = kill_in_mid_message(CONSUMERS[kind], moment, "late")
        missing = set(range(1, COUNT + 1)) - set(got)
        twice = {number for number, times in got.items() if times > 1}
        assert missing <= {message}, f"{kind}, moment {moment}: {missing} missing\n{out}"
        assert twice <= set(range(message)), f"{kind}, moment {moment}: {twice} twice\n{out}"
        if missing:
            assert "failed" in out or "KILL" in out, out


def test_consumer_by_stdin_is_killed():
    consumer_killed("stdin")


def test_lua_consumer_is_killed():
    consumer_killed("process")


def test_consumer_in_a_pool_is_killed():
    consumer_killed("pool")


def test_consumer_is_killed_after_the_last_message_was_put():
    """The others have seen the end by then: what it leaves is counted and told."""
    scenario = CONSUMERS["stdin"].replace("; read -r _ <late", "")
    for moment in MOMENTS:
        got, message, out = kill_in_mid_message(scenario, moment, "gate")
        told = re.search(r"(?<!up to )(\d+) messages? (?!may be lost)", out)  # what it had in its hand is told too
        left = int(told.group(1)) if told else 0
        assert sum(got.values()) == len(got), f"moment {moment}: {got}\n{out}"
        assert len(got) + left + (message not in got) == COUNT, f"moment {moment}\n{out}"


def test_messages_that_nobody_takes():
    """They are counted and make the run fail."""
    status, out, err = complete("""
        processes:
          to: {run: "read -r _; read -r _; read -r _", stdin: {queue: q}}
        queues:
          q: {items: [a, b, c, d, e]}
        log: {prefix: false}
    """)
    check_status(status, 1, out + err)
    assert b" 2 " in out + err or b"2 messages" in out + err, out + err
    check_nothing_left()


# Each would go on for ever; "for" is told of, with the queue's name.
ENDLESS = {
    "program": ("processes", '{run: "exec yes", stdout: {queue: q}}',
                rb"ended by signal PIPE: nothing takes from queue q any more"),
    "shell": ("processes", '{run: "yes; exit", stdout: {queue: q}}',
              rb"ended by signal PIPE: nothing takes from queue q any more"),
    "lua": ("processes", '{produces: q, lua: "while true do parrun.queue(\'q\'):put(1) end"}',
            rb"queue:put: nothing takes from queue q any more"),
    "thread": ("threads", '{produces: q, lua: "while true do parrun.queue(\'q\'):put(1) end"}',
               rb"queue:put: nothing takes from queue q any more"),
    "pool": ("pools", '{tasks: 1, produces: q, lua: "while true do parrun.queue(\'q\'):put(1) end"}',
             rb"queue:put: nothing takes from queue q any more"),
    "client": ("processes", '{produces: q, run: "while parrun put q x; do :; done; exit 7"}',
               rb"queue 'q': nothing takes from it any more"),
}


def endless(kind, leftover):
    """A producer of KIND whose consumer takes five messages; status and output."""
    room, body, told = ENDLESS[kind]
    scenario = {"processes": [], "threads": [], "pools": []}
    scenario[room].append(f"endless: {body}")
    scenario["processes"].append("some: {run: head -n 5, stdin: {queue: q}}")
    lines = [f"{key}:\n  " + "\n  ".join(rows) for key, rows in scenario.items() if rows]
    status, out, err = complete("\n".join(lines) + f"\nqueues:\n  q: {{leftover: {leftover}}}\n",
                                env=own_path())
    check_nothing_left()
    return status, out + err, told


def test_producers_without_consumers_end():
    """As in a shell's pipe, whoever puts for nobody hears of it; nothing of that is silent."""
    for kind in ENDLESS:
        status, output, told = endless(kind, "fail")
        check_status(status, 1, kind.encode() + output)
        assert re.search(told, output), (kind, output)


def test_leftover_is_dropped():
    """Where it is meant, as behind head, a producer that SIGPIPE has ended has not failed."""
    for kind in ("program", "shell"):
        status, output, _ = endless(kind, "drop")
        check_status(status, 0, kind.encode() + output)
        assert b"ended with" not in output, (kind, output)
    status, out, err = complete("""
        processes:
          to: {run: "read -r _", stdin: {queue: q}}
        queues:
          q: {items: [a, b, c], leftover: drop}
    """)
    check_status(status, 0, out + err)
    assert b"Queue q drops 2 messages that nobody took.\n" in out, out
    status, output, _ = endless("lua", "drop")
    check_status(status, 1, output)


# Everybody waits for a queue: the producers for room, the consumer for a message that never comes.
WAITING = """
    processes:
      shell: {run: "echo ready >&2; exec yes", stdout: {queue: full}}
      lua: {produces: full, lua: "print('ready') for n = 1, 1e9 do parrun.queue('full'):put(n) end"}
      get: {consumes: empty, lua: "print('ready') parrun.queue('empty'):get()"}
      holder: {consumes: full, produces: empty, lua: "print('ready') parrun.sleep(1000)"}
    pools:
      put: {workers: 1, tasks: 1, output: lines, produces: full, lua: "print('ready') for n = 1, 1e9 do parrun.queue('full'):put(n) end"}
      take: {workers: 1, tasks: 1, output: lines, consumes: empty, lua: "print('ready') parrun.queue('empty'):get()"}
      put_in_thread: {kind: thread, workers: 1, tasks: 1, output: lines, produces: full, lua: "print('ready') for n = 1, 1e9 do parrun.queue('full'):put(n) end"}
    threads:
      put_by_thread: {produces: full, lua: "print('ready') for n = 1, 1e9 do parrun.queue('full'):put(n) end"}
      get_by_thread: {consumes: empty, lua: "print('ready') parrun.queue('empty'):get()"}
    queues:
      full: {capacity: 5}
      empty: {capacity: 5}
"""


def stop_while_waiting(number):
    run = Run(WAITING)
    for _ in range(9):
        run.wait_for(rb"ready")
    run.signal(number)
    status, out, err = run.finish()
    check_nothing_left()
    check_status(status, died_of(number), out + err)


@mark("tsan")
def test_stop_while_all_wait_for_queues():
    stop_while_waiting(TERM)
    stop_while_waiting(INT)


def test_killed_lua_process_is_told():
    run = Run("""
        processes:
          test: {lua: "print('me ' .. parrun.pid()) io.stdout:flush() parrun.sleep(1000)"}
    """)
    os.kill(int(run.wait_for(rb"me (\d+)").group(1)), KILL)
    status, out, err = run.finish()
    check_status(status, 1, out + err)
    assert b"KILL" in out, out
    check_nothing_left()


def test_put_before_a_wait_unseen():
    """A message that was put is on its way though the body then waits where nobody sees it."""
    directory = Directory()
    directory.fifo("gate")
    status, out, err = complete("""
        processes:
          from: {produces: q, lua: "parrun.queue('q'):put(1) parrun.queue('q'):put(2) io.open('gate'):read()"}
          to:
            consumes: q
            lua: |
              print(parrun.queue("q"):get() + parrun.queue("q"):get())
              local f = io.open("gate", "w") f:write("go\\n") f:close()
        queues:
          q: {}
    """, directory=directory)
    check_status(status, 0, out + err)
    assert b"3" in out, out
    check_nothing_left()


def test_killed_workers_one_after_another():
    """Each loses its own task and no other; all the rest is done."""
    directory = Directory()
    directory.fifo("gate")
    run = Run("""
        pools:
          p:
            workers: 3
            tasks: 40
            output: lines
            lua: |
              if item % 10 == 5 then print("me " .. parrun.pid()) io.open("gate"):read() end
    """, directory=directory)
    for _ in range(4):
        os.kill(int(run.wait_for(rb"me (\d+)").group(1)), KILL)
    status, out, err = run.finish()
    check_status(status, 1, out + err)
    lines = out.decode().splitlines()
    for item in range(40):
        word = "failed" if item % 10 == 5 else "runs"
        assert sum(line.startswith(f"Task {item} {word}") for line in lines) == 1, (item, out)
    check_nothing_left()


POISON = """
queues: {{q: {{max_attempts: 3}}}}
processes:
  from: {{run: seq 120, stdout: {{queue: q}}}}
  dies:
    consumes: q
    lua: |
      local count = 0
      for message in parrun.queue("q"):each() do
        count = count + 1
        if count == {at} then parrun.run("kill -KILL $PPID") end
        print("got " .. message)
      end
  lives: {{consumes: q, lua: 'for message in parrun.queue("q"):each() do print("got " .. message) end'}}
success: [lives]
"""


def test_acknowledged_one_by_one():
    """With max_attempts what a killed body had in hand goes to another, and nothing is done twice."""
    for at in (1, 2, 5, 13):
        status, out, err = complete(POISON.format(at=at))
        check_status(status, 0, out + err)
        got = [int(number) for number in re.findall(r"^(?:\S.*)?\bgot (\d+)$", out.decode(), re.MULTILINE)]
        assert sorted(got) == list(range(1, 121)), (at, out.decode())
