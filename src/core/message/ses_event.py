"""What SES tells about a mail, in every shape in which it arrives.

Shapes: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
(configuration sets), notification-contents.html (identities), monitoring-eventbridge.html.
SES adds fields and values without notice, so everything that is not needed is passed over.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum, auto
from typing import Any, NamedTuple

from core.message.address import canonical

MESSAGE_ID_TAG = "mailapi_message_id"
"""The email tag that carries our message id to SES, and back in every event."""
ATTEMPT_TAG = "mailapi_attempt"

_SETUP_MESSAGE = "Successfully validated SNS topic"


class Kind(Enum):
    """The events that mean something to a message."""

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
    """One thing that SES says about one message."""

    kind: Kind
    message_id: str
    """Ours, from the email tags; "" in identity notifications, which carry none."""
    attempt: int
    """Which of our tries; 0 if not known."""
    ses_message_id: str
    at: int
    """Epoch seconds."""
    recipients: frozenset[str] | None = None
    """Canonical addresses; None means all of the message's."""
    detail: str = ""
    """Why, without personal data: SES's own texts hold addresses."""
    is_permanent: bool = False
    """Whether a bounce is for good, so that the address must not be mailed again."""


class Malformed(ValueError):
    """A record that claims to be an event and cannot be read."""


def parse(text: str) -> Event | None:
    """Read one event; None if it is of no concern (set-up messages, unknown kinds, clicks, ...).

    Takes the bare event, an SNS envelope around it, and an EventBridge event. Raises `Malformed`.
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
    mail, said = document["mail"], document.get(member) or {}
    found = reader(said, mail)
    if found is None:
        return None
    kind, recipients, detail = found
    is_permanent = kind is Kind.BOUNCE and said.get("bounceType") == "Permanent"
    tags = mail.get("tags") or {}
    return Event(
        kind=kind,
        message_id=_first(tags.get(MESSAGE_ID_TAG)),
        attempt=_number(_first(tags.get(ATTEMPT_TAG))),
        ses_message_id=_needed(mail["messageId"]),
        at=_epoch(said.get("timestamp") or mail.get("timestamp") or ""),
        recipients=None if recipients is None else frozenset(map(canonical, recipients)),
        detail=detail,
        is_permanent=is_permanent,
    )


_Found = tuple[Kind, Iterable[str] | None, str] | None


def _send(_said: Mapping[str, Any], _mail: Mapping[str, Any]) -> _Found:
    return Kind.SEND, None, ""


def _delivery(said: Mapping[str, Any], _mail: Mapping[str, Any]) -> _Found:
    return Kind.DELIVERY, said["recipients"], ""


def _delay(said: Mapping[str, Any], _mail: Mapping[str, Any]) -> _Found:
    return Kind.DELIVERY_DELAY, _addresses(said["delayedRecipients"]), ""


def _bounce(said: Mapping[str, Any], _mail: Mapping[str, Any]) -> _Found:
    bounced = said["bouncedRecipients"]
    code = next((r["status"] for r in bounced if r.get("status")), "")
    kind = "/".join(filter(None, (said.get("bounceType"), said.get("bounceSubType"))))
    return Kind.BOUNCE, _addresses(bounced), f"Bounced: {kind} {code}".rstrip()


def _complaint(said: Mapping[str, Any], _mail: Mapping[str, Any]) -> _Found:
    cleared = said.get("complaintFeedbackType") == "not-spam"
    kind = Kind.COMPLAINT_CLEARED if cleared else Kind.COMPLAINT
    return kind, _addresses(said["complainedRecipients"]), ""


def _reject(_said: Mapping[str, Any], _mail: Mapping[str, Any]) -> _Found:
    return Kind.REJECT, None, "SES rejected the mail: bad content."


def _failure(_said: Mapping[str, Any], _mail: Mapping[str, Any]) -> _Found:
    return Kind.RENDERING_FAILURE, None, "SES could not render the mail."


def _open(said: Mapping[str, Any], mail: Mapping[str, Any]) -> _Found:
    """Count an open for a single recipient only: SES does not say which of several it was."""
    words = ("bot", "automated", "machine")
    by_machine = any(
        value in (True, "true") and any(word in name.lower() for word in words)
        for name, value in said.items()
    )
    destination = mail.get("destination") or ()
    return None if by_machine or len(destination) != 1 else (Kind.OPEN, destination, "")


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
"""The name of an event, the member that tells more about it, and what reads that."""


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
        return 0  # A time that cannot be read is no reason to lose what happened.
