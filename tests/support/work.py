"""Bounds on the work that a test may cause: steps of Python, and an end where there is none.

Nothing here measures how fast something is. Steps are counted. The bound on the processor is so far
above the work of one pass that only what goes over its input again and again can reach it.
"""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_TOOL = sys.monitoring.PROFILER_ID


class EndlessError(BaseException):
    """The bound was reached. Not an `Exception`: a handler answers those, and goes on."""


@contextmanager
def never_endless(seconds: float = 30) -> Iterator[None]:
    """Stop what uses the processor for more than `seconds`. Raises `EndlessError`.

    By default that is a hundred times what the largest body takes.

    It can stop within a regular expression: `re` looks for signals every few thousand steps.
    """

    def stop(*_: object) -> None:
        raise EndlessError(f"more than {seconds} seconds of the processor")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def lines_of(do: Callable[[], Any]) -> int:
    """Return how many lines of Python `do` executes, of ours and of every library."""
    count = 0

    def step(*_: object) -> None:
        nonlocal count
        count += 1

    sys.monitoring.use_tool_id(_TOOL, "lines")
    sys.monitoring.register_callback(_TOOL, sys.monitoring.events.LINE, step)
    sys.monitoring.set_events(_TOOL, sys.monitoring.events.LINE)
    try:
        do()
    finally:
        sys.monitoring.set_events(_TOOL, 0)
        sys.monitoring.register_callback(_TOOL, sys.monitoring.events.LINE, None)
        sys.monitoring.free_tool_id(_TOOL)
    return count
