"""What the shell makes of each line of the Procfile is what the scenario prints."""
import os
import pathlib
import subprocess

PARRUN = pathlib.Path(__file__).resolve().parents[3] / "build" / "release" / "parrun"
for number, line in enumerate(open("Procfile").read().splitlines()):
    name, command = line.split(":", 1)
    environment = {"PATH": "/usr/bin:/bin", "PORT": str(5000 + 100 * number), "PS": name + ".1"}
    want = subprocess.run(["/bin/sh", "-c", command], env=environment, capture_output=True).stdout
    ran = subprocess.run([PARRUN, "-"], input=open("stdout.raw", "rb").read(),
                         capture_output=True,
                         env={name: value for name, value in os.environ.items() if name != "PORT"})
    assert ran.returncode == 0, ran
    start = name.encode() + b" | "
    got = b"".join(line[len(start):] for line in ran.stdout.splitlines(keepends=True)
                   if line.startswith(start))
    assert got == want, (got, want)
