"""What differs from run to run, made equal: pids, durations, times, run ids."""
import re

MASKS = [(re.compile(pattern), replacement) for pattern, replacement in (
    # the document's sentences
    (rb"^(Parent process) \d+\.$", rb"\1 PID."),
    (rb"^((?:Run child process|Run task|Worker) [^\n]*)\(\d+\)", rb"\1(PID)"),
    (rb"^(Process \S+ runs in the background) \(\d+\)", rb"\1 (PID)"),
    (rb"^(Process (?:\S+ )?to (?:read|write|read and write):) \d+$", rb"\1 PID"),
    (rb"^(Task [^\n]* runs) \d+\.\d\d seconds\.$", rb"\1 N.NN seconds."),
    (rb"^(Process [^\n]* is ready after) \d+\.\d\d seconds\.$", rb"\1 N.NN seconds."),
    (rb"\bpid \d+", rb"pid PID"),
    # whichever build it is that tells how to run it again
    (rb"(run it alone: |run what is left: |\"command\":\")/\S*/parrun ", rb"\1parrun "),
    # JSON lines
    (rb'"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"', rb'"time":"TIME"'),
    (rb'"run":"[^"]*"', rb'"run":"RUN"'),
    (rb'"pid":\d+', rb'"pid":"PID"'),
    (rb'"(seconds|at|began|finished|all_seconds|cpu_seconds)":\d+(\.\d+)?(e-?\d+)?', rb'"\1":"N.NN"'),
    (rb'"memory":\d+', rb'"memory":"N"'),
    (rb'"host":"[^"]*"', rb'"host":"HOST"'),
)]


# A search for leaks says so of a thread that it meets in the last moment of its life, which is no fault and nothing of the program's.
NOT_OURS = re.compile(rb"==\d+==Unable to get registers from thread \d+\.$")


def own_masks(path):
    """The masks of one test: in each line a pattern, a tab, and what to put for it."""
    if not path.exists():
        return []
    pairs = (line.split(b"\t") for line in path.read_bytes().splitlines())
    return [(re.compile(pattern), replacement) for pattern, replacement in pairs]


def mask(text, directory, more=()):
    """TEXT with all that chance decides made equal; DIRECTORY is where the test ran."""
    text = text.replace(str(directory).encode(), b"DIR")
    lines = [line for line in text.split(b"\n") if not NOT_OURS.search(line)]
    for pattern, replacement in [*MASKS, *more]:
        lines = [pattern.sub(replacement, line) for line in lines]
    return b"\n".join(lines)


def in_order(text, order):
    """TEXT as it is, or with its lines sorted where chance decides their order."""
    if order != "sorted":
        return text
    lines = text.split(b"\n")
    end = lines.pop() if lines[-1] == b"" else None
    return b"\n".join(sorted(lines) + ([end] if end is not None else []))
