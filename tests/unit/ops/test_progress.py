"""What takes long is shown where a person sees it, and nowhere else."""

import os
import pty
import sys

import pytest

from ops import progress
from ops.progress import Progress


def test_in_a_terminal_one_line_says_what_is_done_and_how_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "_EVERY_SECONDS", 0)
    leader, follower = pty.openpty()

    with open(follower, "w", encoding="utf-8") as terminal:  # noqa: PTH123 - no path
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", terminal)
            shown = Progress()
            things = list(shown.counting("Reading", iter("ab")))
            shown.clear()
        written = b""
        while written.count(b"\033[K") < 4:  # A terminal hands out what it has, in pieces.
            written += os.read(leader, 1000)
        lines = written.decode().split("\r\033[K")
    os.close(leader)

    assert things == ["a", "b"]
    assert lines == ["", "Reading ...", "Reading: 1 ...", "Reading: 2 ...", ""]


def test_elsewhere_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Progress()

    assert list(shown.counting("Reading", iter("ab"))) == ["a", "b"]
    shown.say("Waiting")
    shown.clear()

    assert capsys.readouterr() == ("", "")
