"""What a status is, how a recipient's statuses merge, and what a message's status follows from."""

from collections.abc import Iterable
from enum import StrEnum


class Status(StrEnum):
    """The twelve values of the wire contract, in its order (CONTRACT.md B3)."""

    ACCEPTED = "accepted"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    RECEIVING = "receiving"
    RECEIVED = "received"
    READ = "read"
    PICKEDUP = "pickedup"
    UNKNOWN = "unknown"


# SES may report about one recipient twice, late, and in any order (Delivery *and then* Bounce
# happens). The higher rank wins, so the result depends on what was reported, never on when.
# `unknown` is just above `sent`: SES stopped trying and no event came; any later event beats it.
_RANK = {
    Status.ACCEPTED: 0,
    Status.SENT: 1,
    Status.UNKNOWN: 2,
    Status.FAILED: 3,
    Status.DELIVERED: 4,
    Status.READ: 5,
    Status.UNDELIVERED: 6,
}


def merge(first: Status, second: Status) -> Status:
    """Return what a recipient is after both reports: commutative, associative, idempotent.

    Both must be values that a recipient can have: accepted, sent, unknown, failed, delivered,
    read, undelivered.
    """
    return max(first, second, key=_RANK.__getitem__)


def of_message(recipients: Iterable[Status]) -> Status:
    """Derive a message's status from its recipients', once SES has the mail.

    One undelivered (or failed) recipient makes the message so, at once: a caller who polls must
    hear of it, and it stays true whatever becomes of the others. Otherwise the message is only as
    far as its slowest recipient.
    """
    statuses = set(recipients)
    for bad in (Status.UNDELIVERED, Status.FAILED):
        if bad in statuses:
            return bad
    return min(statuses, key=_RANK.__getitem__)
