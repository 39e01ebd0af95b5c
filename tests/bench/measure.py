"""Wall and processor time of commands, side by side: the sides take turns, so that what else the machine does hits all of them."""
import dataclasses
import os
import pathlib
import shlex
import statistics
import subprocess
import tempfile
import time

ROUNDS_LEAST, ROUNDS_MOST = 3, 9
TRIAL = 50     # the first, smallest size is the full one by this
NODE = pathlib.Path(__file__).resolve().parents[2] / "build" / "node"
os.environ["PATH"] += f":{NODE}/node_modules/.bin"
NOISY = 0.2    # the middle half of the ratios is wider than this part of their median


@dataclasses.dataclass
class Side:
    """One way to do the work. COMMAND is a shell line, in which @N@ is the size; NEEDS is the program, PACKAGE Debian's
    name for it, or NPM that of the npm registry.

    SECONDS, where given, is a time that was worked out, and nothing is run."""
    name: str
    command: str = ""
    needs: str = "sh"
    package: str = ""
    npm: str = ""
    seconds: float = 0


@dataclasses.dataclass
class Bench:
    """OURS against each of PEERS. A ratio is the peer's time by ours: above 1 we take less."""
    name: str
    work: str     # @N@ is the size
    ours: Side
    peers: list
    size: int = 0         # how much is done, at most; 0: it is always the same
    own: bool = False     # the runner's own processor time is told, for each of SIZE
    repeat: int = 1       # a command that is over too soon is timed so many times in a row, started without a shell
    setup: str = ""       # a shell line that makes what is worked on, of this size
    scenarios: tuple = ()  # names of files, in which @N@ is the size


@dataclasses.dataclass
class Times:
    wall: float
    cpu: float  # user and system, of the command and of all that it has waited for


def quietly(*words):
    """True where the command is there and does well."""
    try:
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def install(side):
    if side.npm:
        quietly("npm", "install", "--silent", "--prefix", str(NODE), side.npm)
    if side.package:
        root = [] if os.getuid() == 0 else ["sudo", "-n"]
        apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
        quietly(*apt, "update", "-q")
        quietly(*apt, "install", "-y", "-q", "--no-install-recommends", side.package)


def available(side):
    """True when the program is there; tries once to install it where it is not."""
    there = ("sh", "-c", f"command -v {side.needs}")
    if not quietly(*there):
        install(side)
    return quietly(*there)


def run_words(side, words, said):
    """Without a shell, and with as little else as there can be: that would count too. Its processor time."""
    said.seek(0)
    said.truncate()
    pid = os.posix_spawnp(words[0], words, os.environ, file_actions=[
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_DUP2, said.fileno(), 2)])
    _, status, used = os.wait4(pid, 0)
    status = os.waitstatus_to_exitcode(status)
    if status != 0:
        said.seek(0)
        raise RuntimeError(f"{side.name}: status {status}\n{said.read().decode(errors='replace')[-2000:]}")
    return used.ru_utime + used.ru_stime


def times_of(side, bench, size):
    """Of one run, in the directory that this process is in."""
    if side.seconds:
        return Times(side.seconds, 0)
    command = side.command.replace("@N@", str(size))
    words = ["sh", "-c", command] if bench.repeat == 1 else \
        [os.path.expandvars(word) for word in shlex.split(command)]
    with tempfile.TemporaryFile() as said:
        began = time.monotonic()
        cpu = sum(run_words(side, words, said) for _ in range(bench.repeat))
        return Times((time.monotonic() - began) / bench.repeat, cpu / bench.repeat)


def a_round(bench, sides, size):
    return {side.name: times_of(side, bench, size) for side in sides}


def prepare(bench, texts, size):
    """Writes what is worked on."""
    if bench.setup:
        subprocess.run(["sh", "-c", bench.setup.replace("@N@", str(size))], check=True)
    for name in bench.scenarios:
        pathlib.Path(name).write_text(texts[name].replace("@N@", str(size)))


def fit(bench, sides, texts, share):
    """The size at which so many rounds as are wanted take SHARE seconds, as far as a small one tells."""
    if not bench.size:
        prepare(bench, texts, 0)
        return 0
    size = max(1, bench.size // TRIAL)
    prepare(bench, texts, size)
    began = time.monotonic()
    a_round(bench, sides, size)
    took = max(time.monotonic() - began, 1e-6)
    size = max(size, min(bench.size, int(size * share / took / (ROUNDS_MOST - 2))))
    size = int(float(f"{size:.1e}"))  # two digits say as much
    prepare(bench, texts, size)
    return size


def more(rounds, part):
    """True where so many rounds, which took that part of the bench's share of the time, are not enough. A machine that is slow gets fewer."""
    if not rounds:
        return True
    return part < 2 if rounds < ROUNDS_LEAST else rounds < ROUNDS_MOST and part < 1


def take_turns(bench, texts, share):
    """The size, and the rounds: a dict of Times by the side's name each. A peer that is missing is in none."""
    began = time.monotonic()
    sides = [side for side in [bench.ours, *bench.peers] if available(side)]
    size = fit(bench, sides, texts, share)
    rounds = []
    while more(len(rounds), (time.monotonic() - began) / share):
        turned = sides if len(rounds) % 2 else sides[::-1]  # who is first differs too
        rounds.append(a_round(bench, turned, size))
    return size, rounds


def ratio_of(rounds, ours, theirs, what):
    """The median of the ratios of each round, and how wide the middle half of them is by it."""
    ratios = sorted(getattr(one[theirs], what) / max(getattr(one[ours], what), 1e-9) for one in rounds)
    middle = statistics.median(ratios)
    cut = len(ratios) // 4
    return middle, (ratios[-1 - cut] - ratios[cut]) / middle if middle else 0


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


def own_time(bench):
    """Seconds of CPU of the runner alone, looked at every 10 ms until it is over."""
    command = bench.ours.command
    if ";" in command:
        before, command = command.split(";", 1)
        subprocess.run(["sh", "-c", before], check=True)
    process = subprocess.Popen(["sh", "-c", f"exec {command.strip()}"],
                               stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    runner, taken = None, 0.0
    while process.poll() is None:
        runner = runner or runner_of(process.pid)
        taken = (processor_time(runner) if runner else None) or taken
        time.sleep(0.01)
    return taken


def rows(bench, texts, share):
    """What was found, a dict for each side: ours is the first, and has no ratios."""
    size, rounds = take_turns(bench, texts, share)
    found = {"bench": bench.name, "work": bench.work.replace("@N@", f"{size:,}"), "rounds": len(rounds)}
    for side in [bench.ours, *bench.peers]:
        row = found | {"side": side.name}
        if side.name not in rounds[0]:
            yield row | {"missing": True}
            continue
        for what in ("wall", "cpu"):
            row[f"{what}_ms"] = statistics.median(getattr(one[side.name], what) for one in rounds) * 1000
            if side is not bench.ours and not (side.seconds and what == "cpu"):
                row[f"{what}_ratio"], width = ratio_of(rounds, bench.ours.name, side.name, what)
                row["noise"] = row.get("noise", False) or width > NOISY or len(rounds) < ROUNDS_LEAST
        yield row
    if bench.own and size:
        yield found | {"side": "the runner alone, for each", "cpu_us": own_time(bench) / size * 1e6}
