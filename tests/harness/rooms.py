"""The check of who includes whom, and its check of itself."""
from .case import Case, failed, passed
from .command import run_command
from .paths import TESTS


def run(*arguments):
    ended = run_command([TESTS / "rooms", *arguments], 60)
    return passed() if ended.status == 0 else failed(ended.detail())


def cases():
    yield Case("rooms", "includes", run, quick=True)
    yield Case("rooms", "self-test", lambda: run("--self-test"), quick=True)
