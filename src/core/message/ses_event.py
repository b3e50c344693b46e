"""Events of SES, read from every form in which they arrive.

The forms are documented below https://docs.aws.amazon.com/ses/latest/dg/:
event-publishing-retrieving-sns-contents.html (events of configuration sets),
notification-contents.html (notifications of identities) and monitoring-eventbridge.html.
SES adds members and values without notice, so all that is not needed is passed over. So is what
cannot be read: the rest of an event still shows that SES has the mail, and often more.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from core.lazily import lazily
from core.message.event import Event, EventType, Report, address_of
from core.message.ids import ATTEMPT_TAG, MESSAGE_ID_TAG

if TYPE_CHECKING:
    from core.message import bounce
else:  # Most mails are delivered.
    bounce = lazily("core.message.bounce")

_SETUP_MESSAGE = "Successfully validated SNS topic"
_WORD = re.compile(r"[A-Za-z][A-Za-z-]{0,40}")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,254}")
_MOST_MILLISECONDS = 30 * 86_400_000
"""SES gives up a delivery after hours: what is longer is no time."""
_LAST_MILLISECOND = 253_402_300_799_999
"""Of the year 9999: no later time can be written."""
_WITHHELD = "Not sent: the address is on the suppression list of the SES account."


class Malformed(ValueError):
    """A text that should be an event cannot be read as one. Its text is the error's name."""


def parse(text: str) -> Event | None:
    """Return the event in a text of JSON; None if it says nothing about a message.

    Such are the message by which SES tries a new topic, clicks, and types that are not known. The
    text is the bare event, or the envelope of SNS or of EventBridge with the event in it. Raises
    `Malformed` if it cannot be told what the event is, or about which mail.
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
    mail, told = document["mail"], _mapping(document.get(member))
    reading = reader(told, mail)
    if reading is None:
        return None
    kind, reports = reading
    tags = _mapping(mail.get("tags"))
    at_ms = _epoch_ms(told.get("timestamp")) or _epoch_ms(mail.get("timestamp"))
    return Event(
        kind=kind,
        message_id=_first(tags.get(MESSAGE_ID_TAG)),
        attempt=_number(_first(tags.get(ATTEMPT_TAG))),
        ses_message_id=_needed(mail["messageId"]),
        at=at_ms // 1000,
        at_ms=at_ms,
        host=_host(told.get("reportingMTA")),
        took_ms=_milliseconds(told.get("processingTimeMillis")),
        reports=reports,
    )


_Reading = tuple[EventType, tuple[Report, ...]] | None
"""What a reader returns: the kind of the event, and its reports. None: no event for a message."""


def _send(_told: Mapping[str, Any], _mail: Mapping[str, Any]) -> _Reading:
    return _about_all(EventType.SEND)


def _delivery(told: Mapping[str, Any], _mail: Mapping[str, Any]) -> _Reading:
    kind, said = EventType.DELIVERY, _text(told.get("smtpResponse"))
    reports = _about_each(kind, _named(_list(told.get("recipients"))))
    return kind, tuple(report._replace(heard=said) for report in reports)


def _delay(told: Mapping[str, Any], _mail: Mapping[str, Any]) -> _Reading:
    """Read a delay; what each host said is with its recipient."""
    kind, delayed = EventType.DELIVERY_DELAY, _list(told.get("delayedRecipients"))
    said = {address_of(one): _text(_mapping(one).get("diagnosticCode")) for one in delayed}
    code = _word(told.get("delayType"))
    return kind, tuple(
        report._replace(heard=said.get(report.address or "", ""), code=code)
        for report in _about_each(kind, delayed)
    )


def _bounce(told: Mapping[str, Any], _mail: Mapping[str, Any]) -> _Reading:
    return EventType.BOUNCE, bounce.reports(told)


def _complaint(told: Mapping[str, Any], _mail: Mapping[str, Any]) -> _Reading:
    """Read a complaint, or that there was one earlier: then SES has not sent the mail at all."""
    complained = _list(told.get("complainedRecipients"))
    if told.get("complaintSubType") == "OnAccountSuppressionList":
        kind = EventType.EARLIER_COMPLAINT
        return kind, tuple(
            report._replace(detail=_WITHHELD, is_withheld=True)
            for report in _about_each(kind, complained)
        )
    cleared = told.get("complaintFeedbackType") == "not-spam"
    kind = EventType.COMPLAINT_CLEARED if cleared else EventType.COMPLAINT
    code = _word(told.get("complaintFeedbackType"))
    about = (report for report in _about_each(kind, complained) if report.address)
    return kind, tuple(report._replace(code=code) for report in about)


def _reject(_told: Mapping[str, Any], _mail: Mapping[str, Any]) -> _Reading:
    return _about_all(EventType.REJECT, "SES rejected the mail: bad content.")


def _failure(_told: Mapping[str, Any], _mail: Mapping[str, Any]) -> _Reading:
    return _about_all(EventType.RENDERING_FAILURE, "SES could not render the mail.")


def _open(told: Mapping[str, Any], mail: Mapping[str, Any]) -> _Reading:
    """Read an open: only of a mail with one recipient, as SES does not say which of several it was.

    An open by a program, such as a scanner for viruses, is none: a true member of the event with
    one of these words in its name says so.
    """
    words = ("bot", "automated", "machine")
    by_machine = any(
        value in (True, "true") and any(word in name.lower() for word in words)
        for name, value in told.items()
    )
    destination = _list(mail.get("destination"))
    if by_machine or len(destination) != 1:
        return None
    return EventType.OPEN, _about_each(EventType.OPEN, _named(destination))


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


def _about_all(kind: EventType, detail: str = "") -> _Reading:
    return kind, (Report(kind, detail=detail),)


def _about_each(kind: EventType, recipients: Iterable[Any]) -> tuple[Report, ...]:
    """Report the same of each recipient; of somebody, if none of them can be read."""
    addresses = dict.fromkeys(map(address_of, recipients))
    return tuple(Report(kind, address) for address in addresses if address) or (Report(kind, ""),)


def _named(addresses: Iterable[Any]) -> list[Mapping[str, Any]]:
    """Return recipients that an event lists by their addresses alone as all other events do."""
    return [{"emailAddress": address} for address in addresses]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _first(values: Any) -> str:
    if isinstance(values, list):
        return str(values[0]) if values else ""
    return str(values or "")


def _needed(value: Any) -> str:
    if not (isinstance(value, str) and value):
        raise TypeError
    return value


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _word(value: Any) -> str:
    """Return a value of SES's lists; "" if it is anything else, which may name anybody."""
    is_word = isinstance(value, str) and _WORD.fullmatch(value)
    return value if is_word else ""


def _host(value: Any) -> str:
    """Return the name of a host, without the type of it (`dns; mx.example`, RFC 3464 §2.2.2)."""
    name = _text(value).rpartition(";")[2].strip()
    return name if _HOST.fullmatch(name) else ""


def _milliseconds(value: Any) -> int:
    return value if type(value) is int and 0 <= value < _MOST_MILLISECONDS else 0


def _epoch_ms(value: Any) -> int:
    """Read `2026-11-20T09:15:30.120Z`, and `2018-10-08T14:05:45 +0000` as identities have it."""
    try:
        read = round(datetime.fromisoformat(value.replace(" ", "")).timestamp() * 1000)
        return min(max(0, read), _LAST_MILLISECOND)
    except (ValueError, OverflowError, AttributeError, TypeError):
        return 0  # The event counts, even if its time cannot be read.
