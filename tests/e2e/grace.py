"""The grace of a stop is the whole group's, whatever ends it: what is behind a shell has it to its last process."""
import json
import os
import time

from harness.parrun import INT, PATIENCE, TERM, Directory, Run, check_nothing_left, held_port, mark

# Ends well, once it was asked to and the test has opened the gate. Until then its grace must last. It may be asked twice:
# by timeout(1) and by a signal to its group.
SERVER = """\
#!/bin/bash
trap 'trap "" TERM INT; echo heard; read line <gate; echo closed cleanly; : >over; exit 0' TERM INT
echo up
: >started
while :; do sleep 0.1; done
"""


def ends_well(scenario, stop=None, said=rb"up$"):
    """The server is asked to end, and has time to do so."""
    directory = Directory()
    directory.file("srv.sh", SERVER).chmod(0o755)
    gate = os.open(directory.fifo("gate"), os.O_RDWR)
    run = Run(scenario, directory=directory)
    run.wait_for(said)
    if stop:
        run.signal(stop)
    run.wait_for(rb"heard")
    os.write(gate, b"open\n")
    run.wait_for(rb"closed cleanly")
    status, out, err = run.finish()
    os.close(gate)
    check_nothing_left()
    assert b"killed" not in run.seen + out, run.seen + out + err
    return status, run.seen + out


def behind(line, more=""):
    return f"""
        processes:
          srv: {{run: '{line}', daemon: true, ready: {{log: "^up$"}}, stop: {{grace: 1000s}}{more}}}
          client: {{run: "true", depends_on: srv}}
    """


@mark("tsan")
def test_at_the_end():
    ends_well(behind("./srv.sh"))


def test_behind_a_line():
    ends_well(behind("cd . && ./srv.sh; echo over"))


def test_behind_an_alternative():
    ends_well(behind("./srv.sh || exit 3"))


def test_in_a_subshell():
    ends_well(behind("(cd . && ./srv.sh)"))


def test_in_the_background():
    ends_well(behind("./srv.sh & wait"))


def test_in_a_pipeline():
    ends_well(behind("./srv.sh | (trap \"\" TERM; cat)"))


def test_in_a_group_of_its_own():
    """timeout(1) takes its command to another process group, which the signal to the first does not meet."""
    ends_well(behind("timeout 1000 ./srv.sh; :"))


def test_signal_to_the_run():
    ends_well("""
        processes:
          srv: {run: "./srv.sh; :", stop: {grace: 1000s}}
    """, stop=TERM)


def test_timeout():
    ends_well("""
        processes:
          srv: {run: "./srv.sh; :", timeout: 5s, stop: {grace: 1000s}}
    """)


def test_unhealthy():
    ends_well(behind("./srv.sh; :", ', health: {run: "false", interval: 10ms, threshold: 1}').replace(
        'run: "true"', 'run: "while [ ! -e over ]; do sleep 0.05; done"'))


def test_fail_fast():
    ends_well("""
        fail_fast: true
        processes:
          srv: {run: "./srv.sh; :", ready: {log: "^up$"}, stop: {grace: 1000s}}
          client: {run: "false", depends_on: srv}
    """)


def test_restart():
    """What outlives a leader that is started again has the grace before that."""
    _, out = ends_well("""
        processes:
          srv:
            run: 'if [ -e started ]; then exit 0; fi; ./srv.sh & while [ ! -e started ]; do sleep 0.05; done; exit 1'
            restart: {on: failure, delay: 10ms}
            stop: {grace: 1000s}
    """)
    assert out.index(b"closed cleanly") < out.rindex(b" will start."), out


def test_stop_command():
    """A command that meets the shell alone: what the shell leaves is sent the signal."""
    ends_well(behind("./srv.sh; :").replace("grace: 1000s", 'grace: 1000s, run: "kill -TERM $PARRUN_PID"'))


def test_task_of_a_pool():
    ends_well("""
        pools:
          p: {tasks: 1, workers: 1, run: "./srv.sh; :", output: lines, stop: {grace: 1000s}}
    """, stop=INT)


def test_task_times_out():
    ends_well("""
        pools:
          p: {tasks: 1, workers: 1, run: "./srv.sh; :", timeout: 5s, output: lines, stop: {grace: 1000s}}
    """)


def test_task_of_a_halted_pool():
    ends_well("""
        pools:
          p:
            tasks: 2
            workers: 2
            run: 'if [ $PARRUN_ITEM = 1 ]; then ./srv.sh; fi; while [ ! -e started ]; do sleep 0.05; done; exit 1'
            halt: {failures: 1, how: now}
            output: lines
            stop: {grace: 1000s}
    """)


def test_command_of_a_lua_task():
    ends_well("""
        pools:
          p: {tasks: 1, workers: 1, lua: "parrun.run('./srv.sh >said; :')", stop: {grace: 1000s}}
        processes:
          show:
            run: for word in up heard "closed cleanly"; do while ! grep -qs "$word" said; do sleep 0.05; done; echo $word; done
    """.replace("stop: {grace", "timeout: 5s, stop: {grace"))


def test_command_of_a_thread_pool():
    ends_well("""
        pools:
          p: {kind: thread, tasks: 1, workers: 1, timeout: 5s, lua: "parrun.run('./srv.sh >said; :')"}
        processes:
          show:
            run: for word in up heard "closed cleanly"; do while ! grep -qs "$word" said; do sleep 0.05; done; echo $word; done
    """)


def test_coprocess():
    ends_well("""
        pools:
          p:
            tasks: 1
            workers: 1
            timeout: 5s
            coprocess: {command: [sh, -c, "./srv.sh >&2; :"]}
            stop: {grace: 1000s}
    """)


def test_command_that_makes_tasks():
    ends_well("""
        pools:
          p: {tasks: {output: "./srv.sh >&2; :"}, workers: 1, run: "true", stop: {grace: 1000s}}
    """, stop=TERM)


# A master that lets its worker finish; a signal to the worker would end it in the midst of its job.
MASTER = """\
#!/bin/bash
(read line <gate; echo finished) &
worker=$!
trap 'echo heard; wait $worker; echo "worker ended with $?"; exit 0' TERM
echo up
while :; do wait $worker; sleep 0.05; done
"""


def asks_the_leader(scenario, **options):
    directory = Directory()
    directory.file("master.sh", MASTER).chmod(0o755)
    gate = os.open(directory.fifo("gate"), os.O_RDWR)
    run = Run(scenario, directory=directory)
    run.wait_for(rb"up$")
    if "stop" in options:
        run.signal(options["stop"])
    run.wait_for(rb"heard")
    os.write(gate, b"open\n")
    run.wait_for(rb"finished")
    run.wait_for(rb"worker ended with 0")
    run.finish()
    os.close(gate)
    check_nothing_left()


def test_leader_alone():
    asks_the_leader("""
        processes:
          master: {exec: [./master.sh], daemon: true, ready: {log: "^up$"}, stop: {to: leader, grace: 1000s}}
          client: {run: "true", depends_on: master}
    """)


def test_leader_of_a_task_alone():
    asks_the_leader("""
        pools:
          p: {tasks: 1, workers: 1, exec: [./master.sh], output: lines, stop: {to: leader, grace: 1000s}}
    """, stop=TERM)


def test_rest_of_the_group_after_its_leader():
    """The leader is the shell, which ends of the signal: then the server gets it."""
    ends_well(behind("./srv.sh; :").replace("grace: 1000s", "grace: 1000s, to: leader"))


def test_deaf_group_is_killed():
    """A member that does not listen is killed at the end of the grace, though its leader has ended."""
    run = Run("""
        processes:
          srv:
            run: "trap 'exit 0' TERM; (trap '' TERM; echo up; while :; do sleep 0.1; done) & wait"
            stop: {grace: 100ms}
    """)
    run.wait_for(rb"up$")
    began = time.monotonic()
    run.signal(TERM)
    _, out, err = run.finish()
    check_nothing_left()
    assert b"Process srv killed: it did not end within 100ms." in out, out + err
    assert time.monotonic() - began < PATIENCE


def ended_task(more):
    """What a task that a stop has ended had written is told and kept."""
    directory = Directory()
    run = Run(f"""
        pools:
          p:
            workers: 1
            tasks: [a, b]
            run: 'echo waiting for the lock of ${{{{ item }}}}; : >begun; exec sleep 1000'
            results: {{file: results.jsonl}}
            {more}
        processes:
          look: {{run: "while [ ! -e begun ]; do sleep 0.05; done; echo begun"}}
    """, directory=directory)
    run.wait_for(rb"look . begun")
    run.signal(INT)
    _, out, err = run.finish()
    check_nothing_left()
    out = run.seen + out
    assert b"waiting for the lock of a\n" in out, out + err
    assert b"Task 0 (a) was ended: the run was stopped." in out, out
    records = [json.loads(line) for line in (directory.path / "results.jsonl").read_text().splitlines()]
    assert [record["output"] for record in records] == ["waiting for the lock of a\n"], records
    assert records[0]["ended"] and records[0]["reason"] == "the run was stopped", records


def test_output_of_an_ended_task():
    ended_task("output: group")


def test_ordered_output_of_an_ended_task():
    ended_task("output: ordered")


def test_lines_of_an_ended_task():
    ended_task("output: lines")


def test_endless_answer():
    """A server whose body has no end is ready all the same."""
    held, port = held_port()
    directory = Directory()
    directory.file("server.py", f"""
        import socket, time
        server = socket.create_server(("127.0.0.1", {port}))
        while True:
            peer, _ = server.accept()
            peer.recv(4096)
            peer.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\nevent\\n")
            kept = peer
    """)
    run = Run(f"""
        processes:
          server: {{exec: [python3, server.py], daemon: true, ready: {{http: "http://127.0.0.1:{port}/", timeout: 1000s}}}}
          client: {{run: echo client, depends_on: server}}
    """, directory=directory)
    run.wait_for(rb"client . client")
    run.finish()
    held.close()
    check_nothing_left()
