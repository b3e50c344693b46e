"""Events of SES: what it reports about a mail, read from every form in which it arrives.

The forms are documented below https://docs.aws.amazon.com/ses/latest/dg/:
event-publishing-retrieving-sns-contents.html (events of configuration sets),
notification-contents.html (notifications of identities) and monitoring-eventbridge.html.
SES adds members and values without notice, so all that is not needed is passed over.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum, auto
from typing import Any, NamedTuple

from core.message.address import canonical

MESSAGE_ID_TAG = "mailapi_message_id"
"""The email tag with our message id: SES gets it with the mail and returns it in every event."""
ATTEMPT_TAG = "mailapi_attempt"
"""The email tag with the number of the try."""

_SETUP_MESSAGE = "Successfully validated SNS topic"


class EventType(Enum):
    """The types of events that say something about a message (`eventType` in SES's documents)."""

    SEND = auto()
    DELIVERY = auto()
    DELIVERY_DELAY = auto()
    BOUNCE = auto()
    COMPLAINT = auto()
    COMPLAINT_CLEARED = auto()
    REJECT = auto()
    RENDERING_FAILURE = auto()
    OPEN = auto()


class Event(NamedTuple):
    """One thing that SES reports about one message."""

    kind: EventType
    message_id: str
    """Our id, from the email tags; "" in the notifications of identities, which have no tags."""
    attempt: int
    """The number of the try (the first is 1); 0 if it is not known."""
    ses_message_id: str
    """SES's own id."""
    at: int
    """Epoch seconds; 0 if the time cannot be read."""
    recipients: frozenset[str] | None = None
    """The recipients that it is about (canonical addresses); None means all of the message's."""
    detail: str = ""
    """The reason, without personal data: SES's own texts contain addresses."""
    is_permanent: bool = False
    """Whether a bounce is for good, so that the address must not be mailed again."""


class Malformed(ValueError):
    """A text that should be an event cannot be read as one. Its text is the error's name."""


def parse(text: str) -> Event | None:
    """Return the event in a text of JSON; None if it says nothing about a message.

    Such are the message by which SES tries a new topic, clicks, and types that are not known. The
    text is the bare event, or the envelope of SNS or of EventBridge with the event in it. Raises
    `Malformed`.
    """
    if text.startswith(_SETUP_MESSAGE):
        return None
    try:
        document = json.loads(text)
        if "Message" in document and "TopicArn" in document:
            return parse(document["Message"])
        if "detail" in document and "detail-type" in document:
            document = document["detail"]
        return _event(document)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Malformed(type(error).__name__) from None


def _event(document: Mapping[str, Any]) -> Event | None:
    name = document.get("eventType") or document.get("notificationType")
    if name not in _READERS:
        return None
    member, reader = _READERS[name]
    mail, report = document["mail"], document.get(member) or {}
    reading = reader(report, mail)
    if reading is None:
        return None
    kind, recipients, detail = reading
    is_permanent = kind is EventType.BOUNCE and report.get("bounceType") == "Permanent"
    tags = mail.get("tags") or {}
    return Event(
        kind=kind,
        message_id=_first(tags.get(MESSAGE_ID_TAG)),
        attempt=_number(_first(tags.get(ATTEMPT_TAG))),
        ses_message_id=_needed(mail["messageId"]),
        at=_epoch(report.get("timestamp") or mail.get("timestamp") or ""),
        recipients=None if recipients is None else frozenset(map(canonical, recipients)),
        detail=detail,
        is_permanent=is_permanent,
    )


_Reading = tuple[EventType, Iterable[str] | None, str] | None
"""What a reader returns: kind, recipients (None: all) and detail. None: no event for a message."""


def _send(_report: Mapping[str, Any], _mail: Mapping[str, Any]) -> _Reading:
    return EventType.SEND, None, ""


def _delivery(report: Mapping[str, Any], _mail: Mapping[str, Any]) -> _Reading:
    return EventType.DELIVERY, report["recipients"], ""


def _delay(report: Mapping[str, Any], _mail: Mapping[str, Any]) -> _Reading:
    return EventType.DELIVERY_DELAY, _addresses(report["delayedRecipients"]), ""


def _bounce(report: Mapping[str, Any], _mail: Mapping[str, Any]) -> _Reading:
    bounced = report["bouncedRecipients"]
    code = next((r["status"] for r in bounced if r.get("status")), "")
    kind = "/".join(filter(None, (report.get("bounceType"), report.get("bounceSubType"))))
    return EventType.BOUNCE, _addresses(bounced), f"Bounced: {kind} {code}".rstrip()


def _complaint(report: Mapping[str, Any], _mail: Mapping[str, Any]) -> _Reading:
    cleared = report.get("complaintFeedbackType") == "not-spam"
    kind = EventType.COMPLAINT_CLEARED if cleared else EventType.COMPLAINT
    return kind, _addresses(report["complainedRecipients"]), ""


def _reject(_report: Mapping[str, Any], _mail: Mapping[str, Any]) -> _Reading:
    return EventType.REJECT, None, "SES rejected the mail: bad content."


def _failure(_report: Mapping[str, Any], _mail: Mapping[str, Any]) -> _Reading:
    return EventType.RENDERING_FAILURE, None, "SES could not render the mail."


def _open(report: Mapping[str, Any], mail: Mapping[str, Any]) -> _Reading:
    """Read an open: only of a mail with one recipient, as SES does not say which of several it was.

    An open by a program, such as a scanner for viruses, is none: a true member of the event with
    one of these words in its name says so.
    """
    words = ("bot", "automated", "machine")
    by_machine = any(
        value in (True, "true") and any(word in name.lower() for word in words)
        for name, value in report.items()
    )
    destination = mail.get("destination") or ()
    return None if by_machine or len(destination) != 1 else (EventType.OPEN, destination, "")


_READERS = {
    "Send": ("send", _send),
    "Delivery": ("delivery", _delivery),
    "DeliveryDelay": ("deliveryDelay", _delay),
    "Bounce": ("bounce", _bounce),
    "Complaint": ("complaint", _complaint),
    "Reject": ("reject", _reject),
    "Rendering Failure": ("failure", _failure),
    "Open": ("open", _open),
}
"""By the name of an event: the member of its document with the details, and what reads that."""


def _addresses(recipients: Iterable[Mapping[str, Any]]) -> list[str]:
    return [recipient["emailAddress"] for recipient in recipients]


def _first(values: Any) -> str:
    if isinstance(values, list):
        return str(values[0]) if values else ""
    return str(values or "")


def _needed(value: Any) -> str:
    if not (isinstance(value, str) and value):
        raise TypeError
    return value


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _epoch(text: str) -> int:
    """Read `2026-11-20T09:15:30.120Z`, and `2018-10-08T14:05:45 +0000` as identities have it."""
    try:
        return int(datetime.fromisoformat(text.replace(" ", "")).timestamp())
    except ValueError:
        return 0  # The event counts, even if its time cannot be read.
