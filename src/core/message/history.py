"""What has happened to a message, step by step.

The record knows the service's own steps: when the mail was accepted and every try with its outcome.
What it does not keep are the events of SES, which are merged into it, and what was done for the
mail between two tries. These are kept beside it, each under a name that is made of the step itself:
to keep a step again, or in another order, changes nothing (docs/adr/0012).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from core.message import diagnostic, merging
from core.message.event import Event, EventType, Report
from core.message.ids import made_at
from core.message.record import Attempt, Record
from core.message.status import Status

_HASH_DIGITS = 8


class Kind(StrEnum):
    """What a step is. Its value is what callers read; they must expect further ones."""

    ACCEPTED = "accepted"
    """The mail was stored, and the caller was promised that it will be sent."""
    REFUSED = "refused"
    """The mail was stored as failed: its domain may not send now."""
    TRIED = "tried"
    """SES was asked to send it. How that ended is the code."""
    WAITS = "waits"
    """It was put back on its way after something had gone wrong, and waits for its next try."""
    RESENT = "resent"
    """Another message was made of it, which the text names."""
    FAILED = "failed"
    """The service has given it up."""
    CANCELLED = "cancelled"
    """Somebody has cancelled it before SES was asked."""
    SUPPRESSED = "suppressed"
    """It is not sent to this recipient, because of an earlier bounce or complaint."""
    SENT = "sent"
    """SES has the mail (its event `Send`)."""
    DELIVERED = "delivered"
    DELAYED = "delayed"
    """The receiving host does not take it now. SES tries again."""
    BOUNCED = "bounced"
    REPLIED = "replied"
    """An automatic reply has come ("out of office")."""
    COMPLAINED = "complained"
    COMPLAINT_CLEARED = "complaint cleared"
    """The recipient has said that it was no spam after all."""
    REJECTED = "rejected"
    """SES had taken the mail, and then did not send it."""
    READ = "read"
    CONTENT_SHOWN = "content shown"
    """Somebody has looked at what the mail says (`GetContent`). The code is the id of the key."""


_OF_EVENT = {
    EventType.SEND: Kind.SENT,
    EventType.DELIVERY: Kind.DELIVERED,
    EventType.DELIVERY_DELAY: Kind.DELAYED,
    EventType.BOUNCE: Kind.BOUNCED,
    EventType.AUTOMATIC_REPLY: Kind.REPLIED,
    EventType.COMPLAINT: Kind.COMPLAINED,
    EventType.COMPLAINT_CLEARED: Kind.COMPLAINT_CLEARED,
    EventType.EARLIER_COMPLAINT: Kind.REJECTED,
    EventType.REJECT: Kind.REJECTED,
    EventType.RENDERING_FAILURE: Kind.REJECTED,
    EventType.OPEN: Kind.READ,
}


class Step(NamedTuple):
    """One thing that happened to a message, without any address."""

    at: int
    """When, in milliseconds since 1970. Of the service's own tries the second is known."""
    kind: Kind
    recipient: int = 0
    """The number of the recipient (the first is 1) that it is about; 0: all of them, or none."""
    attempt: int = 0
    """The number of the try (the first is 1) that it belongs to; 0 if it is not known."""
    code: str = ""
    """What a program can compare: how a try ended, an enhanced status code, a type of SES's."""
    text: str = ""
    """The reason in words: the service's own, or what the receiving host said."""
    host: str = ""
    """The name of the host that reports it, if SES says so."""
    took_ms: int = 0
    """How long SES needed to deliver it; 0 if it does not say."""

    @property
    def name(self) -> str:
        """A name that this step has and no other of the message. Names sort by time.

        It is made of what is known about the step: a later version with further members gives the
        steps of events that come again the same names.
        """
        known = {name: value for name, value in self._asdict().items() if value}
        digest = hashlib.sha256(json.dumps(known).encode()).hexdigest()[:_HASH_DIGITS]
        return f"{rfc3339(self.at)}#{self.kind.value}#{self.recipient}#{digest}"


def rfc3339(milliseconds: int) -> str:
    """Return a time, in milliseconds since 1970, as RFC 3339 has it: `2026-11-20T09:15:30.120Z`."""
    time = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def of_event(record: Record, event: Event) -> Iterator[Step]:
    """Yield what an event of SES says: a step for each recipient that it is about."""
    numbers = {each.address: number for number, each in enumerate(record.recipients, start=1)}
    about = merging.meant(record, event)
    if not about or (len(about) == len(numbers) > 1 and _says_the_same(event)):
        first = event.reports[0] if event.reports else Report(event.kind)
        yield _reported(event, first, 0, [])
        return
    for address, reports in about.items():
        for report in reports:
            yield _reported(event, report, numbers[address], [address])


def of_record(record: Record) -> Iterator[Step]:
    """Yield the service's own steps, as far as the record knows them, in their order."""
    accepted_at = round(made_at(record.id) * 1000)
    is_refused = record.state is Status.FAILED and not record.attempts
    if is_refused and record.failed_at == record.created_at:
        yield Step(accepted_at, Kind.REFUSED, text=record.error)
        return
    yield Step(accepted_at, Kind.ACCEPTED, code=record.lane)
    for number, attempt in enumerate(record.attempts, start=1):
        yield _tried(attempt, number, accepted_at)
    tried_at = max(accepted_at, record.attempts[0].at * 1000) if record.attempts else accepted_at
    for number, recipient in enumerate(record.recipients, start=1):
        if recipient.is_suppressed:
            yield Step(tried_at, Kind.SUPPRESSED, recipient=number, text=recipient.detail)
    if record.state is Status.FAILED and record.failed_at:
        kind = Kind.CANCELLED if record.is_cancelled else Kind.FAILED
        yield Step(record.failed_at * 1000, kind, text=record.error)


def in_order(steps: Iterable[Step]) -> list[Step]:
    """Sort steps by time.

    Of the service's own steps only the second is known, and SES has another clock. So within a
    second ours come first, in the order in which they can happen.
    """
    return sorted(steps, key=_place)


def _place(step: Step) -> tuple[object, ...]:
    is_ours = step.kind in _OURS
    return step.at // 1000, not is_ours, 0 if is_ours else step.at, _RANK[step.kind], step


_RANK = {kind: rank for rank, kind in enumerate(Kind)}
_OURS = frozenset(Kind) - {*_OF_EVENT.values(), Kind.RESENT}


def _tried(attempt: Attempt, number: int, accepted_at: int) -> Step:
    code = " ".join(filter(None, (attempt.outcome or "under way", attempt.code)))
    return Step(max(attempt.at * 1000, accepted_at), Kind.TRIED, attempt=number, code=code)


def _says_the_same(event: Event) -> bool:
    return all(report.address is None for report in event.reports)


def _reported(event: Event, report: Report, recipient: int, addresses: list[str]) -> Step:
    named = [*addresses, *([report.address] if report.address else [])]
    said = report.words or report.heard
    words = diagnostic.cleaned(said, named) if said else ""
    return Step(
        at=event.at_ms,
        kind=_OF_EVENT[report.kind],
        recipient=recipient,
        attempt=event.attempt,
        code=report.code,
        text=words or report.detail,
        host=event.host,
        took_ms=event.took_ms,
    )
