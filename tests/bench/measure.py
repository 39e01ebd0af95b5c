"""Seconds that commands take, side by side: the sides take turns, and the median counts."""
import contextlib
import dataclasses
import os
import pathlib
import shlex
import statistics
import subprocess
import tempfile
import time


@dataclasses.dataclass
class Side:
    """One way to do the work. COMMAND is a shell line; NEEDS is the program, PACKAGE Debian's name for it.

    SECONDS, where given, is a time that was worked out, and nothing is run."""
    name: str
    command: str = ""
    needs: str = "sh"
    package: str = ""
    runs: int = 5
    seconds: float = 0


@dataclasses.dataclass
class Bench:
    """OURS against each of PEERS. A ratio is the peer's time by ours: above 1 we are faster."""
    name: str
    work: str
    ours: Side
    peers: list
    tasks: int = 0  # the runner's own CPU time is told for each of so many
    repeat: int = 1  # a command that is over too soon is timed so many times in a row, started
    # without a shell


def available(side):
    """True when the program is there; tries Debian's package once where it is not."""
    def there():
        return subprocess.run(["sh", "-c", f"command -v {side.needs}"], capture_output=True,
                              check=False).returncode == 0
    if there() or not side.package:
        return there()
    root = [] if os.getuid() == 0 else ["sudo", "-n"]
    for words in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", side.package]):
        try:
            subprocess.run([*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *words],
                           capture_output=True, check=False)
        except FileNotFoundError:
            return False
    return there()


def check(side, status, said):
    if status != 0:
        raise RuntimeError(f"{side.name}: status {status}\n{said.decode(errors='replace')[-2000:]}")


def run_line(side, directory):
    ended = subprocess.run(["sh", "-c", side.command], cwd=directory, stdin=subprocess.DEVNULL,
                           capture_output=True, check=False)
    check(side, ended.returncode, ended.stderr)


def run_words(side, words, said):
    """Without a shell, and with as little else as there can be: that would count too."""
    said.truncate(0)
    pid = os.posix_spawnp(words[0], words, os.environ, file_actions=[
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_DUP2, said.fileno(), 2)])
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status != 0:
        said.seek(0)
        check(side, status, said.read())


def seconds(side, repeat, directory):
    """Of one run. A command that is repeated is no shell line: it has words, and variables in them."""
    if side.seconds:
        return side.seconds
    if repeat == 1:
        began = time.monotonic()
        run_line(side, directory)
        return time.monotonic() - began
    words = [os.path.expandvars(word) for word in shlex.split(side.command)]
    with contextlib.chdir(directory), tempfile.TemporaryFile() as said:
        began = time.monotonic()
        for _ in range(repeat):
            run_words(side, words, said)
        return (time.monotonic() - began) / repeat


def take_turns(bench, directory):
    """Medians by the side's name; None for a peer that is missing."""
    present = [side for side in [bench.ours, *bench.peers] if available(side)]
    times = {side.name: [] for side in present}
    for turn in range(max(side.runs for side in present)):
        for side in present:
            if turn < side.runs:
                times[side.name].append(seconds(side, bench.repeat, directory))
    return {name: statistics.median(taken) for name, taken in times.items()}


def processor_time(pid):
    """Seconds of CPU that this process itself has taken, all of its threads; None where it is over."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def runner_of(pid):
    """The process below parrun's guard that does the work: its first child, once it is there."""
    try:
        words = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return None
    return int(words[0]) if words else None


def own_time(bench, directory):
    """Seconds of CPU of the runner alone, looked at every 10 ms until it is over."""
    command = bench.ours.command
    if ";" in command:
        before, command = command.split(";", 1)
        subprocess.run(["sh", "-c", before], cwd=directory, check=True)
    process = subprocess.Popen(["sh", "-c", f"exec {command.strip()}"], cwd=directory,
                               stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    runner, taken = None, 0.0
    while process.poll() is None:
        runner = runner or runner_of(process.pid)
        taken = (processor_time(runner) if runner else None) or taken
        time.sleep(0.01)
    return taken


def rows(bench, directory):
    """Lines of the table."""
    taken = take_turns(bench, directory)
    ours = taken[bench.ours.name]
    yield f"{bench.name:15} {bench.ours.name:32} {ours * 1000:10.1f} ms"
    for peer in bench.peers:
        if peer.name not in taken:
            yield f"{'':15} {peer.name:32} {'missing':>13}"
            continue
        theirs = taken[peer.name]
        yield f"{'':15} {peer.name:32} {theirs * 1000:10.1f} ms {theirs / ours:8.2f} x"
    if bench.tasks:
        taken = own_time(bench, directory) / bench.tasks
        yield f"{'':15} {'CPU of the runner alone, a task':32} {taken * 1e6:10.2f} us"
