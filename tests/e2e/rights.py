"""Users, groups and limits: dropped exactly, and for good; refused where parrun may not."""
import os
import pathlib
import re
import shutil
import subprocess

from harness.parrun import PATIENCE, PROGRAM, Directory, check_nothing_left, check_status, complete

LOOK = r"""
grep -E '^(Uid|Gid|Groups|CapEff|CapPrm):' /proc/self/status | tr '\t\n' '  '
echo
"""
NOBODY = 65534


def may_drop():
    """Root, with more users than itself: not the root of a user namespace with one."""
    spans = [line.split() for line in pathlib.Path("/proc/self/uid_map").read_text().splitlines()]
    return os.geteuid() == 0 and any(int(first) <= NOBODY < int(first) + int(count)
                                     for first, _, count in spans)


def rights(ids, groups):
    uid, gid = ids
    return (f"Uid: {uid} {uid} {uid} {uid} Gid: {gid} {gid} {gid} {gid} "
            f"Groups: {' '.join(map(str, groups))} CapPrm: 0000000000000000 CapEff: 0000000000000000")


EVERYWHERE = """
    processes:
      shell: {user: nobody, groups: [4, 4711], run: sh look}
      body: {user: nobody, group: 4712, lua: 'print(parrun.run("sh look").out)'}
    pools:
      command: {tasks: 1, user: "65534", groups: [], run: sh look}
      states: {tasks: 1, user: nobody, groups: [4], lua: 'print(parrun.run("sh look").out)'}
      source: {user: nobody, groups: [5], tasks: {output: sh look}, run: "echo ${{ item }}"}
"""


def place():
    directory = Directory()
    directory.file("look", LOOK)
    directory.file("scenario.yaml", EVERYWHERE)
    os.chmod(directory.path, 0o755)
    return directory


def test_own_streams():
    """Whoever lost its rights may still open what it was given."""
    if not may_drop():
        return
    status, out, err = complete("""
        queues: {q: {items: [from a queue]}}
        processes:
          out: {user: nobody, cwd: /, run: echo to stdout >/dev/stdout}
          err: {user: nobody, cwd: /, run: echo to stderr >/dev/stderr}
          in: {user: nobody, cwd: /, stdin: {queue: q}, run: cat /dev/stdin}
          tty: {user: nobody, cwd: /, tty: true, run: echo to a terminal >/dev/stdout}
          three: {user: nobody, cwd: /, fds: {3: log}, run: echo to three >/dev/fd/3}
        pools:
          task: {user: nobody, cwd: /, tasks: 1, run: echo of a task >/dev/stdout}
          coprocess:
            user: nobody
            cwd: /
            tasks: 1
            coprocess: {command: [sh, -c, "read line </dev/stdin; echo of a coprocess >/dev/stdout"]}
            results: {file: results.jsonl}
    """, directory=(directory := Directory()))
    check_status(status, 0, out + err)
    for line in (b"out | to stdout", b"err | to stderr", b"in | from a queue", b"tty | to a terminal",
                 b"three | to three", b"of a task"):
        assert line in out, out
    assert "of a coprocess" in (directory.path / "results.jsonl").read_text()
    check_nothing_left()


def test_rights_are_exact():
    """In every kind of program: real, effective and saved ids, groups, and no way back."""
    if not may_drop():
        return refuses()
    status, out, err = complete(EVERYWHERE, directory=place())
    check_status(status, 0, out + err)
    told = " ".join(out.decode().split())
    for groups in ([4, 4711], [], [4], [5]):
        assert " ".join(rights((NOBODY, NOBODY), groups).split()) in told, f"{groups}: {out.decode()}"
    assert " ".join(rights((NOBODY, 4712), [4712]).split()) in told, out.decode()
    check_nothing_left()
    return None


def refuses(*prefix):
    directory = place()
    ended = subprocess.run([*prefix, PROGRAM, "scenario.yaml"], cwd=directory.path,
                           capture_output=True, timeout=PATIENCE, check=False)
    assert ended.returncode == 2, ended
    assert ended.stderr.count(b"only root, or who has CAP_SETUID and CAP_SETGID") == 5, ended
    assert b"scenario.yaml:3:17: error: 'shell': " in ended.stderr, ended
    assert not ended.stdout, "something was started"
    check_nothing_left()


def test_without_the_right():
    if not may_drop():
        refuses()
    else:
        refuses("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
        refuses("setpriv", "--bounding-set=-setuid,-setgid", "--inh-caps=-setuid,-setgid")


def test_own_user_needs_no_right():
    """Whoever names the user that they are gets what they have."""
    directory = Directory()
    directory.file("scenario.yaml", f"processes: {{test: {{user: {NOBODY}, run: id -u}}}}\n")
    os.chmod(directory.path, 0o755)
    if not may_drop():
        return
    ended = subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                            PROGRAM, "scenario.yaml"], cwd=directory.path, capture_output=True,
                           timeout=PATIENCE, check=False)
    assert ended.returncode == 0 and b"test | 65534\n" in ended.stdout, ended


def test_the_files_of_the_user():
    """HOME, USER and LOGNAME are the user's, unless env says otherwise; streams are parrun's own."""
    if not may_drop():
        return
    directory = Directory()
    os.chmod(directory.path, 0o755)
    status, out, err = complete("""
        processes:
          a: {user: daemon, run: "echo $HOME $USER $LOGNAME"}
          b: {user: daemon, env: {HOME: /elsewhere}, run: "echo $HOME", stdout: {file: kept}}
          c: {user: daemon, run: "echo x >mine"}
    """, directory=directory)
    check_status(status, 1, out + err)
    assert b"a | /usr/sbin daemon daemon\n" in out, out
    assert (directory.path / "kept").read_bytes() == b"/elsewhere\n"
    assert not (directory.path / "mine").exists(), out


def test_drop_that_fails_is_fatal():
    """Where the system refuses the user at the last moment nothing of the body runs."""
    directory = Directory()
    directory.file("scenario.yaml", """
        processes:
          one: {user: nobody, run: echo never}
          two: {user: nobody, lua: print("never")}
        pools:
          three: {tasks: 2, user: nobody, run: echo never}
          four: {tasks: 2, user: nobody, lua: print("never")}
    """)
    strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=setresuid:error=EAGAIN"]
    if not may_drop() or not shutil.which("strace"):
        return
    ended = subprocess.run([*strace, PROGRAM, "scenario.yaml"], cwd=directory.path,
                           capture_output=True, timeout=PATIENCE, check=False,
                           env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
    assert ended.returncode in (1, 4), ended
    assert b"| never" not in ended.stdout and b"\nnever" not in ended.stdout, ended
    assert ended.stdout.count(b"cannot become user 'nobody' (65534)") >= 4, ended.stdout.decode()
    check_nothing_left()


EATER = "python3 -c 'import sys; print(len(bytearray(int(sys.argv[1]) << 20)))'"


def test_memory_limit():
    """The log says how the limit is enforced, and it is; only a cgroup can say that it was met."""
    status, out, err = complete(f"""
        pools:
          p: {{workers: 1, tasks: [1, 400, 2], limits: {{memory: 100M}}, run: "{EATER} ${{{{ item }}}}"}}
    """, "-v")
    check_status(status, 1, out + err)
    check_nothing_left()
    told = out.decode()
    assert "Task 0 (1) runs" in told and "Task 2 runs" in told, told
    if "100M of memory, which its cgroup enforces" in told:
        assert "Task 1 (400) failed: it used more than its memory limit of 100M and was killed" in told, told
    else:
        assert "100M of address space for each process (RLIMIT_AS), as " in told, told
        near = r"Task 1 \(400\) failed: exit code 1; memory limit 100M of address space, highest \d+M resident\."
        assert "MemoryError" in told and re.search(near, told), told


# In pieces, so that nine tenths of a limit on address space are held before it is met.
GROWING = "python3 -c 'import sys; x = [bytearray(1 << 20) for _ in range(int(sys.argv[1]))]'"


def test_more_memory_for_the_next_attempt():
    status, out, err = complete(f"""
        pools:
          p:
            workers: 1
            tasks: [1, 400]
            limits: {{memory: "${{{{ attempt * 256 }}}}M"}}
            retry: {{attempts: 3, delay: 1ms, when: memory}}
            run: "{GROWING} ${{{{ item }}}}"
          other: {{tasks: 1, limits: {{memory: 1G}}, retry: {{attempts: 3, delay: 1ms, when: memory}}, run: exit 3}}
    """)
    check_status(status, 1, out + err)
    told = out.decode()
    assert re.search(r"Task 1 \(400\) of pool p is tried again .*\(attempt 2 of 3\): .*limit.* 256M", told), told
    assert "Task 1 (400) of pool p runs" in told and "attempt 3" not in told and "of pool other is tried" not in told, told


def test_smaller_of_memory_and_address_space():
    for limits, want in (("memory: 1G, as: 2G", "1048576"), ("memory: 2G, as: 1G", "1048576"),
                         ("memory: 1G", "1048576")):
        status, out, err = complete(f"""
            processes: {{test: {{limits: {{{limits}}}, run: ulimit -v}}}}
        """, "-v")
        check_status(status, 0, out + err)
        assert b"its cgroup enforces" in out or f"test | {want}\n".encode() in out, out.decode()
