"""A server of ssh on the loopback address, with keys of its own, for as long as a test has it."""
import os
import pathlib
import shutil
import subprocess

from .parrun import Directory, held_port, until

# SHLVL: bash would read what a login on this machine reads, however long that takes.
SERVER = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {path}/host
AuthorizedKeysFile {path}/user.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
MaxStartups 8:100:8
SetEnv SHLVL=2 XDG_RUNTIME_DIR={path}/there PATH={path}/far:/usr/local/bin:/usr/bin:/bin
"""
CLIENT = """\
Host down
    Port {unused}
Host changed
    UserKnownHostsFile {path}/known.changed
Host *
    HostName 127.0.0.1
    Port {port}
    IdentityFile {path}/user
    IdentitiesOnly yes
    UserKnownHostsFile {path}/known
    StrictHostKeyChecking yes
"""


class Server:
    """`with` ends it. What is in its directory `far` comes first in the PATH there, and `there` is the XDG_RUNTIME_DIR. Its ssh(1), in the PATH of ENV, reaches it by any name but `down`, and does not trust it as `changed`."""

    def __init__(self):
        self.directory = Directory()
        self.path = self.directory.path
        self.env = {**os.environ, "PATH": f"{self.path}/bin:{os.environ['PATH']}"}
        self.daemon = None

    def __enter__(self):
        self.held = [held_port(), held_port()]  # nobody else may have them
        port, unused = (port for _, port in self.held)
        for name in ("host", "user", "other"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", self.path / name], check=True)
        for name, key in (("known", "host"), ("known.changed", "other")):
            self.directory.file(name, f"[127.0.0.1]:{port} " + (self.path / f"{key}.pub").read_text())
        config = self.directory.file("sshd_config", SERVER.format(port=port, path=self.path))
        client = self.directory.file("ssh_config", CLIENT.format(port=port, unused=unused, path=self.path))
        for name in ("bin", "far", "there"):
            (self.path / name).mkdir(mode=0o700)
        self.directory.file("bin/ssh", f'#!/bin/sh\nexec {shutil.which("ssh")} -F {client} "$@"\n').chmod(0o755)
        if os.geteuid() == 0:
            pathlib.Path("/run/sshd").mkdir(exist_ok=True)
        self.log = open(self.path / "log", "wb")
        self.daemon = subprocess.Popen([shutil.which("sshd", path="/usr/sbin:/sbin"), "-D", "-e", "-f", config],
                                       stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        until(lambda: b"Server listening on 127.0.0.1" in (self.path / "log").read_bytes() or self.daemon.poll() is not None, "the server")
        assert self.daemon.poll() is None, (self.path / "log").read_text()
        return self

    def __exit__(self, *_):
        self.daemon.terminate()
        self.daemon.wait()
        self.log.close()
        for held, _ in self.held:
            held.close()
