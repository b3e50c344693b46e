"""The operator's tool, run in this process on a stack that the test has made."""

import os
import pty
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ops.cli import main
from ops.stack import Stack


class Refused(Exception):
    """The exit status was not 0; the text is what stands on stderr."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status


def run(stack: Stack, capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    """Run a command; the lines that it prints. Raises `Refused`."""
    capsys.readouterr()
    status = main(words, lambda _: stack)
    printed = capsys.readouterr()
    if status:
        raise Refused(status, printed.err)
    return printed.out.splitlines()


@contextmanager
def somebody_who_types(text: str) -> Iterator[None]:
    """Put a terminal in the place of standard input, with somebody who types there."""
    leader, follower = pty.openpty()
    os.write(leader, f"{text}\n".encode())
    with open(follower, encoding="utf-8") as terminal, pytest.MonkeyPatch.context() as patch:  # noqa: PTH123 - no path
        patch.setattr(sys, "stdin", terminal)
        yield
    os.close(leader)
