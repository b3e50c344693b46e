"""The clock of the pace as it is in DynamoDB: where the pace is, and how fast."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from core.message import pace
from core.message.pace import Lane, WaitingList

MILLION = 1_000_000
_MILLIONTHS = frozenset({"fast_until", "slow_until", "rate", "unplanned"})
"""What is stored in millionths: at high rates a turn has few thousandths of a second."""


def millionths(seconds: float) -> int:
    """Return a time or a rate as it is stored."""
    return round(seconds * MILLION)


class Clock(NamedTuple):
    """Where the pace is. Times are in epoch seconds."""

    fast_until: float = 0.0
    """Up to when turns of the fast lane were taken."""
    slow_until: float = 0.0
    """The same for the slow lane and all that the dispatcher gives out."""
    busy_until: int = 0
    """Up to when new mails of the slow lane line up, because others are lined up already."""
    rate: float = pace.NEW_RATE
    """Recipients a second that SES takes."""
    closed_until: int = 0
    """When the day's quota frees, if it is used up."""
    throttled: int = 0
    """How often SES has refused for its rate, ever."""
    rounds: int = 0
    """How many rounds the dispatcher has planned, ever."""
    planned_at: int = 0
    """When it planned the newest."""
    unplanned: float = 0.0
    """What `pace.unplanned_now` returned then."""
    throttled_before: int = 0
    """`throttled`, then."""
    last: str = ""
    """The name of the list that came last in it."""

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """Read an item in plain values."""
        known = {name: item[name] for name in cls._fields if name in item}
        return cls(**known | {name: known[name] / MILLION for name in _MILLIONTHS & known.keys()})

    def written(self) -> dict[str, Any]:
        """Return it as an item, in plain values (`items.attributes` writes no fractions)."""
        values = self._asdict()
        return values | {name: millionths(values[name]) for name in _MILLIONTHS}

    def until(self, lane: Lane) -> float:
        """Return up to when turns of a lane were taken."""
        return self.fast_until if lane == "fast" else self.slow_until

    @property
    def last_list(self) -> WaitingList | None:
        """The list that came last in the newest round."""
        return WaitingList.named(self.last) if self.last else None
