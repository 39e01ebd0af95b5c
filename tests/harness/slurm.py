"""A cluster of Slurm on this machine, on the loopback address alone, for as long as a test has it."""
import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import time

from .parrun import PATIENCE, Directory, held_port, until
from .processes import survivors

NODES = 4
CPUS = 4
CLONE_NEWUTS = 0x04000000

CONF = """\
ClusterName=test
SlurmctldHost={host}({address})
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={path}/munge.socket
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation={path}/state
SlurmdSpoolDir={path}/spool/%n
SlurmctldPidFile={path}/slurmctld.pid
SlurmdPidFile={path}/slurmd-%n.pid
SlurmctldLogFile={path}/slurmctld.log
SlurmdLogFile={path}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
EnforcePartLimits=ALL
KillWait=2
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
SlurmdTimeout=10
ReturnToService=2
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
PartitionName=other Nodes=n1 MaxTime=10 State=UP
PartitionName=closed Nodes=n1 AllowAccounts=others State=UP
"""
NODE = "NodeName=n{number} NodeHostname={host} NodeAddr={address} Port={port} CPUs={cpus} RealMemory=1000 State=UNKNOWN\n"


def own_address():
    """The name of this machine and its address, which the daemons listen at: one of the loopback, or the name becomes that."""
    host = socket.gethostname().partition(".")[0]
    try:
        address = socket.gethostbyname(host)
    except OSError:
        address = ""
    if address.startswith("127."):
        return host, address
    assert not ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUTS), os.strerror(ctypes.get_errno())
    socket.sethostname("localhost")
    return "localhost", "127.0.0.1"


class Cluster:
    """Its daemons are children of the test; `with` ends them, and what they have started."""

    def __init__(self):
        self.directory = Directory()
        self.path = self.directory.path
        self.path.chmod(0o755)
        self.daemons = {}

    def __enter__(self):
        host, address = own_address()
        held = [held_port() for _ in range(NODES + 1)]
        ports = [port for _, port in held]
        (self.path / "state").mkdir()
        (self.path / "spool").mkdir()
        text = CONF.format(host=host, address=address, ports=ports, user=os.popen("id -un").read().strip(), path=self.path)
        for number in range(1, NODES + 1):
            text += NODE.format(number=number, host=host, address=address, port=ports[number], cpus=CPUS)
        self.directory.file("slurm.conf", text)
        os.environ["SLURM_CONF"] = str(self.path / "slurm.conf")
        key = self.directory.file("munge.key", os.urandom(128))
        key.chmod(0o600)
        self.start("munged", "--foreground", f"--key-file={key}", f"--socket={self.path}/munge.socket", f"--pid-file={self.path}/munged.pid",
                   f"--log-file={self.path}/munged.log", f"--seed-file={self.path}/munged.seed")
        until((self.path / "munge.socket").exists, "munge's socket")
        self.start("slurmctld", "-D")
        for number in range(1, NODES + 1):
            (self.path / f"spool/n{number}").mkdir()
            self.start("slurmd", "-D", "-N", f"n{number}", name=f"n{number}")
        until(lambda: self.ask("sinfo", "-h", "-N", "-p", "main", "-o", "%T").split() == ["idle"] * NODES, f"idle nodes; {self.logs()}")
        return self

    def __exit__(self, *_):
        for name in reversed(list(self.daemons)):
            self.stop(name)
        for left in survivors():  # whom a test that failed has left, and Slurm's own for each of its jobs
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(left.split()[0]), signal.SIGKILL)

    def start(self, *argv, name=None):
        out = open(self.path / f"{name or argv[0]}.out", "ab")
        program = shutil.which(argv[0], path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        self.daemons[name or argv[0]] = subprocess.Popen([program, *argv[1:]], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                                         start_new_session=True, cwd=self.path)

    def stop(self, name):
        daemon = self.daemons.pop(name)
        daemon.terminate()
        try:
            daemon.wait(5)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()

    def logs(self):
        return "\n".join(path.read_text(errors="replace")[-2000:] for path in sorted(self.path.glob("*.log")) + sorted(self.path.glob("*.out")))

    @staticmethod
    def ask(*argv):
        """What one of Slurm's commands says; it may not be able to."""
        return subprocess.run(argv, capture_output=True, timeout=PATIENCE, check=False).stdout.decode()

    @staticmethod
    def update(*words):
        """Changes something, once Slurm takes it: it refuses an EndTime of now where a second begins between scontrol and it."""
        until(lambda: subprocess.run(["scontrol", "update", *words], capture_output=True, timeout=PATIENCE, check=False).returncode == 0,
              f"scontrol update {words}")

    def jobs(self, form="%i %T", *states):
        return self.ask("squeue", "-h", "-o", form, *(states or ("-t", "PD,R,CF,S,ST")))

    def empty(self):
        """Waits until no job is left, of any state but ended."""
        deadline = time.monotonic() + PATIENCE
        while left := self.ask("squeue", "-h", "-o", "%i %j %T %r %N"):
            assert time.monotonic() < deadline, f"left in the queue:\n{left}\n{self.logs()}"
            time.sleep(0.05)
