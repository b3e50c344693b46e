"""The statuses of a message and of its recipients, and the two rules that combine them."""

from collections.abc import Iterable
from enum import StrEnum


class Status(StrEnum):
    """The twelve values of the wire contract, in its order (docs/contract.md B3).

    No message ever has the status `accepted`: a mail is `queued` or `sending` from the moment in
    which it is stored. Of a recipient, `accepted` means that nothing is known about it yet.
    """

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


# SES may report about one recipient twice, late and in any order: a bounce may follow a delivery.
# The status with the higher rank wins, so that the result depends on what was reported, and never
# on the order. `unknown` is just above `sent`: SES has stopped trying and no event has come, but an
# event that still comes says more.
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
    """Return the status of a recipient after two reports, whichever came first.

    Both must be statuses that a recipient can have: accepted, sent, unknown, failed, delivered,
    read or undelivered. The rule is commutative, associative and idempotent.
    """
    return max(first, second, key=_RANK.__getitem__)


def of_message(recipients: Iterable[Status]) -> Status:
    """Return the status of a message that SES has, from the statuses of its recipients.

    If one recipient is undelivered (else: failed), so is the message, at once: a caller who asks
    must hear of it, and it stays true whatever becomes of the other recipients. Otherwise the
    message is only as far as its slowest recipient.
    """
    statuses = set(recipients)
    for bad in (Status.UNDELIVERED, Status.FAILED):
        if bad in statuses:
            return bad
    return min(statuses, key=_RANK.__getitem__)
