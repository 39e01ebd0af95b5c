"""Three workers, tasks 0 to 2 before any end, and each later task on the pid that fell free."""
import re

lines = open("stdout.raw").read().splitlines()
assert re.fullmatch(r"Parent process \d+\.", lines[0]), lines[0]
assert lines[1] == "Waiting for all subprocesses done...", lines[1]
assert lines[-1] == "All subprocesses done.", lines[-1]
free, of_task, started = set(), {}, []
for line in lines[2:-1]:
    if found := re.fullmatch(r"Run task (\d+) \((\d+)\)\.\.\.", line):
        task, pid = found.groups()
        started.append(int(task))
        if len(started) > 3:
            assert pid in free, f"task {task} is run by {pid}, but {free} fell free"
            free.remove(pid)
        of_task[task] = pid
    else:
        task, seconds = re.fullmatch(r"Task (\d+) runs (\d+\.\d\d) seconds\.", line).groups()
        assert len(started) >= 3, f"task {task} ended before tasks 0 to 2 had started"
        assert 0 <= float(seconds) < 3.5, line
        free.add(of_task[task])
assert sorted(started[:3]) == [0, 1, 2] and started[3:] == [3, 4], started
assert len(set(of_task.values())) == 3, of_task
