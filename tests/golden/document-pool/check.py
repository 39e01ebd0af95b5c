"""Three workers, and each task on one that has none: a worker that has not had any, or whose task has ended."""
import re

lines = open("stdout.raw").read().splitlines()
assert re.fullmatch(r"Parent process \d+\.", lines[0]), lines[0]
assert lines[1] == "Waiting for all subprocesses done...", lines[1]
assert lines[-1] == "All subprocesses done.", lines[-1]
busy, of_task, started = set(), {}, []
for line in lines[2:-1]:
    if found := re.fullmatch(r"Run task (\d+) \((\d+)\)\.\.\.", line):
        task, pid = found.groups()
        started.append(int(task))
        assert pid not in busy, f"task {task} is run by {pid}, which has one"
        busy.add(pid)
        of_task[task] = pid
    else:
        task = re.fullmatch(r"Task (\d+) runs \d+\.\d\d seconds\.", line)[1]
        busy.remove(of_task[task])
assert sorted(started) == [0, 1, 2, 3, 4], started
assert len(set(of_task.values())) <= 3, of_task
