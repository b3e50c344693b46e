"""The body of a call: what Standard Webhooks has (`type`, `timestamp`, `data`), under 20 kB."""

import json

from core.message.history import rfc3339
from core.message.record import Record
from core.webhooks.delivery import Delivery
from core.webhooks.endpoint import Endpoint


def body(delivery: Delivery, endpoint: Endpoint, record: Record | None) -> bytes:
    """Return what is sent for a delivery.

    `record` is the message's, as it is now; None if it is gone, or for a test. Of it come the
    reference and, if the endpoint wants to know them, address and reason.
    """
    data: dict[str, object] = {
        "message_id": delivery.message_id,
        "reference": record.reference if record else "",
        "domain": delivery.domain,
        "sequence": delivery.sequence,
        "recipient_number": delivery.recipient,
        "status": delivery.status,
    }
    if record and endpoint.include_recipients:
        data |= _personal(delivery, record)
    document = {"type": delivery.type, "timestamp": rfc3339(delivery.at), "data": data}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _personal(delivery: Delivery, record: Record) -> dict[str, object]:
    if not 0 < delivery.recipient <= len(record.recipients):
        return {"recipient": "", "detail": record.error_message}
    recipient = record.recipients[delivery.recipient - 1]
    return {"recipient": recipient.address, "detail": recipient.detail}
