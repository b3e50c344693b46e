"""How often everything is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Rounds of each measurement; `small` and `large` mails by AWS's latency in milliseconds."""

    starts: int
    small: Mapping[int, int]
    large: Mapping[int, int]
    processes: int
    """Fresh processes whose memory is looked at."""
    batches: Mapping[int, int]
    """Rounds by the number of events in a batch."""
    mail_batches: int
    """Rounds of a batch of a hundred mails."""
    attachment_steps: int
    recipient_steps: int
    messages: tuple[int, int]
    """How many messages are in the table: few, and many."""
    drain_seconds: int
    """How long each span of a drain is that is looked at, in virtual seconds."""
    worst_bytes: int
    """The body of the requests that cost most: API Gateway lets 10 MB through."""


FULL = Scale(
    starts=15,
    small={0: 100, 5: 30, 20: 40},
    large={0: 25, 5: 8, 20: 8},
    processes=5,
    batches={1: 60, 10: 20, 100: 8},
    mail_batches=8,
    attachment_steps=25,
    recipient_steps=80,
    messages=(100, 100_000),
    drain_seconds=600,
    worst_bytes=10_000_000,
)
QUICK = Scale(
    starts=3,
    small={0: 15, 5: 5, 20: 8},
    large={0: 4, 5: 2, 20: 2},
    processes=2,
    batches={1: 10, 10: 5, 100: 2},
    mail_batches=2,
    attachment_steps=4,
    recipient_steps=10,
    messages=(100, 2_000),
    drain_seconds=120,
    worst_bytes=1_000_000,
)
