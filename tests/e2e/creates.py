"""Files that tasks and processes create: what is up to date is not run, and half files do not count."""
import json
import os

from harness.parrun import KILL, TERM, Directory, Run, check_nothing_left, check_status, complete, wait_until

TEXT = """
    pools:
      p: {workers: 2, tasks: [a, b, c], creates: "out/${{ item }}", newer_than: ["${{ item }}.in"],
          retry: {attempts: 2, delay: 0s},
          run: "cat ${{ item }}.in >${{ output_tmp }}; grep -q . ${{ item }}.in"}
    processes:
      all: {run: "cat out/* >all", creates: all, newer_than: ["*.in"], depends_on: {p: succeeded}}
"""


def put_input(directory, item, text):
    """Older than whatever is made of it now, for any clock of a file system."""
    os.utime(directory.file(f"{item}.in", text), (1_000_000_000, 1_000_000_000))


def run(directory, *arguments, status=0, text=TEXT):
    ended, out, err = complete(text, "--format=json", "-v", *arguments, directory=directory)
    check_status(ended, status, out + err)
    return [json.loads(line) for line in out.splitlines()]


def of(rows, *kinds):
    return [row for row in rows if row["event"] in kinds]


def started(rows):
    return sorted(row["item"] for row in of(rows, "task.started"))


def test_what_is_made_is_not_made_again():
    directory = Directory()
    path = directory.path
    for item, text in (("a", "a\n"), ("b", "b\n"), ("c", "")):
        put_input(directory, item, text)
    rows = run(directory, "--journal=j.db", status=1)
    assert started(rows) == ["a", "b", "c", "c"], rows
    assert sorted(file.name for file in (path / "out").iterdir()) == ["a", "b"], rows
    (ended,) = of(rows, "pool.ended")
    assert (ended["succeeded"], ended["count"], ended.get("current")) == (2, 1, None), ended
    assert not (path / "all").exists(), rows

    put_input(directory, "c", "c\n")
    (path / "out/b").unlink()
    rows = run(directory, "--journal=j.db", "--resume")  # the file decides, not what the journal has
    assert started(rows) == ["b", "c"], rows
    assert (path / "all").read_text() == "a\nb\nc\n", rows
    undone = {row["item"]: row["reason"] for row in of(rows, "task.undone")}
    assert undone == {"b": "out/b is not there", "c": "it failed"}, undone

    rows = run(directory)
    assert not of(rows, "task.started", "process.started"), rows
    told = [(row["item"], row["reason"]) for row in of(rows, "task.current")]
    assert told == [(item, f"out/{item} is newer than {item}.in") for item in "abc"], told
    (told,) = of(rows, "pool.current")
    assert (told["current"], told["total"], told["reason"]) == (3, 3, "3 of 3 tasks are up to date"), told
    (ended,) = of(rows, "pool.ended")
    assert (ended["succeeded"], ended["current"], ended["left"]) == (0, 3, 0), ended
    (process,) = of(rows, "process.current")
    assert process["reason"].startswith("all is newer than "), process
    rows = run(directory, "--task", "p:1")
    assert started(rows) == ["b"], rows  # whoever asks for a task wants it run
    status, out, err = complete(TEXT, "plan", directory=directory)
    check_status(status, 0, err)
    assert b"# task 1 (b) of pool p\n# up to date: out/b is newer than b.in\n" in out, out
    assert b"# process all\n# up to date: all is newer than " in out, out
    check_nothing_left()


HALF = """
    pools:
      p: {tasks: [whole, half, other], creates: "${{ item }}", remove_failed: true,
          run: "echo ${{ item }} >${{ output_tmp }}; touch ${{ item }}.begun; test -e go || exec sleep 1000"}
      q: {tasks: [plain], creates: "${{ item }}", remove_failed: true,
          run: "echo >${{ item }}; touch ${{ item }}.begun; exec sleep 1000", depends_on: {p: succeeded}}
      twice: {tasks: [a.txt, a.md], creates: "${{ stem(item) }}.out", run: "touch a.out", when: false}
    processes:
      alone: {run: "echo x >${{ output_tmp }}; touch alone.begun; exec sleep 1000", creates: alone, remove_failed: true,
              depends_on: {p: succeeded}}
"""


def test_half_files_do_not_count():
    """Of a runner that is killed nothing removes them, and the next run does not take them for whole."""
    directory = Directory()
    path = directory.path
    directory.file("whole", "made before\n")
    killed = Run(HALF, directory=directory)
    wait_until(lambda: (path / "half.begun").exists() and (path / "other.begun").exists())
    os.kill(killed.runner(), KILL)
    killed.finish()
    assert (path / ".parrun-tmp-half").exists() and not (path / "half").exists()
    directory.file("go", "")
    stopped = Run(HALF, directory=directory)
    wait_until(lambda: (path / "plain.begun").exists() and (path / "alone.begun").exists())
    assert (path / "half").read_text() == "half\n"
    assert (path / "whole").read_text() == "made before\n"
    assert (path / "plain").exists()
    stopped.signal(TERM)
    stopped.finish()
    left = {file.name for file in path.iterdir()}
    assert not left & {"plain", "alone", ".parrun-tmp-half", ".parrun-tmp-other", ".parrun-tmp-alone"}, left
    rows = run(directory, "--only", "twice", text=HALF.replace("when: false", "when: true"), status=1)
    (failed,) = [row for row in of(rows, "task.ended") if "reason" in row]
    assert failed["item"] == "a.md" and failed["reason"].endswith("a.out', which task 0 creates, too"), failed
    check_nothing_left()
