"""Asks before something is done that nobody can take back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

_YES = ("y", "yes")


def require_yes(what: Iterable[str], *, is_sure: bool) -> None:
    """Show what will be done, and ask whether it shall be.

    Who is sure is not asked, and `what` is not even looked up. Raises `ValueError` if there is
    nobody to ask, and `typer.Abort` for a no.
    """
    if is_sure:
        return
    if not sys.stdin.isatty():
        raise ValueError(
            "This cannot be taken back, and nobody is at a terminal to be asked:"
            " nothing was changed. With --yes it is done without asking."
        )
    for line in what:
        print(line, file=sys.stderr, flush=True)
    # Not by typer's `confirm`: it writes to standard output, which may be a program's.
    print("Go on? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in _YES:
        raise typer.Abort
