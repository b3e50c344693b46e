"""What is in the table when a function is measured: items as the service itself lays them out."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.aws_answers import PLACEHOLDER
from benchmarks.variables import template_variables
from core import items
from core.address import Mailbox, parse_address
from core.mail import Mail
from core.record import Attempt, Recipient, Record
from core.status import Status

_RECIPIENT = parse_address("ada@recipient.example")  # Of the examples in events/.
_SENDER = parse_address("praxis@example.com")
_SES_MESSAGE_ID = "0107019aa1b2c3d4-5e6f7081-92a3-44b5-86c7-d8e9f0a1b2c3-000000"


def sent() -> dict[str, Any]:
    """Return a message that SES has, of whose delivery nothing is known yet."""
    now = int(time.time())
    attempt = Attempt(at=now, outcome="sent", ses_message_id=_SES_MESSAGE_ID)
    return _stored(_record(now, Status.SENT, attempt))


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
            "recipients": (Recipient(address=_RECIPIENT, status=known),),
            "state": state,
            "attempts": (attempt,),
            "retry_until": now + 86400,
            "created_at": now - 60,
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
        "expires_at": record.created_at + 86400,
    }
    return {
        "RECORD": items.attributes(items.laid_out(record)),
        "CONTENT": items.attributes(content),
    }
