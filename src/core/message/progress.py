"""How far an event of SES brings a message, in numbers: CloudWatch makes metrics of them.

The numbers follow from what the event has changed in the record. So each recipient is counted once,
however often an event comes, and nothing is asked for them.
"""

from typing import Any, NamedTuple

from core.message.event import Event, EventType
from core.message.record import Recipient, Record
from core.message.status import Status

_ARRIVED = (Status.DELIVERED, Status.READ)


class Progress(NamedTuple):
    """What an event has changed. What is 0 was not changed. Times are in seconds."""

    recipients: int
    """For how many SES has taken the mail: only if its answer was lost, so that nobody knew."""
    sent_after: float
    """How long after the mail was accepted that was."""
    delivered: int
    """To how many it was delivered."""
    delivered_after: float
    """How long after the mail was accepted that was."""
    bounced: int
    """How many have become `undelivered`."""
    complained: int
    """Complaints, not recipients who may have made them."""
    failed: int
    """1 if the mail has failed: SES had taken it, and did not send it."""

    @property
    def numbers(self) -> dict[str, Any]:
        """Those that are not 0, by name."""
        return {name: number for name, number in self._asdict().items() if number}


def of_change(before: Record, after: Record, event: Event) -> Progress:
    """Say what `event` has changed in its message."""
    pairs = [*zip(before.recipients, after.recipients, strict=True)]
    tried = before.attempts[-1] if before.attempts else None
    is_news = tried is not None and tried.outcome == "no answer" and not before.is_taken
    delivered = sum(_becomes(was, is_, _ARRIVED) for was, is_ in pairs)
    is_timed = event.kind is EventType.DELIVERY and event.at_ms
    return Progress(
        recipients=sum(not is_.is_suppressed for _, is_ in pairs) if is_news else 0,
        sent_after=after.seconds_until(after.attempts[-1].at) if is_news else 0,
        delivered=delivered,
        delivered_after=after.seconds_until(event.at_ms / 1000) if delivered and is_timed else 0,
        bounced=sum(_becomes(was, is_, (Status.UNDELIVERED,)) for was, is_ in pairs),
        complained=int(any(is_.complained_at and not was.complained_at for was, is_ in pairs)),
        failed=int(after.status is Status.FAILED and before.status is not Status.FAILED),
    )


def _becomes(was: Recipient, is_: Recipient, statuses: tuple[Status, ...]) -> bool:
    return is_.status in statuses and was.status not in statuses
