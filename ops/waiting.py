"""What waits for its turn in a stack, in words: by domain and lane, as it was counted."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, NamedTuple

from core.aws.pace_clock import COUNT_IS_GOOD, PaceClock
from core.message import pace
from core.message.pace import Backlog, WaitingList

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.aws.clock_item import Clock
    from ops.stack import Stack

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


class Waiting(NamedTuple):
    """What is lined up, by the clock of the pace. What has its turn already is not in it."""

    clock: Clock
    backlogs: Mapping[WaitingList, Backlog]
    now: float
    """When that was read, in epoch seconds."""

    @classmethod
    def of(cls, stack: Stack) -> Waiting:
        """Ask a stack's table, with one query. Raises `Outage` if DynamoDB fails."""
        now = time.time()
        pace_clock = PaceClock(stack.aws.client("dynamodb"), stack.outputs["TableName"])
        return cls(*pace_clock.state(now), now)

    @property
    def is_counted(self) -> bool:
        """Whether the dispatcher has run of late: else nobody knows what waits."""
        return self.clock.planned_at > self.now - COUNT_IS_GOOD

    @property
    def domains(self) -> set[str]:
        """The domains of which anything is lined up, whether the stack has them or not."""
        return {each.domain for each in self.backlogs}

    def of_domain(self, domain: str) -> str:
        """Return both lanes of a domain: `fast 0  slow 1,200 (oldest 5 minutes, ...)`."""
        lanes = zip(pace.TURNS, self.lanes(domain), strict=True)
        return "  ".join(f"{lane} {told}" for lane, told in lanes)

    def lanes(self, domain: str) -> list[str]:
        """Return what waits of a domain in each lane, in the order of `pace.TURNS`."""
        return [self._of_list(WaitingList(lane, domain)) for lane in pace.TURNS]

    def numbers(self, domain: str) -> dict[str, int | None]:
        """Return how many mails of a domain wait, by lane; None if nobody knows."""
        lists = {lane: self.backlogs.get(WaitingList(lane, domain)) for lane in pace.TURNS}
        return {
            lane: (backlog.waiting if backlog else 0) if self.is_counted else None
            for lane, backlog in lists.items()
        }

    def remarks(self) -> list[str]:
        """Return lines about all domains together: only what is not as it should be."""
        if not self.clock.rounds:
            return [
                "Nobody has counted what waits: the dispatcher has not run yet (./mailctl doctor)."
            ]
        if not self.is_counted:
            since = _span(self.now - self.clock.planned_at)
            return [f"The dispatcher has not run for {since}: nothing leaves (./mailctl doctor)."]
        if self.clock.closed_until > self.now:
            until = _span(self.clock.closed_until - self.now)
            return [f"The account's sending quota is used up: no turns for {until}."]
        return []

    def _of_list(self, waiting_list: WaitingList) -> str:
        if not self.is_counted:
            return "?"
        backlog = self.backlogs.get(waiting_list)
        if backlog is None:
            return "0"
        oldest = _span(self.now - backlog.marks[0] / 1000)
        return f"{backlog.waiting:,} (oldest {oldest}, {self._end_of(backlog)})"

    def _end_of(self, backlog: Backlog) -> str:
        """Say when a list will be empty, if no more is added and the others stay as long."""
        if not backlog.per_hour:
            return "none leaves now"
        left = backlog.waiting * _HOUR / backlog.per_hour - (self.now - backlog.counted_at)
        return f"empty within {_span(max(left, _MINUTE))}"


def _span(seconds: float) -> str:
    """Return a span of time in its largest unit that is not too coarse: `90 minutes`."""
    for unit, name in ((_DAY, "days"), (_HOUR, "hours")):
        if seconds > 2 * unit:
            return f"{math.ceil(seconds / unit)} {name}"
    minutes = max(1, math.ceil(seconds / _MINUTE))
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
