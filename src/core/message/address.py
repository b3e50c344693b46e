"""Addresses, and mailboxes: an address with the name that is shown for it (RFC 5322 §3.4)."""

import re
from dataclasses import dataclass
from typing import NewType

from core.message.margins import trimmed

Address = NewType("Address", str)
"""An address that has passed through `parse_address`: ASCII, its domain in lower case."""

# A dot-atom (RFC 5322 §3.2.3) of at most 64 octets (RFC 5321 §4.5.3.1.1). The RFC's rarer forms
# (quoted local parts, comments, IP addresses as domains) are refused, because mails to them bounce.
# So are characters beyond ASCII, because SES takes none before the '@'.
_LOCAL = re.compile(
    r"(?=.{1,64}\Z)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z"
)
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)\Z")  # RFC 1123 §2.1
_MAX_LENGTH = 254  # A path has 256 octets (RFC 5321 §4.5.3.1.3), two of them the angle brackets.


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address and the name shown for it ("" for none)."""

    address: Address
    name: str = ""


def parse_address(text: str) -> Address:
    """Return the address in the form in which it is sent to.

    The local part stays as it is, because only the receiving host may interpret it (RFC 5321 §2.4).
    The domain becomes lower case, and punycode if it has characters beyond ASCII (UTS 46). Raises
    `ValueError` whose text ("has no '@'") says what is wrong.

    >>> parse_address("Ada@Example.COM")
    'Ada@example.com'
    """
    local, at, domain = trimmed(text).rpartition("@")
    if not at:
        raise ValueError("has no '@'")
    if not _LOCAL.match(local):
        raise ValueError("has characters before the '@' that an address must not have")
    address = f"{local}@{parse_domain(domain)}"
    if len(address) > _MAX_LENGTH:
        raise ValueError("is longer than 254 characters")
    return Address(address)


def parse_domain(text: str) -> str:
    """Return a domain name in lower case, and in punycode if it has characters beyond ASCII.

    It must have at least two labels. Raises `ValueError` whose text says what is wrong.

    >>> parse_domain("Grüße.Example")
    'xn--gre-6ka8l.example'
    """
    domain = text.lower() if text.isascii() else _punycode(text)
    labels = domain.split(".")
    if len(labels) < 2 or len(domain) > 253 or not all(map(_LABEL.match, labels)):
        raise ValueError("has no valid domain after the '@'")
    if labels[-1].isdigit():
        raise ValueError("has a number where a top-level domain should be")
    return domain


def _punycode(domain: str) -> str:
    import idna  # noqa: PLC0415 - few mails need it, and its tables cost every cold start

    try:
        return idna.encode(domain, uts46=True).decode().lower()
    except idna.IDNAError:
        raise ValueError("has a domain that is not a valid internationalised name") from None


def canonical(address: str) -> str:
    """Return a form that is equal for all spellings of one recipient, to compare by.

    It is never sent to, as the whole address is in lower case: nearly every host takes a local part
    in any case. Other spellings are those in which SES reports recipients: in another case, with
    the domain in punycode or not, or as `Name <a@b>`. A text that is no address becomes lower case.
    """
    bare = address.strip()
    if bare.endswith(">"):
        bare = bare[bare.rfind("<") + 1 : -1]
    try:
        return parse_address(bare).lower()
    except ValueError:
        return bare.lower()
