"""What SES tells about a mail: events, and in them a report for each recipient that they name."""

import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, NamedTuple

from core.message.address import canonical

_TYPE = re.compile(r"[A-Za-z][\w-]{0,30}[;:]\s*+")
"""The type of an address (`rfc822; ada@recipient.example`, RFC 3464 §2.3.2), or a scheme."""


class EventType(Enum):
    """What can be told about a mail, or about one recipient of it.

    The names are those of SES (`eventType`), but for three that SES calls otherwise: an automatic
    reply is a bounce to it, a complaint that was taken back is one with `not-spam` on it, and an
    earlier complaint, because of which SES did not send the mail, is one of a subtype of its own.
    """

    SEND = auto()
    DELIVERY = auto()
    DELIVERY_DELAY = auto()
    BOUNCE = auto()
    AUTOMATIC_REPLY = auto()
    COMPLAINT = auto()
    COMPLAINT_CLEARED = auto()
    EARLIER_COMPLAINT = auto()
    REJECT = auto()
    RENDERING_FAILURE = auto()
    OPEN = auto()


class Report(NamedTuple):
    """What an event says about one recipient, or about all of them."""

    kind: EventType
    """Often the event's own; but one bounce may name a recipient that failed and one that waits."""
    address: str | None = None
    """The recipient's canonical address; None: all of the message's; "": SES does not say whose."""
    detail: str = ""
    """The reason, without personal data."""
    words: str = ""
    """What the receiving host said, as it came: it may name anybody (see `diagnostic`)."""
    heard: str = ""
    """What a host said of a copy that it took, or will take later: for the history alone."""
    code: str = ""
    """What a program can compare: an enhanced status code (RFC 3463), or a type of SES's."""
    is_dead: bool = False
    """Whether the address bounced for good, so that it must not be mailed again."""
    is_withheld: bool = False
    """Whether SES did not even try, as the address is on a list of its own."""


class Event(NamedTuple):
    """One thing that SES reports about one message."""

    kind: EventType
    message_id: str
    """Our id, from the email tags; "" in the notifications of identities, which have no tags."""
    attempt: int
    """The number of the try (the first is 1); 0 if it is not known."""
    ses_message_id: str
    """SES's own id."""
    at: int
    """Epoch seconds; 0 if the time cannot be read."""
    reports: tuple[Report, ...] = ()
    """In the order of the event. None at all: the event shows only that SES has the mail."""
    at_ms: int = 0
    """The same time in milliseconds."""
    host: str = ""
    """The name of the host that reports it; "" if SES does not say."""
    took_ms: int = 0
    """How long SES needed for a delivery, in milliseconds."""


def address_of(recipient: Any) -> str:
    """Return the canonical address of a recipient as SES lists them in events, or "" for none."""
    address = recipient.get("emailAddress") if isinstance(recipient, Mapping) else None
    return canonical(_bare(address)) if isinstance(address, str) else ""


def _bare(address: str) -> str:
    """Take away what hosts write around an address; none of it can be a part of one."""
    bare = address.strip()
    if typed := _TYPE.match(bare):
        bare = bare[typed.end() :]
    if bare.endswith(")"):
        bare = bare.rpartition("(")[0].rstrip()
    if bare.startswith("'") and bare.endswith("'"):
        bare = bare[1:-1]
    return bare.removesuffix(".")
