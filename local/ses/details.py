"""The part of an SES event that depends on its kind, with realistic defaults.

Source: SES developer guide, "Contents of event data that Amazon SES publishes to Amazon SNS".
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from local.ses.mailbox import Mail, timestamp

type Json = dict[str, Any]

_REPORTER: Final = "a6-25.smtp-out.{region}.amazonses.com"
_HOST: Final = "203.0.113.27"
_READER: Final = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36"
_RECIPIENT_KEYS: Final = frozenset({"action", "status", "diagnosticCode"})
_SUPPRESSED: Final = (
    "Amazon SES did not send the message to this address because it is on the suppression list for "
    "your account."
)
_GENERAL: Final = {
    "action": "failed",
    "status": "5.1.1",
    "diagnosticCode": "smtp; 550 5.1.1 user unknown",
}
# Per bounce type: its default sub-type, and the default details of each recipient.
_BOUNCES: Final[dict[str, tuple[str, Json]]] = {
    "Permanent": ("General", _GENERAL),
    "Transient": (
        "MailboxFull",
        {
            "action": "failed",
            "status": "5.2.2",
            "diagnosticCode": "smtp; 552 5.2.2 The email account that you tried to reach is over "
            "quota",
        },
    ),
    "Undetermined": ("Undetermined", {}),
}


@dataclass(frozen=True, slots=True)
class Happening:
    """Everything that an event is made of; what is in `given` replaces the defaults."""

    mail: Mail
    kind: str
    recipients: Sequence[str]
    given: Json
    region: str
    now: datetime


def _send(at: Happening) -> Json:
    return dict(at.given)


def _delivery(at: Happening) -> Json:
    taken = at.now - at.mail.accepted_at
    return {
        "timestamp": timestamp(at.now),
        "processingTimeMillis": int(taken / timedelta(milliseconds=1)),
        "recipients": list(at.recipients),
        "smtpResponse": f"250 2.0.0 OK {int(at.now.timestamp())} - simulated",
        "remoteMtaIp": _HOST,
        "reportingMTA": _REPORTER.format(region=at.region),
    } | at.given


def _bounce(at: Happening) -> Json:
    kind = at.given.get("bounceType", "Permanent")
    sub_type, said = _BOUNCES.get(kind, ("General", _GENERAL))
    sub_type = at.given.get("bounceSubType", sub_type)
    reporter = _REPORTER.format(region=at.region)
    if sub_type == "OnAccountSuppressionList":
        said = _GENERAL | {"diagnosticCode": _SUPPRESSED}
        reporter = "amazonses.com"
    detail = {
        "feedbackId": message_id(at.now),
        "bounceType": kind,
        "bounceSubType": sub_type,
        "bouncedRecipients": _recipients(at.recipients, said, at.given),
        "timestamp": timestamp(at.now),
    } | _without_recipient_keys(at.given)
    return _reported_by(detail, reporter) | detail


def _reported_by(bounce: Json, reporter: str) -> Json:
    """Return who reports a bounce, and which host it was: only where a host has said something."""
    recipients = bounce["bouncedRecipients"]
    recipients = recipients if isinstance(recipients, list) else []
    if not any(isinstance(each, dict) and each.keys() & _RECIPIENT_KEYS for each in recipients):
        return {}
    return {"reportingMTA": f"dns; {reporter}", "remoteMtaIp": _HOST}


def _complaint(at: Happening) -> Json:
    return {
        "complainedRecipients": [{"emailAddress": address} for address in at.recipients],
        "timestamp": timestamp(at.now),
        "feedbackId": message_id(at.now),
        "complaintSubType": None,
        "userAgent": "ExampleMail-FBL/1.0",
        "complaintFeedbackType": "abuse",
        "arrivalDate": timestamp(at.now),
    } | at.given


def _reject(at: Happening) -> Json:
    return {"reason": "Bad content"} | at.given


def _open(at: Happening) -> Json:
    return {
        "ipAddress": "203.0.113.5",
        "timestamp": timestamp(at.now),
        "userAgent": _READER,
    } | at.given


def _click(at: Happening) -> Json:
    link = {"link": "https://www.example.com/", "linkTags": None}
    return _open(replace(at, given={})) | link | at.given


def _failure(at: Happening) -> Json:
    return {
        "errorMessage": "Attribute 'attributeName' is not present in the rendering data.",
        "templateName": "InvoiceTemplate",
    } | at.given


def _delay(at: Happening) -> Json:
    said = {"status": "4.4.1", "diagnosticCode": "smtp; 421 4.4.1 Unable to connect to remote host"}
    return {
        "timestamp": timestamp(at.now),
        "delayType": "TransientCommunicationFailure",
        "expirationTime": timestamp(at.mail.accepted_at + timedelta(hours=14)),
        "delayedRecipients": _recipients(at.recipients, said, at.given),
    } | _without_recipient_keys(at.given)


def _subscription(at: Happening) -> Json:
    topics = [{"topicName": "ExampleTopicName", "subscriptionStatus": "OptOut"}]
    return {
        "contactList": "ContactListName",
        "timestamp": timestamp(at.now),
        "source": "UnsubscribeHeader",
        "newTopicPreferences": {"unsubscribeAll": True, "topicSubscriptionStatus": topics},
        "oldTopicPreferences": {"unsubscribeAll": False, "topicSubscriptionStatus": topics},
    } | at.given


def _recipients(to: Sequence[str], said: Json, given: Json) -> list[Json]:
    """Return the details of each recipient: the defaults `said`, or what `given` has instead."""
    otherwise = {key: given[key] for key in given if key in _RECIPIENT_KEYS}
    return [{"emailAddress": address} | said | otherwise for address in to]


def _without_recipient_keys(given: Json) -> Json:
    return {key: given[key] for key in given if key not in _RECIPIENT_KEYS}


def message_id(now: datetime) -> str:
    """Return a new id in the form that SES uses for mails and for feedback."""
    milliseconds = int(now.astimezone(UTC).timestamp() * 1000)
    return f"0107{milliseconds:012x}-{uuid.uuid4()}-000000"


DETAILS: Final[dict[str, Callable[[Happening], Json]]] = {
    "Send": _send,
    "Delivery": _delivery,
    "Bounce": _bounce,
    "Complaint": _complaint,
    "Reject": _reject,
    "Open": _open,
    "Click": _click,
    "Rendering Failure": _failure,
    "DeliveryDelay": _delay,
    "Subscription": _subscription,
}
