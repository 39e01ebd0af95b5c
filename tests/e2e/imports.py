"""Other runners' files: what they become runs as there; files of other kinds are named."""
import os
import signal
import subprocess

import site

site.main()  # tests are started without it

import yaml

from harness import yaml12
from harness.parrun import PATIENCE, PROGRAM, Directory, Run, own_path
from harness.paths import TESTS

NO_PORT = {name: value for name, value in os.environ.items() if name != "PORT"}

# The name of a file, what is in it, and what it is; of those that import reads themselves none.
STRANGERS = [
    ("Makefile", "import: run\n\techo\n", "a makefile"),
    ("justfile", "import:\n  echo a\n", "a justfile"),
    ("Snakefile", "rule a:\n  input: x\n", "a file of Snakemake"),
    ("supervisord.conf", "[supervisord]\nx=1\n", "a file of supervisord"),
    ("web.service", "[Unit]\nDescription=x\n", "a unit of systemd"),
    ("pyproject.toml", "[project]\nname = 'x'\n", "a file of sections such as INI or TOML"),
    ("ci.yml", "on: push\njobs: {a: {steps: []}}\n", "a workflow of GitHub Actions"),
    ("Taskfile.yml", "version: '3'\ntasks: {a: {cmds: [x]}}\n", "a Taskfile"),
    (".gitlab-ci.yml", "stages: [a]\nb: {script: [x]}\n", "a pipeline of GitLab"),
    ("tmux.yml", "name: x\nwindows: [a: b]\n", "a file of tmuxinator"),
    ("pod.yaml", "apiVersion: v1\nkind: Pod\n", "a manifest of Kubernetes"),
    ("Dockerfile", "FROM x\nRUN y\n", "a Dockerfile"),
    ("build", "FROM x\nRUN y\n", "a Dockerfile"),
    ("crontab", "* * * * * x\n", "a crontab"),
    ("package.json", '{"name": "x", "scripts": {"a": "b"}}', "a package.json"),
    ("local.env", "A=1\n", "an environment file"),
]


def parrun(directory, *arguments, environment=None):
    ended = subprocess.run([PROGRAM, *arguments], cwd=directory.path, capture_output=True, check=False,
                           env=environment, timeout=PATIENCE)
    return ended.returncode, ended.stdout.decode(), ended.stderr.decode()


def imported(directory, name, environment=None):
    status, text, errors = parrun(directory, "import", name, environment=environment)
    assert status == 0 and not errors, errors
    return text


def test_strangers():
    for name, text, what in STRANGERS:
        directory = Directory()
        directory.file(name, text)
        for arguments, end in ((["import"], "which import does not read"), ([], "no scenario")):
            status, out, errors = parrun(directory, *arguments, name)
            assert status == 2 and not out, (name, out)
            assert f": error: this is {what}, {end}\n" in errors, (name, errors)
            assert errors.count(": error: ") == 1, errors


def test_other_readers_read_what_is_written():
    """A strict reader takes '?' in a list for the beginning of a key."""
    checked = 0
    for path in sorted((TESTS / "golden").glob("import-*/expected")):
        text = path.read_text(errors="replace")
        if not (path.parent / "status").exists():
            assert isinstance(yaml12.load(text), dict), path
            checked += 1
    assert checked > 10, checked
    directory = Directory()
    words = ["a?b", "?", "? x", "-", "a: b", "#c", "[x", "x,y", "*x", "&x", "!x", "%x", "@x", "`x", "x:", "|", ">"]
    directory.file("compose.yaml", yaml.safe_dump({"services": {"a": {"image": "x", "command": words}}}))
    assert yaml.safe_load(imported(directory, "compose.yaml"))["processes"]["a"]["exec"][-len(words):] == words


def test_nothing_in_it():
    for name in ("compose.yaml", "Procfile", "empty"):
        directory = Directory()
        directory.file(name, "# nothing\n")
        status, out, errors = parrun(directory, "import", name)
        assert status == 2 and not out
        assert "the file is empty" in errors or "no line of this Procfile" in errors, errors


def test_shell_variables_stay():
    """$i of a loop is the shell's own."""
    directory = Directory()
    directory.file("process-compose.yaml", """\
        version: "0.5"
        processes:
          loop:
            command: 'i=0; while [ $i -lt 3 ]; do echo "tick $i ${GREETING:-hi}"; i=$((i+1)); done'
        """)
    ended = subprocess.run([PROGRAM, "-"], input=imported(directory, "process-compose.yaml").encode(),
                           cwd=directory.path, capture_output=True, check=True, timeout=PATIENCE)
    assert [f"loop | tick {i} hi" in ended.stdout.decode() for i in range(3)] == [True] * 3, ended


def test_daemon():
    """It runs until it is stopped, once, and by its own command."""
    directory = Directory()
    directory.file("process-compose.yaml", """\
        version: "0.5"
        processes:
          server:
            command: "setsid sleep 300 & echo $! >pid; echo start >>starts; exit 0 # left behind"
            is_daemon: true
            availability: {restart: always}
            readiness_probe: {exec: {command: test -f pid}, period_seconds: 1}
            shutdown: {command: "kill $(cat pid); echo stopped >>starts"}
          user:
            command: echo used
            depends_on: {server: {condition: process_healthy}}
        """)
    run = Run(imported(directory, "process-compose.yaml"), directory=directory)
    run.wait_for(rb"user \| used")
    run.signal(signal.SIGTERM)
    run.finish()
    assert (directory.path / "starts").read_text() == "start\nstopped\n"


def test_port_of_a_procfile():
    cases = [
        ({}, {}, [5000, 5100]),
        ({".env": "PORT=3000\n"}, {"PORT": "4000"}, [3000, 3100]),
        ({}, {"PORT": "4000"}, [4000, 4100]),
        ({".env": "PORT=3000\n", ".foreman": "port: 7000\n"}, {}, [7000, 7100]),
        ({".env": "PORT=-1\n", ".foreman": "port: 99999999999999999999\n"}, {"PORT": "4000"}, [4000, 4100]),
    ]
    for files, environment, expected in cases:
        directory = Directory()
        directory.file("Procfile", "web: echo $PORT\ncss: echo $PORT\n")
        for name, text in files.items():
            directory.file(name, text)
        environment = {**NO_PORT, **environment}
        directory.file("web.yaml", imported(directory, "Procfile", environment))
        status, out, errors = parrun(directory, "web.yaml", environment=environment)
        assert status == 0, errors
        for name, port in zip(("web", "css"), expected):
            assert f"{name} | {port}\n" in out, (files, out)


def test_env_of_a_procfile():
    """What foreman reads otherwise is told by its line, without its value."""
    directory = Directory()
    directory.file("Procfile", "web: true\n")
    directory.file(".env", "SAME=1\nNOTE=a # b\nWORD='x'\nHOUSE=$HOME\n")
    text = imported(directory, "Procfile")
    assert "# Line 2 of .env: foreman takes all behind NOTE= as it is" in text
    assert "# Line 4 of .env: foreman takes all behind HOUSE= as it is" in text
    assert text.count("of .env:") == 2 and "a # b" not in text


def test_places_in_a_variable():
    """Those that no value has are not taken for others."""
    directory = Directory()
    directory.file("process-compose.yaml", """\
        processes:
          a: {command: x, environment: ["A=${B:3:2}", "C=${B:9223372036854775807:9223372036854775807}"]}
        """)
    text = imported(directory, "process-compose.yaml")
    assert ":sub(4, 5)" in text and ":sub(1000000001, 2000000000)" in text, text


def test_variables_as_they_are():
    """Where parrun wants a number or a word the variable's value at the import is taken, .env's too."""
    directory = Directory()
    directory.file(".env", "GRACE=7s\nFILES=2000\n")
    directory.file("compose.yaml", """\
        services:
          a: {command: sleep 1, stop_grace_period: $GRACE, ulimits: {nofile: "${FILES:-1}"},
              restart: "${AGAIN:-on-failure:4}"}
        """)
    environment = {**own_path(), "FILES": "3000"}
    text = imported(directory, "compose.yaml", environment)
    assert "stop: {grace: 7s}" in text and "nofile: 3000" in text and "max: 4" in text, text
    assert text.count("which it is at the import") == 3, text


def test_one_file_alone():
    """What another file has is told with what prints all of it."""
    cases = [
        ("services: {a: {extends: {file: b.yaml, service: b}}}", "service 'a' extends another"),
        ("services: {a: {image: x, depends_on: [b]}}", "there is no 'b' in this file"),
        ("services: {a: {image: x, network_mode: 'service:b'}}", "there is no service 'b'"),
    ]
    for text, message in cases:
        directory = Directory()
        directory.file("compose.yaml", text)
        status, out, errors = parrun(directory, "import", "compose.yaml")
        assert status == 2 and not out
        assert message in errors and "'docker compose config' prints all of it" in errors, errors
