"""How what SES tells of a message becomes part of its record.

Pure functions, like those of `lifecycle`. The events of a message may be merged in any order, and
each any number of times: the record is the same in the end, as each member of a recipient only
grows (in rank, in time, or in the alphabet).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from core.lazily import lazily
from core.message import status
from core.message.event import Event, EventType, Report
from core.message.lifecycle import note_attempt, note_taken
from core.message.record import Recipient, Record
from core.message.status import Status

if TYPE_CHECKING:
    from core.message import diagnostic
else:  # Most mails are delivered.
    diagnostic = lazily("core.message.diagnostic")

Meant = Mapping[str, Sequence[Report]]
"""Of each recipient of a message that an event is about, by address: what it says of it."""

_BECOMES = {
    EventType.SEND: Status.SENT,
    EventType.DELIVERY_DELAY: Status.SENT,
    EventType.DELIVERY: Status.DELIVERED,
    EventType.BOUNCE: Status.UNDELIVERED,
    EventType.EARLIER_COMPLAINT: Status.UNDELIVERED,
    EventType.REJECT: Status.FAILED,
    EventType.RENDERING_FAILURE: Status.FAILED,
    EventType.OPEN: Status.READ,
}
"""The status that a report reports (docs/contract.md B3)."""
_IS_NOTED = frozenset(
    {
        EventType.AUTOMATIC_REPLY,
        EventType.COMPLAINT,
        EventType.COMPLAINT_CLEARED,
        EventType.EARLIER_COMPLAINT,
    }
)
"""What is noted with its time, whatever it does to the status."""
_NAMED_ONLY = frozenset({EventType.COMPLAINT, EventType.COMPLAINT_CLEARED, EventType.OPEN})
"""What is only ever about a recipient that it names."""


def meant(record: Record, event: Event) -> Meant:
    """Return whom of a message's recipients an event is about, and what it says of each.

    A bounce names the address at which the mail ended. If that was forwarded, the message does not
    have it, and sometimes SES can find no address at all. Who is meant is then clear if SES had the
    mail for one recipient only; but the address that is dead is not that recipient's. Otherwise
    whatever the message does not have is passed over.
    """
    ours = {recipient.address for recipient in record.recipients}
    about: dict[str, list[Report]] = {}
    for report in event.reports:
        for address in ours if report.address is None else ours & {report.address}:
            about.setdefault(address, []).append(report)
    if not about and event.kind not in _NAMED_ONLY:
        sent_to = [each.address for each in record.recipients if not each.is_suppressed]
        if len(sent_to) == 1:
            about = {sent_to[0]: [report._replace(is_dead=False) for report in event.reports]}
    return about


def merge(record: Record, event: Event) -> Record:
    """Add to a message what an event of SES says.

    Every event proves that SES has the mail, whatever was known before.
    """
    merged = record if record.is_suppressed else note_taken(record)
    if 0 < event.attempt <= len(record.attempts):
        merged = note_attempt(
            merged, event.attempt, outcome="sent", ses_message_id=event.ses_message_id, code=""
        )
    about = meant(record, event)
    is_alone = len(about) == 1
    recipients = tuple(
        _told(each, about.get(each.address, ()), event.at, is_alone=is_alone)
        for each in merged.recipients
    )
    return merged.model_copy(update={"recipients": recipients})


def _told(recipient: Recipient, reports: Iterable[Report], at: int, *, is_alone: bool) -> Recipient:
    for report in reports:
        if report.kind in _BECOMES:
            recipient = _reported(recipient, report)
        if report.kind is EventType.DELIVERY_DELAY:
            recipient = recipient.model_copy(update={"is_delayed": True})
        if report.kind in _IS_NOTED:
            names_it = report.address == recipient.address
            recipient = _noted(recipient, report.kind, at, is_alone=is_alone and names_it)
    return recipient


def _reported(recipient: Recipient, report: Report) -> Recipient:
    """Give a recipient the status that a report reports, if that says more than what is known."""
    reported = _BECOMES[report.kind]
    becomes = status.merge(recipient.status, reported)
    if becomes is not reported:
        return recipient
    # Of two reports of the same status the text that sorts last is kept, so that the order in which
    # they come does not matter.
    is_repeated = reported is recipient.status
    detail = _detail(report, recipient)
    detail = max(recipient.detail, detail) if is_repeated else detail
    return recipient.model_copy(update={"status": becomes, "detail": detail})


def _detail(report: Report, recipient: Recipient) -> str:
    named = filter(None, (recipient.address, report.address))
    words = diagnostic.cleaned(report.words, named) if report.words else ""
    return f'{report.detail} "{words}"' if words else report.detail


def _noted(recipient: Recipient, kind: EventType, at: int, *, is_alone: bool) -> Recipient:
    """Note when something happened; 1 if SES does not say when."""
    if kind is EventType.AUTOMATIC_REPLY:
        members = ["replied_at"]
    elif kind is EventType.COMPLAINT_CLEARED:
        members = ["cleared_at"]
    elif kind is EventType.EARLIER_COMPLAINT:  # It was noted, and counted, when it was made.
        members = ["accused_at"] if is_alone else []
    else:
        members = ["complained_at", "accused_at"] if is_alone else ["complained_at"]
    noted = recipient.model_copy(
        update={member: max(getattr(recipient, member), at, 1) for member in members}
    )
    if noted.replied_at and noted.status is Status.UNKNOWN:  # What was given up has arrived.
        return noted.model_copy(update={"status": Status.DELIVERED})
    return noted
