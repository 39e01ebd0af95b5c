"""What a program inherits: its declared descriptors, the signals that parrun was started with, no more."""
import os
import re
import resource
import signal

from harness.parrun import Directory, check_nothing_left, check_status, complete, mark

LOOK = r"""
echo "nofile $(ulimit -Sn) $(ulimit -Hn)"
grep -E '^Sig(Blk|Ign):' /proc/self/status | tr '\t\n' '  '
for fd in /proc/self/fd/*; do test -e $fd && printf '%s ' ${fd##*/}; done
echo "of $1"
"""

# Every way to start a program.
EVERY_WAY = """
    processes:
      shell: {run: sh look shell, fds: {5: log}}
      program: {exec: [sh, look, program]}
      body: {lua: 'io.write(parrun.run("sh look body").out)'}
    pools:
      command: {tasks: 2, workers: 1, run: "sh look command${{ item }}"}
      limited: {tasks: 1, umask: "022", run: sh look limited}
      states: {tasks: 1, lua: 'print(parrun.run("sh look states").out)'}
      source: {tasks: {output: sh look source}, run: "echo ${{ item }}"}
    threads:
      thread: {lua: 'print(parrun.run("sh look thread").out)'}
"""
SCRIPT = "10"  # where the shell that runs the script holds it
LIBRARY = 3 << 31  # signals 32 and 33, which the C library ignores in what posix_spawn(3) starts
WAYS = ("shell", "program", "body", "command0", "command1", "limited", "states", "source", "thread")


def look(**options):
    """What all of them print."""
    directory = Directory()
    directory.file("look", LOOK)
    status, out, err = complete(EVERY_WAY, directory=directory, **options)
    check_status(status, 0, out + err)
    check_nothing_left()
    return out.decode()


def facts(**options):
    """Of each way: the descriptors, and the masks of signals that are blocked and ignored."""
    out = look(**options)
    found = re.findall(r"SigBlk: (\w+) SigIgn: (\w+) ([\d ]+)of (\w+)", out)
    told = {way: (set(fds.split()) - {SCRIPT}, int(blocked, 16), int(ignored, 16) & ~LIBRARY)
            for blocked, ignored, fds, way in found}
    assert sorted(told) == sorted(WAYS), out
    return told


def test_descriptors_and_masks():
    """A stray descriptor, a blocked and no ignored signal at the start."""
    stray = os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(stray, True)
    told = facts(pass_fds=[stray],
                 preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1]))
    for way, (fds, blocked, ignored) in told.items():
        want = {"0", "1", "2", "5"} if way == "shell" else {"0", "1", "2"}
        assert (fds, blocked, ignored) == (want, 0, 0), f"{way}: {fds} {blocked:x} {ignored:x}"


@mark("tsan")
def test_nohup_stays_in_force():
    def start():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGQUIT, signal.SIG_IGN)

    told = facts(preexec_fn=start)
    ignored = 1 << signal.SIGHUP - 1 | 1 << signal.SIGQUIT - 1
    assert {facts[2] for facts in told.values()} == {ignored}, told


def test_limit_on_open_files():
    """The runner may open more than it was started with; what it starts has the limit of before."""
    limits = (300, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    out = look(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limits))
    found = re.findall(r"(?m)^(?:\w+ \| |thread thread >>> )?nofile (\d+) (\d+)$", out)
    assert found == [(str(limits[0]), str(limits[1]))] * len(WAYS), out


def test_what_a_thread_has_open():
    """A file that Lua has open in a thread is in no program that is started meanwhile: none of those
    holds it open, be it for writing, when the thread has closed it and runs it (Text file busy)."""
    directory = Directory()
    for name in ("opened", "started", "end"):
        directory.fifo(name)
    status, out, err = complete("""
        threads:
          writer:
            lua: |
              local script = io.open("script", "w")
              script:write("#!/bin/sh\\necho ran\\n")
              io.open("opened", "w"):close()
              io.open("started"):read("a")
              script:close()
              parrun.run{"chmod", "+x", "script"}
              io.write(parrun.run{"./script"}.out)
              io.open("end", "w"):close()
          reader:
            lua: |
              io.open("opened"):read("a")
              print(parrun.run("readlink /proc/self/fd/*; : >started; cat end").out)
    """, "--show", "*.output", directory=directory)
    check_status(status, 0, out + err)
    assert b"pipe:" in out and b"ran" in out and b"/script" not in out, out


def test_what_stands_between_declared_descriptors():
    """Where a process has 9 and not 8, 8 is closed, whatever parrun itself has there."""
    directory = Directory()
    directory.fifo("opened")
    directory.fifo("end")
    status, out, err = complete("""
        threads:
          holder:
            lua: |
              local files = {}
              for i = 1, 40 do files[i] = io.open("held", "w") end
              io.open("opened", "w"):close()
              io.open("end"):read("a")
        processes:
          first: {run: "cat opened"}
          second: {depends_on: {first: succeeded}, run: "readlink /proc/self/fd/*; : >end", fds: {60: log}}
    """, "--show", "*.output", directory=directory)
    check_status(status, 0, out + err)
    assert b"pipe:" in out and b"/held" not in out, out
