"""Time limits: of processes, tasks and threads, whatever the body does against them."""
import os

from harness.parrun import (Directory, Run, check_nothing_left, check_status, complete, died_of,
                            mark, TERM)

# Fifty thousand letters against this pattern take longer than anybody waits, and all of it in C.
STUCK = "string.find(('a'):rep(50000), '.-.-.-b')"


def limited(scenario, *told):
    """Runs to the end; status 1, every text of TOLD in the log, nothing left."""
    status, out, err = complete(scenario)
    check_status(status, 1, out + err)
    for text in told:
        assert text.encode() in out, f"no '{text}' in\n{out.decode()}{err.decode()}"
    check_nothing_left()
    return out.decode()


def test_pool_task_that_runs_a_command():
    limited("""
        pools:
          p: {workers: 2, tasks: 3, timeout: 3s, run: "test ${{ item }} -ne 1 || sleep 1000; true"}
    """, "Task 0 runs", "Task 1 timed out after 3s.", "Task 2 runs")


def test_pool_task_that_ignores_term():
    limited("""
        pools:
          p:
            workers: 1
            tasks: 2
            timeout: 3s
            stop: {grace: 200ms}
            run: "test ${{ item }} -ne 0 || { trap '' TERM; while :; do sleep 0.1; done; }"
    """, "Task 0 timed out after 3s.", "Task 1 runs")


def test_pool_task_that_executes():
    limited("""
        pools:
          p: {workers: 2, tasks: [0, 1000, 0], timeout: 3s, exec: [sleep, "${{ item }}"]}
    """, "Task 0 runs", "Task 1 (1000) timed out after 3s.", "Task 2 (0) runs")


def test_pool_task_in_lua():
    limited("""
        pools:
          p:
            workers: 2
            tasks: 4
            timeout: 3s
            lua: |
              if item == 1 then while true do pcall(function() while true do end end) end end
              if item == 2 then parrun.sleep(math.huge) end
    """, "Task 0 runs", "Task 1 timed out after 3s.", "Task 2 timed out after 3s.",
            "Task 3 runs")


@mark("tsan")
def test_thread_pool():
    limited("""
        pools:
          p:
            kind: thread
            workers: 2
            tasks: 4
            timeout: 3s
            lua: |
              if item == 1 then while true do pcall(function() while true do end end) end end
              if item == 2 then parrun.sleep(math.huge) end
    """, "Task 0 runs", "Task 1 timed out after 3s.", "Task 2 timed out after 3s.",
            "Task 3 runs")


def test_body_stuck_in_c():
    """The runner ends the worker; its task is told, and another worker does what is left."""
    out = limited(f"""
        pools:
          p:
            workers: 1
            tasks: 3
            timeout: 3s
            stop: {{grace: 100ms}}
            lua: if item == 1 then {STUCK} end
    """, "Task 0 runs", "Task 1 timed out after 3s.", "Task 2 runs")
    assert out.count("Task 1 ") == 1, out


def test_process_stuck_in_c():
    limited(f"""
        processes:
          p:
            timeout: 200ms
            stop: {{grace: 100ms}}
            lua: {STUCK}
    """, "timed out after 200ms.")


@mark("tsan")
def test_threads():
    limited("""
        threads:
          busy: {timeout: 200ms, lua: "while true do pcall(function() while true do end end) end"}
          asleep: {timeout: 200ms, lua: "parrun.sleep(math.huge)"}
          command: {timeout: 200ms, lua: "parrun.run('sleep 1000; true')"}
    """, "busy timed out after 200ms.", "asleep timed out after 200ms.",
            "command timed out after 200ms.")


@mark("tsan")
def test_stop_while_threads_are_busy():
    directory = Directory()
    run = Run("""
        threads:
          busy: {lua: "print('ready') while true do pcall(function() while true do end end) end"}
          command: {lua: "print('ready') parrun.run('sleep 1000; true')"}
        pools:
          p: {kind: thread, workers: 1, tasks: 2, output: lines, lua: "print('ready') while true do end"}
    """, directory=directory)
    for _ in range(3):
        run.wait_for(rb"ready")
    run.signal(TERM)
    status, out, err = run.finish()
    check_nothing_left()
    check_status(status, died_of(TERM), out + err)


def test_stop_while_lua_is_stuck_in_c():
    """Nothing reaches the body of a process or a worker: it is killed when its grace has passed."""
    directory = Directory()
    told = os.open(directory.fifo("stuck"), os.O_RDWR)  # never without a reader: what is written is not lost
    run = Run(f"""
        processes:
          p:
            stop: {{grace: 200ms}}
            lua: |
              local f = io.open("stuck", "w") f:write("p") f:close()
              {STUCK}
        pools:
          q:
            workers: 1
            tasks: 2
            stop: {{grace: 200ms}}
            lua: |
              local f = io.open("stuck", "w") f:write("q") f:close()
              {STUCK}
    """, directory=directory)
    assert {os.read(told, 1), os.read(told, 1)} == {b"p", b"q"}
    os.close(told)
    run.signal(TERM)
    status, out, err = run.finish()
    check_nothing_left()
    check_status(status, died_of(TERM), out + err)


def test_timeout_while_stopped():
    """A child that somebody stopped with SIGSTOP is ended at its limit all the same."""
    run = Run("""
        processes:
          test:
            timeout: 4s
            run: "trap 'echo heard; exit 0' TERM; echo ready $$; while :; do sleep 0.1; done"
    """)
    pid = int(run.wait_for(rb"ready (\d+)").group(1))
    os.kill(pid, 19)
    status, out, err = run.finish()
    check_nothing_left()
    check_status(status, 1, out + err)
    assert b"heard" in out, out
