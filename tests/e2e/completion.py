"""Completion: bash's by asking bash, the others by their syntax where the shell is there."""
import shutil
import subprocess

from harness.parrun import PATIENCE, PROGRAM, Directory

SCENARIO = "vars: {size: 1, sort: a, width: 2}\nthreads: {t: {lua: x = 1}}\n"


def made(shell):
    return subprocess.run([PROGRAM, "--completion", shell], check=True, capture_output=True,
                          timeout=PATIENCE).stdout.decode()


def bash(*words):
    """What bash offers for the last of WORDS."""
    directory = Directory()
    directory.file("mill.yaml", SCENARIO)
    directory.file("two words.yaml", SCENARIO)
    line = " ".join(f"'{word}'" for word in (PROGRAM, *words))
    script = (f"{made('bash')}\ncomplete -p parrun >/dev/null || exit 1\n"
              f"COMP_WORDS=({line})\nCOMP_CWORD={len(words)}\n_parrun\n"
              "printf '%s\\n' \"${COMPREPLY[@]}\"\n")
    ended = subprocess.run(["bash", "--norc", "-c", script], cwd=directory.path, check=True,
                           capture_output=True, timeout=PATIENCE)
    assert not ended.stderr, ended
    return ended.stdout.decode().split("\n")[:-1]


def test_bash_options():
    assert bash("--gr") == ["--graph"]
    assert "--completion" in bash("--")


def test_bash_values():
    assert bash("--format", "j") == ["json"]
    assert bash("--format", "=", "s") == ["story"]
    assert bash("--graph", "=") == ["dot", "tree"]
    assert bash("--hide", "thread.sta") == ["thread.started"]
    assert bash("--completion", "z") == ["zsh"]


def test_bash_files():
    assert bash("mi") == ["mill.yaml"]
    assert bash("two") == ["two words.yaml"]
    assert bash("--log", "mi") == ["mill.yaml"]
    assert bash("--show", "mi") == ["mill.yaml"]


def test_bash_variables():
    assert bash("-v", "mill.yaml", "s") == ["size=", "sort="]
    assert bash("two words.yaml", "w") == ["width="]
    assert bash("--check", "mill.yaml", "size=1", "x") == [""]


def test_others():
    for shell in ("zsh", "fish"):
        text = made(shell)
        assert "graph" in text and "--vars" in text and "thread.started" in text
        if shutil.which(shell):
            subprocess.run([shell, "-n"], input=text.encode(), check=True, timeout=PATIENCE)
    ended = subprocess.run([PROGRAM, "--completion", "csh"], capture_output=True, check=False,
                           timeout=PATIENCE)
    assert ended.returncode == 2 and not ended.stdout, ended
