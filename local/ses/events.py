"""Writes events of all ten kinds, in the JSON that SES publishes to SNS.

Source: SES developer guide, "Contents of event data that Amazon SES publishes to Amazon SNS".
"""

import json
from email.utils import getaddresses
from typing import Final

from local.ses.addresses import bare, decoded, domain_of
from local.ses.details import DETAILS, Happening, Json
from local.ses.mailbox import Mail, timestamp

ACCOUNT: Final = "000000000000"
_MOST_HEADER_BYTES: Final = 10_240

# Per event type: its name in the SES API, and the key of its detail.
TYPES: Final = {
    "Send": ("SEND", "send"),
    "Delivery": ("DELIVERY", "delivery"),
    "Bounce": ("BOUNCE", "bounce"),
    "Complaint": ("COMPLAINT", "complaint"),
    "Reject": ("REJECT", "reject"),
    "Open": ("OPEN", "open"),
    "Click": ("CLICK", "click"),
    "Rendering Failure": ("RENDERING_FAILURE", "failure"),
    "DeliveryDelay": ("DELIVERY_DELAY", "deliveryDelay"),
    "Subscription": ("SUBSCRIPTION", "subscription"),
}


def body(at: Happening) -> str:
    """Return the event as JSON text, ended by a line feed as SES's are."""
    event = {
        "eventType": at.kind,
        "mail": _mail(at.mail, at.kind, at.region),
        TYPES[at.kind][1]: DETAILS[at.kind](at),
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n"


def _mail(mail: Mail, kind: str, region: str) -> Json:
    shown: Json = {"timestamp": timestamp(mail.accepted_at), "source": mail.sender}
    if kind not in {"Open", "Click"}:
        shown["sourceArn"] = f"arn:aws:ses:{region}:{ACCOUNT}:identity/{mail.envelope.identity}"
    headers, truncated = _headers(mail)
    shown |= {
        "sendingAccountId": ACCOUNT,
        "messageId": mail.id,
        "destination": list(mail.envelope.recipients),
        "headersTruncated": truncated,
    }
    if kind not in {"DeliveryDelay", "Rendering Failure"}:
        shown |= {"headers": headers, "commonHeaders": _common_headers(mail)}
    return shown | {"tags": _tags(mail, kind)}


def _headers(mail: Mail) -> tuple[list[Json], bool]:
    """Return the sender's header fields, as far as they fit into 10 KB."""
    room = _MOST_HEADER_BYTES
    shown: list[Json] = []
    for name, value in mail.headers:
        room -= len(name) + len(value.encode())
        if room < 0:
            return shown, True
        shown.append({"name": name, "value": value})
    return shown, False


def _common_headers(mail: Mail) -> Json:
    names = {"from": "from", "date": "date", "to": "to", "cc": "cc", "reply-to": "replyTo"}
    common: Json = {}
    for name, value in mail.headers:
        if key := names.get(name.lower()):
            common[key] = value if key == "date" else _readable(value)
    return common | {"messageId": mail.id, "subject": mail.subject}


def _readable(addresses: str) -> list[str]:
    pairs = getaddresses([addresses], strict=True)
    return [f"{decoded(name)} <{address}>" if name else address for name, address in pairs]


def _tags(mail: Mail, kind: str) -> dict[str, list[str]]:
    """Return SES's own tags and those of the mail, every name with its list of values."""
    tags = {
        "ses:source-tls-version": ["TLSv1.3"],
        "ses:operation": ["SendEmail"],
        "ses:configuration-set": [mail.configuration_set or ""],
        "ses:source-ip": [mail.envelope.source_ip],
        "ses:from-domain": [domain_of(bare(mail.sender))],
        "ses:caller-identity": ["local"],
    }
    if kind == "Delivery":
        tags |= {"ses:outgoing-tls-version": ["TLSv1.3"], "ses:outgoing-ip": ["198.51.100.25"]}
    for name, value in mail.tags:
        tags.setdefault(name, []).append(value)
    return tags
