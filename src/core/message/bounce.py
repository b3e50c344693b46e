"""What a bounce says of each recipient: whether it failed, with which code, and for good or not.

The members of a bounced recipient are those of a delivery status notification (RFC 3464 §2.3), as
the receiving host wrote it, or SES about its own try. SES sorts bounces by its own types besides:
https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types.
"""

import re
from collections.abc import Mapping
from itertools import takewhile
from typing import Any

from core.message.event import EventType, Report, address_of

_NO_SUCH_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
"""No such mailbox, host or form of address, a mailbox that has moved, and a domain that takes no
mail (RFC 3463 §3.2, RFC 7505 §4.2): nobody will ever read there what is sent there."""
_WITHHELD = frozenset(
    {
        "OnAccountSuppressionList",
        "OnTenantSuppressionList",
        "EmailValidationSuppressed",
        "UnsubscribedRecipient",
    }
)
"""The subtypes with which SES says that it did not try. It counts them in no bounce rate, unlike
`Suppressed`, which is its list for all accounts:
https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html."""
_NOT_FAILED = {
    "delayed": EventType.DELIVERY_DELAY,
    "delivered": EventType.DELIVERY,
    "relayed": EventType.DELIVERY,
    "expanded": EventType.DELIVERY,
}
"""What `action` says if it is not `failed` (RFC 3464 §2.3.3). The last three say that the host has
the recipient's copy, which is all that a delivery ever says."""

_STATUS = re.compile(r"\s*+([245]\.\d{1,3}\.\d{1,3})(?!\d|\.\d)")
"""An enhanced status code (RFC 3463 §2); a comment may follow it."""
_REPLY = (
    r"#?(?:[245]\d\d[ -](?:<[^<>\s]{1,320}>[:.]{0,3} )?)?"
    r"[(\[]?#?([245]\.\d{1,3}\.\d{1,3})(?!\d|\.\d)"
)
"""The same in the reply of a host: behind its reply code (RFC 2034 §4) and the recipient, and
bare, in brackets or with a '#'."""
_SAID = re.compile(rf"(?:[A-Za-z][\w-]{{0,30}};)?\s*+{_REPLY}")
"""A reply, with the name of its protocol before it (`smtp; 550 5.1.1 user unknown`)."""
_SAID_LATER = re.compile(rf"\bsaid: ?{_REPLY}|\(#([245]\.\d{{1,3}}\.\d{{1,3}})(?!\d|\.\d)")
"""The same where Postfix repeats the reply (`host mx.example[192.0.2.7] said: 550 5.1.1 unknown`),
and where qmail has it: `550 sorry, no mailbox here by that name (#5.1.1)`."""
_MOST_SEARCHED = 1000
"""Characters of what a host said in which a code is looked for."""


def reports(bounce: Mapping[str, Any]) -> tuple[Report, ...]:
    """Return what a `bounce` of SES says of each recipient, in its order.

    If no recipient can be read, there is one report, about nobody knows whom.
    """
    types = _name(bounce.get("bounceType")), _name(bounce.get("bounceSubType"))
    bounced = bounce.get("bouncedRecipients")
    entries = bounced if isinstance(bounced, list) else []
    readable = [entry for entry in entries if isinstance(entry, Mapping)]
    return tuple(_report(entry, *types) for entry in readable or [{}])


def _report(recipient: Mapping[str, Any], kind: str, subtype: str) -> Report:
    address = address_of(recipient)
    action, status, words = (
        _text(recipient.get(member)) for member in ("action", "status", "diagnosticCode")
    )
    says_no_more = not (action or status or words)
    # An automatic reply, "out of office", comes back as mail that is no delivery status
    # notification: so there is nothing to tell but who it is from. Recorded of SES, 2013 to 2026.
    if (kind, subtype) == ("Transient", "General") and address and says_no_more:
        return Report(EventType.AUTOMATIC_REPLY, address)
    if not_failed := _NOT_FAILED.get(_first_word(action)):
        return Report(not_failed, address)
    code = _code(status, words)
    # Of a full mailbox SES knows that it is there, whatever code its host uses.
    is_missing = code in _NO_SUCH_ADDRESS and subtype != "MailboxFull"
    how = "/".join(filter(None, (kind, subtype)))
    return Report(
        EventType.BOUNCE,
        address,
        detail=" ".join(filter(None, ("Bounced:" if how or code else "Bounced.", how, code))),
        words=words,
        code=code,
        is_dead=kind == "Permanent" or is_missing,
        is_withheld=subtype in _WITHHELD,
    )


def _code(status: str, words: str) -> str:
    """Return the enhanced status code: the host's own, if `status` is missing or says nothing."""
    stated = _first_group(_STATUS.match(status))
    if stated and not stated.endswith(".0.0"):
        return stated
    searched = words[:_MOST_SEARCHED]
    said = _first_group(_SAID.match(searched) or _SAID_LATER.search(searched))
    return said or stated


def _first_group(found: re.Match[str] | None) -> str:
    return found[found.lastindex or 0] if found else ""


def _first_word(text: str) -> str:
    """Return the letters with which a text begins: a comment may follow them."""
    return "".join(takewhile(str.isalpha, text)).lower()


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _name(value: Any) -> str:
    """Return a value of SES's lists of types; "" if it is anything else, which may name anybody."""
    is_name = isinstance(value, str) and value.isascii() and value.isalnum() and len(value) < 64
    return value if is_name else ""
