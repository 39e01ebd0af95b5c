"""Seconds that commands take, side by side: the sides take turns, and the median counts."""
import dataclasses
import os
import statistics
import subprocess
import time


@dataclasses.dataclass
class Side:
    """One way to do the work. COMMAND is a shell line; NEEDS is the program, PACKAGE Debian's name for it."""
    name: str
    command: str
    needs: str = "sh"
    package: str = ""
    runs: int = 5


@dataclasses.dataclass
class Bench:
    """OURS against each of PEERS. A ratio is the peer's time by ours: above 1 we are faster."""
    name: str
    work: str
    ours: Side
    peers: list
    repeat: int = 1  # a command that is over too soon is timed so many times in a row


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


def seconds(side, repeat, directory):
    began = time.monotonic()
    for _ in range(repeat):
        ended = subprocess.run(["sh", "-c", f"exec {side.command}" if repeat > 1 else side.command],
                               cwd=directory, stdin=subprocess.DEVNULL, capture_output=True,
                               check=False)
        if ended.returncode != 0:
            raise RuntimeError(f"{side.name}: status {ended.returncode}\n"
                               f"{ended.stderr.decode(errors='replace')[-2000:]}")
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
