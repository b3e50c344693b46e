"""What callers are told about when a waiting mail is sent (docs/status.md, When a mail's turn is).

All are pure functions. Times are in epoch seconds.
"""

import math
import time

from core.message import pace
from core.message.pace import Backlog
from core.message.record import Record

_WAITS = "Waits for its turn"
_COUNTED_WITHIN = 120
"""Seconds: how long it takes, once a mail is lined up, until the dispatcher has seen its list."""
_MOST_MINUTES = 120
"""Up to how many minutes a span of time is told in minutes; a longer one is told in hours."""


def of_turn(record: Record, now: int) -> str:
    """Say when the turn is of a mail that has one."""
    return _expected(record, math.ceil((record.next_attempt_at - now) / 60), now)


def of_lined_up(record: Record, backlog: Backlog | None, now: int) -> str:
    """Say when a mail that is lined up gets its turn. `backlog` is its list's, if that is known."""
    if backlog is None and now - record.created_at < _COUNTED_WITHIN:
        return _expected(record, _COUNTED_WITHIN // 60, now)
    return _expected(record, backlog and backlog.minutes_before(record.id, now), now)


def of_closed(record: Record, reason: str, closed_until: int, now: int) -> str:
    """Say when a mail that is lined up can have its turn, if the day's quota is used up.

    `reason` says that it is, and ends with a full stop.
    """
    if _is_doubted(closed_until, now):
        return _until_it_frees(reason)
    return f"{reason} {_expected(record, math.ceil((closed_until - now) / 60), now)}"


def of_refused(reason: str, closed_until: int, now: int) -> str:
    """Say to who has just sent a mail that the day's quota is used up, and when it frees."""
    if _is_doubted(closed_until, now):
        return _until_it_frees(reason)
    return f"{reason} It frees at about {time.strftime('%H:%M', time.gmtime(closed_until))} UTC."


def _is_doubted(closed_until: int, now: int) -> bool:
    """Tell whether nobody knows yet when the quota frees: SES has just been heard to refuse."""
    return closed_until <= now + pace.DOUBTED_SECONDS


def _until_it_frees(reason: str) -> str:
    return f"{reason.removesuffix('.')}: the mail waits until it frees."


def _expected(record: Record, minutes: int | None, now: int) -> str:
    """Say within how many minutes a mail gets its turn (None: nobody knows), and if that is late.

    Whose turn comes after its time is given up then, and not before (`lifecycle.hand_out`).
    """
    if minutes is None:
        return f"{_WAITS}."
    minutes = max(1, minutes)
    late = " Its time is over before that: it would be given up then."
    is_late = now + minutes * 60 > record.retry_until
    return f"{_WAITS}, expected within {_span(minutes)}.{late if is_late else ''}"


def _span(minutes: int) -> str:
    if minutes > _MOST_MINUTES:
        return f"{math.ceil(minutes / 60)} hours"
    return f"{minutes} minute{'s' if minutes > 1 else ''}"
