"""What is being done now, in one line of the terminal that the next one replaces."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CLEAR = "\r\033[K"
"""Go to the beginning of the line and empty it (ECMA-48, EL)."""
_EVERY_SECONDS = 0.2


class Progress:
    """Says on stderr what takes long, where a person sees it; else nothing.

    What is printed for good comes after `clear`.
    """

    def __init__(self) -> None:
        """Find out whether a person sees it."""
        self._is_seen = sys.stderr.isatty()
        self._written_at = 0.0

    def say(self, what: str) -> None:
        """Show what begins now."""
        if self._is_seen:
            print(f"{_CLEAR}{what} ...", end="", file=sys.stderr, flush=True)
            self._written_at = time.monotonic()

    def counting[T](self, what: str, things: Iterable[T]) -> Iterator[T]:
        """Yield things, and show from time to time how many there were."""
        self.say(what)
        for number, thing in enumerate(things, 1):
            if self._is_seen and time.monotonic() > self._written_at + _EVERY_SECONDS:
                self.say(f"{what}: {number:,}")
            yield thing

    def clear(self) -> None:
        """Take away what is shown."""
        if self._is_seen and self._written_at:
            print(_CLEAR, end="", file=sys.stderr, flush=True)
