"""What has changed about a message between two states of its record, as events for its callers.

A pure function of the two: to compare them again gives the same events with the same ids, so a
batch of the table's stream may run any number of times.
"""

import base64
import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from core.message.record import Recipient, Record
from core.message.status import Status

ACCEPTED = "mail.accepted"
QUEUED = "mail.queued"
SENT = "mail.sent"
DELAYED = "mail.delayed"
DELIVERED = "mail.delivered"
BOUNCED = "mail.bounced"
FAILED = "mail.failed"
COMPLAINED = "mail.complained"
SUPPRESSED = "mail.suppressed"
OPENED = "mail.opened"
UNKNOWN = "mail.unknown"
CANCELLED = "mail.cancelled"
TEST = "webhook.test"
TYPES = {
    ACCEPTED: "The mail is stored, and will be sent.",
    QUEUED: "It waits for another try, or for its turn, for a new reason.",
    SENT: "SES has the mail.",
    DELAYED: "The receiving host does not take it now; SES tries again.",
    DELIVERED: "The receiving host has taken it.",
    BOUNCED: "It came back, for good or because SES has given it up.",
    FAILED: "It was refused or given up, by SES or the service.",
    COMPLAINED: "The recipient, or one of its host, has called it spam.",
    SUPPRESSED: "It is not sent to this recipient, because of an earlier bounce or complaint.",
    OPENED: "The recipient has opened it, or followed a link (only with TrackOpens).",
    UNKNOWN: "Nobody knows what has become of it. A later event may tell.",
    CANCELLED: "It was cancelled before SES was asked, or taken back as its request failed.",
    TEST: "Somebody has asked for a test of the endpoint.",
}
"""The types of events, and what each says."""

_PREFIX = "msg_"
_OF_STATUS = {
    Status.SENT: SENT,
    Status.UNKNOWN: UNKNOWN,
    Status.FAILED: FAILED,
    Status.DELIVERED: DELIVERED,
    Status.READ: OPENED,
    Status.UNDELIVERED: BOUNCED,
}


class Change(NamedTuple):
    """One thing that has changed about a message, or about one of its recipients."""

    type: str
    message_id: str
    domain: str
    sequence: int
    """`Record.sequence` of the state that it led to. All changes of one write have the same."""
    recipient: int = 0
    """The number of the recipient (the first is 1); 0 for the whole message."""
    status: str = ""
    """The recipient's status then, or the message's."""

    @property
    def id(self) -> str:
        """Its id: `msg_`, and a hash of what it is, so that the same change has the same one."""
        named = f"{self.message_id} {self.recipient} {self.type} {self.sequence}"
        return event_id(named)


def event_id(named: str) -> str:
    """Return the id of the event that is `named` so."""
    digest = hashlib.sha256(named.encode()).digest()[:20]
    return _PREFIX + base64.b32encode(digest).decode().lower()


def is_event_id(text: str) -> bool:
    """Tell whether a text has the form of an event's id."""
    digits = text.removeprefix(_PREFIX)
    return text.startswith(_PREFIX) and len(digits) == 32 and digits.isascii() and digits.isalnum()


def between(old: Record | None, new: Record) -> Iterator[Change]:
    """Yield what has changed from `old` to `new`; `old` is None for a new message.

    Nothing is left out: a recipient whose mail is opened before SES has said that it was delivered
    was sent to and delivered to as well, so there is an event for each.
    """
    for event_type in _of_message(old, new):
        yield Change(event_type, new.id, new.domain, new.sequence, 0, new.status.value)
    before: tuple[Recipient | None, ...] = old.recipients if old else (None,) * len(new.recipients)
    for number, (was, now) in enumerate(zip(before, new.recipients, strict=False), start=1):
        for event_type in _of_recipient(was, now):
            yield Change(event_type, new.id, new.domain, new.sequence, number, now.status.value)


def withdrawn(record: Record) -> Change:
    """Return what has changed when a message was taken back, as its request could not be answered.

    It is told because it may have been told that the message was accepted.
    """
    status = Status.FAILED.value
    return Change(CANCELLED, record.id, record.domain, record.sequence + 1, 0, status)


def _of_message(old: Record | None, new: Record) -> Iterator[str]:
    was = old.state if old else None
    if new.state is Status.FAILED and was is not Status.FAILED:
        yield CANCELLED if new.is_cancelled else FAILED
    elif old is None:
        yield ACCEPTED
    elif new.state is Status.QUEUED and (
        was in (Status.FAILED, Status.UNKNOWN) or (new.error and new.error != old.error)
    ):
        yield QUEUED
    elif new.state is Status.UNKNOWN and was is not Status.UNKNOWN:
        yield UNKNOWN


def _of_recipient(was: Recipient | None, now: Recipient) -> Iterator[str]:
    before = was.status if was else Status.ACCEPTED
    if now.is_suppressed and not (was and was.is_suppressed):
        yield SUPPRESSED
    elif now.status is not before:
        yield from _reached(before, now.status)
    if now.is_delayed and not (was and was.is_delayed) and now.status is Status.SENT:
        yield DELAYED
    if now.complained_at and not (was and was.complained_at):
        yield COMPLAINED


def _reached(before: Status, now: Status) -> Iterator[str]:
    """Yield the events of a recipient that has come from one status to another."""
    if before is Status.ACCEPTED and now is not Status.SENT:
        yield SENT
    if now is Status.READ and before is not Status.DELIVERED:
        yield DELIVERED
    yield _OF_STATUS[now]
