"""A message's record, for tests of the pure functions."""

from typing import Any

from core.message.record import Recipient, Record
from core.message.status import Status

NOW = 1_800_000_000
"""When the message of `waiting` was accepted, in epoch seconds."""
DAY = 86_400
ADA = "ada@recipient.example"


def waiting(*addresses: str, **changes: Any) -> Record:
    """Make a message to `addresses`, or to Ada, that waits for its first try."""
    members: dict[str, Any] = {
        "id": "01JD9ZK4M6T0V3Q8W2X5Y7B1CD",
        "domain": "d.example",
        "configuration": "default",
        "sender": "a@d.example",
        "receiver": ADA,
        "recipients": tuple(Recipient(address=address) for address in addresses or (ADA,)),
        "state": Status.QUEUED,
        "retry_until": NOW + DAY,
        "created_at": NOW,
        "content_expires_at": NOW + 7 * DAY,
        "expires_at": NOW + 90 * DAY,
    }
    return Record(**members | changes)
