"""Processes that begin anew when files change."""
import ctypes
import os
import pathlib
import signal

from harness.control import Client
from harness.parrun import TERM, Directory, Run, check_nothing_left, own_path, wait_until

# Writes down which files a life is for, a line for each life.
JOB = r"""{ [ -z "$PARRUN_CHANGED" ] || tr '\0\n' ' ?' <"$PARRUN_CHANGED"; echo .; } >>seen
"""


def start(scenario, *arguments, files=(), ignored="", **options):
    """A run among FILES, in a repository where git is to have IGNORED something."""
    directory = Directory()
    directory.file("job", JOB)
    for name in [*files, *([".git/HEAD", ".gitignore"] if ignored else [])]:
        path = directory.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ignored if name == ".gitignore" else "old\n")
    return Run(scenario, *arguments, directory=directory, **options)


def lives(run):
    """The files that each life so far was for, by their names from the run's directory."""
    try:
        text = (run.directory.path / "seen").read_text()
    except FileNotFoundError:
        return []
    top = str(run.directory.path) + "/"
    return [line[:-1].replace(top, "").split() for line in text.splitlines(keepends=False) if line.endswith(".")]


def names(run):
    """All of those files."""
    return {name for life in lives(run) for name in life}


def change(run, name, text):
    """As editors do: at once, by another file's new name."""
    path = run.directory.path / name
    other = path.with_name("." + path.name + ".tmp")
    other.write_text(text)
    other.rename(path)


def stop(run):
    run.signal(TERM)
    status, out, err = run.finish()
    assert status == -TERM, (status, out.decode(), err.decode())
    check_nothing_left()
    return out.decode()


def seen(run, name):
    wait_until(lambda: name in names(run))


def test_what_counts():
    """Editors' ways to save, trees that appear, links; not the same bytes, what git ignores, nor what the run writes."""
    run = start("""
        log: {file: in/parrun.log, screen: true}
        processes:
          job: {run: ". ./job", stdout: {file: in/own.log}, watch: {paths: [in, "gen/*.json", late/x], ignore: ["*.tmp", skip/]}}
    """, files=["in/a", "in/b", "in/c", "in/skip/a", "in/out/a", "gen/a.json", "gen/a.txt", "in/x.o"], ignored="gen/\n*.o\n")
    top = run.directory.path
    wait_until(lambda: len(lives(run)) == 1)
    (top / "in/a").write_text("new\n")
    seen(run, "in/a")
    change(run, "in/b", "new\n")
    seen(run, "in/b")
    (top / "in/c").rename(top / "in/c~")  # vim
    (top / "in/c").write_text("new\n")
    (top / "in/c~").unlink()
    seen(run, "in/c")
    # None of these counts, and each is heard before what counts.
    for name in ("in/a", "in/b"):
        change(run, name, "new\n")
    (top / "in/a").chmod(0o600)
    for name in ("in/skip/a", "in/4913", "in/#a#", "in/.hidden", "in/x.tmp", "in/x.o", "in/out/x.o", "gen/a.txt"):
        (top / name).write_text("new\n")
    before = names(run)
    os.utime(top / "in/c", (1, 1))  # as touch(1)
    wait_until(lambda: lives(run)[-1] == ["in/c"])
    assert names(run) == before
    (top / "tree/deep").mkdir(parents=True)
    (top / "tree/deep/x").write_text("")
    (top / "tree").rename(top / "in/tree")
    seen(run, "in/tree/deep/x")
    (top / "in/tree").rename(top / "tree")
    wait_until(lambda: lives(run)[-1] == ["in/tree/deep/x"] and sum("in/tree/deep/x" in life for life in lives(run)) == 2)
    (top / "tree/deep/x").write_text("elsewhere")
    (top / "in/tree/deep").mkdir(parents=True)
    (top / "in/tree/deep/again").write_text("")
    seen(run, "in/tree/deep/again")
    change(run, "gen/a.json", "new\n")
    seen(run, "gen/a.json")
    (top / "in/new\nline").write_text("")
    seen(run, "in/new?line")
    (top / "late").mkdir()
    (top / "late/x").write_text("")
    seen(run, "late/x")
    (top / "late/x").unlink()
    (top / "late").rmdir()
    (top / "late").mkdir()
    (top / "late/x").write_text("again")
    wait_until(lambda: sum("late/x" in life for life in lives(run)) >= 2)
    out = stop(run)
    assert not {name for name in names(run) if "own.log" in name or "parrun.log" in name or "elsewhere" in name}, out


def test_links():
    """A link that is named counts as what it is and as what it leads to, as a volume's ..data."""
    run = start("""
        processes:
          job: {run: ". ./job", watch: {paths: [vol/app.conf, current]}}
    """, files=["vol/v1/app.conf", "releases/1/a", "releases/2/a"])
    top = run.directory.path
    wait_until(lambda: len(lives(run)) == 1)
    (top / "vol/..data").symlink_to("v1")
    (top / "vol/app.conf").symlink_to("..data/app.conf")
    (top / "current").symlink_to("releases/1")
    seen(run, "vol/app.conf")
    seen(run, "current/a")
    (top / "vol/v2").mkdir()
    (top / "vol/v2/app.conf").write_text("new\n")
    (top / "vol/..new").symlink_to("v2")
    (top / "vol/..new").rename(top / "vol/..data")
    wait_until(lambda: sum("vol/app.conf" in life for life in lives(run)) >= 2)
    (top / "releases/2/a").write_text("new\n")
    (top / "next").symlink_to("releases/2")
    (top / "next").rename(top / "current")
    wait_until(lambda: sum("current/a" in life for life in lives(run)) >= 2)
    (top / "releases/2/b").write_text("new\n")
    seen(run, "current/b")
    stop(run)


def test_a_change_while_it_stops():
    """One stop at a time; the life that comes last is for all that has changed; neither failed nor restarted by itself."""
    run = start("""
        processes:
          web:
            run: |
              trap 'echo asked; until [ -e go ]; do sleep 0.05; done; exit 3' TERM
              . ./job
              while :; do sleep 0.1; done
            daemon: true
            stop: {to: leader, grace: 1h}
            watch: {paths: [in], delay: 10ms}
          other: {run: "until [ -e over ]; do sleep 0.05; done"}
    """, files=["in/a", "in/b"])
    top = run.directory.path
    wait_until(lambda: len(lives(run)) == 1)
    change(run, "in/a", "new")
    run.wait_for(rb"asked")
    change(run, "in/b", "new")
    run.wait_for(rb"restarted: .*in/b|and 1 more changed")
    (top / "go").touch()
    wait_until(lambda: {"in/a", "in/b"} <= names(run))
    assert set(lives(run)[-1]) == {"in/a", "in/b"} and len(lives(run)) == 2, lives(run)
    (top / "over").touch()
    status, out, err = run.finish()
    check_nothing_left()
    assert status == 0 and run.seen.count(b"asked") == 2 and b"fail" not in out, (out, err)  # the second is the run's own stop


def test_run_waits_for_its_end():
    """do: run lets what runs come to its end; a change meanwhile is not lost."""
    run = start("""
        processes:
          job: {run: ". ./job; until [ -e go ]; do sleep 0.05; done; echo whole", watch: {paths: [in], delay: 10ms, do: run}}
    """, files=["in/a"])
    wait_until(lambda: len(lives(run)) == 1)
    change(run, "in/a", "new")
    run.wait_for(rb"Process job is run again when it has ended: in/a changed")
    assert len(lives(run)) == 1
    (run.directory.path / "go").touch()
    run.wait_for(rb"whole")
    run.wait_for(rb"whole")
    assert lives(run) == [[], ["in/a"]]
    stop(run)


def test_its_own_changes():
    """A command that changes what it watches is put off after five runs, and goes on for a change of somebody else."""
    place = Directory()
    run = start("""
        processes:
          job: {run: "date +%s%N >in/out; cat in/a", watch: {paths: [in], delay: 10ms, do: run}}
    """, files=["in/a"], env={**own_path(), "XDG_RUNTIME_DIR": str(place.path)})
    while b"5 runs in a row" not in run.seen or run.seen.count(b"Process end") < 5:
        run.line()
    assert b'the last of them in/out' in run.seen and b'ignore: ["in/out"]' in run.seen, run.seen.decode()
    assert run.seen.count(b"Run child process job") == 5, run.seen.decode()
    client = Client(next(place.path.glob("parrun/*/socket")))
    wait_until(lambda: client.ask("status", ["job"])[1].get("status") == 0)  # it knows of the end
    change(run, "in/a", "new")
    run.wait_for(rb"new")
    stop(run)


def test_saves_soon_after_each_beginning():
    """They look like the command's own; the last of them is acted on all the same."""
    run = start("""
        processes:
          api: {run: "cat in/a; exec sleep 1000", watch: {paths: [in], delay: 10ms}, stop: {grace: 1h}}
    """, files=["in/a"])
    run.wait_for(rb"api . old|old")
    for number in (1, 2, 3, 4):
        change(run, "in/a", f"save {number}\n")
        run.wait_for(b"save %d" % number)
    change(run, "in/a", "save 5\n")
    change(run, "in/a", "save 6\n")
    run.wait_for(rb"save 6")
    stop(run)


def test_it_wakes():
    """What has failed, or was given up, begins anew; what was stopped by hand does not, and holds no run open."""
    run = start("""
        processes:
          bad: {run: ". ./job; [ -e good ]", watch: {paths: [in]}, restart: {on: failure, max: 1, delay: 10ms}}
          slow: {run: "[ -e good ]", watch: {paths: [in]}, restart: {on: failure, delay: 1h}}
          after: {run: "echo after", depends_on: {bad: succeeded}, cascade: true}
    """, files=["in/a"])
    run.wait_for(rb"as often as restart allows")
    (run.directory.path / "good").touch()
    change(run, "in/a", "new")
    run.wait_for(rb"\| after")
    stop(run)
    assert lives(run)[-1] == ["in/a"], lives(run)


def test_what_depends_on_it():
    """In the order of dependencies, each once, a one-shot between them again."""
    run = start("""
        processes:
          db: {run: "echo db; exec sleep 1000", ready: {log: db}, watch: {paths: [in]}}
          seed: {run: "echo seed", depends_on: {db: ready}, cascade: true}
          web: {run: "echo web; exec sleep 1000", ready: {log: web}, depends_on: {seed: succeeded, db: ready}, cascade: true}
    """, files=["in/a"])
    run.wait_for(rb"\| web")
    first = run.seen
    change(run, "in/a", "new")
    run.wait_for(rb"\| web")
    out = run.seen[len(first):].decode()
    order = ["Process db is restarted: in/a changed.", "Process web terminated", "Process db terminated", "| db", "| seed", "| web"]
    assert [out.index(text) for text in order] == sorted(out.index(text) for text in order), out
    assert all(out.count(text) == 1 for text in order), out
    stop(run)


def test_a_signal():
    run = start("""
        processes:
          web:
            run: "trap 'echo reread' HUP; trap 'exit 0' USR1; echo up; while :; do sleep 0.1; done"
            watch: {paths: app.conf, do: {signal: HUP}}
    """, files=["app.conf"])
    run.wait_for(rb"\| up")
    change(run, "app.conf", "new")
    run.wait_for(rb"is sent signal HUP: app.conf changed")
    run.wait_for(rb"reread")
    os.kill(children_of(run)[0], signal.SIGUSR1)
    run.wait_for(rb"Process end")
    change(run, "app.conf", "newer")
    run.wait_for(rb"\| up")
    stop(run)


def children_of(run):
    pid = run.runner()
    return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_more_than_is_told():
    """The kernel's queue overflows while nobody reads it: all is looked at, directories that are new too."""
    run = start("""
        processes:
          job: {run: ". ./job", watch: {paths: ["in/**"]}}
    """, files=["in/a", "in/b"])
    top = run.directory.path
    wait_until(lambda: len(lives(run)) == 1)
    most = int(pathlib.Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    runner = run.runner()
    os.kill(runner, signal.SIGSTOP)
    for _ in range(most // 2 + 1):
        (top / "in/c").touch()
        (top / "in/c").unlink()
    (top / "in/new").mkdir()
    (top / "in/new/x").touch()
    os.kill(runner, signal.SIGCONT)
    run.wait_for(rb"files changed faster than they could be told of")
    seen(run, "in/new/x")
    (top / "in/new/y").touch()
    seen(run, "in/new/y")
    stop(run)


def allow_three_directories():
    """To what runs in a user namespace of its own, from here on."""
    uid, gid = os.getuid(), os.getgid()
    assert not ctypes.CDLL(None).unshare(0x10000000)  # CLONE_NEWUSER
    pathlib.Path("/proc/self/setgroups").write_text("deny")
    pathlib.Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
    pathlib.Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    pathlib.Path("/proc/sys/user/max_inotify_watches").write_text("3")


def test_more_directories_than_are_watched():
    """The limit is told with what to raise, and the files are looked at now and then."""
    run = start("""
        processes:
          job: {run: ". ./job", watch: {paths: ["in/**"]}}
    """, files=["in/a", "in/1/a", "in/2/a", "in/3/a", "in/4/a"],
        preexec_fn=allow_three_directories)
    line = run.wait_for(rb"the directories are more than the kernel watches.*").group().decode()
    assert "sysctl fs.inotify.max_user_watches=" in line and "every 2 seconds" in line, line
    wait_until(lambda: len(lives(run)) == 1)
    change(run, "in/4/a", "new")
    seen(run, "in/4/a")
    stop(run)
