"""What the driver prints: failures in full, a line a group, and the total."""
import collections
import sys


class Report:
    def __init__(self):
        self.groups = collections.defaultdict(lambda: [0, 0])
        self.times = []

    def add(self, case, outcome, seconds, processor):
        self.times.append((processor, seconds, f"{case.group}: {case.name}"))
        counts = self.groups[case.group]
        counts[0] += outcome.passed
        counts[1] += outcome.failed
        if outcome.failed:
            print(f"FAILED {case.group}: {case.name}")
            for line in outcome.detail.rstrip("\n").split("\n"):
                print(f"    {line}")
            sys.stdout.flush()

    def total(self):
        return [sum(counts[i] for counts in self.groups.values()) for i in (0, 1)]

    def print_slowest(self, count):
        """The COUNT tests that used most processor time, the one with the most first, and what all of them used."""
        for processor, seconds, name in sorted(self.times, reverse=True)[:count]:
            print(f"{processor:7.2f} s of the processor in {seconds:.2f} s: {name}")
        if count:
            print(f"{sum(one[0] for one in self.times):7.2f} s of the processor in all")

    def print_summary(self):
        """The last line is the total, for a person and for whatever counts."""
        for group, (good, bad) in self.groups.items():
            print(f"{group:8} {good} passed, {bad} failed")
        print("{} passed, {} failed".format(*self.total()))
