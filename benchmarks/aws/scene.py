"""What is in the table when a function is measured: items as the service itself lays them out."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any

from benchmarks.aws.answers import PLACEHOLDER
from benchmarks.subjects import payloads
from benchmarks.subjects.payloads import EXAMPLE_ID, ses_message_id
from benchmarks.subjects.variables import template_variables
from core.aws import items
from core.message.address import Mailbox, parse_address
from core.message.mail import Mail
from core.message.record import Attempt, Recipient, Record
from core.message.status import Status

_RECIPIENT = parse_address("ada@recipient.example")  # As `payloads.example` has it.
_SENDER = parse_address("praxis@example.com")


def sent() -> dict[str, Any]:
    """Return a message that SES has, of whose delivery nothing is known yet."""
    now = int(time.time())
    attempt = Attempt(at=now, outcome="sent", ses_message_id=ses_message_id(PLACEHOLDER))
    return _stored(_record(now, Status.SENT, attempt))


def delivered() -> dict[str, Any]:
    """Return a message that has arrived: nothing is left to do, so it is in no index of work."""
    now = int(time.time())
    attempt = Attempt(at=now, outcome="sent", ses_message_id=ses_message_id(PLACEHOLDER))
    record = _record(now, Status.SENT, attempt)
    (recipient,) = record.recipients
    arrived = (recipient.model_copy(update={"status": Status.DELIVERED}),)
    return _stored(record.model_copy(update={"recipients": arrived}))


def endpoint(endpoint_id: str, url: str) -> dict[str, Any]:
    """Return the item of an endpoint that is told everything, and has been called before."""
    item = {
        "pk": "WEBHOOKS",
        "sk": endpoint_id,
        "domain": "example.com",
        "name": "everything",
        "url": url,
        "enabled": True,
        "include_recipients": True,
        "is_quick": True,
        "created_at": int(time.time()),
    }
    return items.attributes(item)


def told(receiver: str) -> dict[str, Any]:
    """Return a message that SES has, and an endpoint at the URL `receiver` that is told everything.

    The delivery that waits is that of `events/webhook_delivery.json`.
    """
    now = int(time.time())
    (queued,) = payloads.example("webhook_delivery")["Records"]
    endpoint_id, name = json.loads(queued["body"]).values()
    at, _, event_id = name.partition("#")
    delivery = {
        "pk": f"HOOK#{endpoint_id}",
        "sk": name,
        "id": event_id,
        "type": "mail.delivered",
        "at": round(datetime.fromisoformat(at).timestamp() * 1000),
        "domain": "example.com",
        "message_id": EXAMPLE_ID,
        "recipient": 1,
        "sequence": 3,
        "status": "delivered",
        "next_at": now,
        "expires_at": now + 30 * 86_400,
        "revision": 0,
    }
    made: dict[str, Any] = {
        endpoint_id: endpoint(endpoint_id, receiver),
        name: items.attributes(delivery),
    }
    return sent() | made


def waiting() -> dict[str, Any]:
    """Return a message whose next try is due."""
    now = int(time.time())
    attempt = Attempt(at=now - 60, outcome="not taken", code="Throttling")
    return _stored(_record(now, Status.QUEUED, attempt))


def _record(now: int, state: Status, attempt: Attempt) -> Record:
    known = state if state is Status.SENT else Status.ACCEPTED
    return Record.model_validate(
        {
            "id": PLACEHOLDER,
            "revision": "0" * 24,
            "domain": "example.com",
            "configuration": "default",
            "sender": _SENDER,
            "receiver": _RECIPIENT,
            "reference": "appointment-4711",
            "recipient_hash": f"{0:032x}",
            "recipients": (Recipient(address=_RECIPIENT, status=known),),
            "state": state,
            "attempts": (attempt,),
            "retry_until": now + 86400,
            "created_at": now - 60,
            "content_expires_at": now + 6 * 86400,
            "expires_at": now + 90 * 86400,
        }
    )


def _stored(record: Record) -> dict[str, Any]:
    mail = Mail(
        sender=Mailbox(_SENDER, "Praxis Dr. Müller"),
        to=(Mailbox(_RECIPIENT, "Ada Löwe"),),
        subject="Ihr Termin am 3. März",
        text="Guten Tag",
        configuration_set=template_variables()["CONFIGURATION_SET"],
    )
    content = {
        "pk": f"MSG#{record.id}",
        "sk": "CONTENT",
        "content": mail.model_dump_json(),
        "subject": mail.subject,
        "expires_at": record.created_at + 86400,
    }
    return {
        "RECORD": items.attributes(items.laid_out(record)),
        "CONTENT": items.attributes(content),
    }
