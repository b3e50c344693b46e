"""Reads mail addresses as SES does: ASCII only, a domain of letters, digits and hyphens."""

import re
from email.errors import MessageError
from email.header import decode_header, make_header
from email.utils import getaddresses
from typing import Final

from local.ses.errors import bad_request

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL: Final = re.compile(rf'{_ATOM}(\.{_ATOM})*|"([ !#-\[\]-~]|\\[ -~])*"')
_LABEL: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_LONGEST: Final = 320  # Characters, with the display name; the quotes around that do not count.
MAILBOX_SIMULATOR: Final = "simulator.amazonses.com"
"""SES's own domain for tests (developer guide, "Using the Amazon SES mailbox simulator")."""


def bare(text: str) -> str:
    """Return `local@domain` out of `text`, one address with or without a display name.

    Names that are not ASCII have to be encoded (RFC 2047) and domains to be in punycode:
    SES does not support SMTPUTF8 (API reference, SendEmail, FromEmailAddress).
    """
    if not text.isascii() or not text.isprintable():
        raise bad_request("Local address contains control or whitespace or non-ASCII characters.")
    if len(text) - 2 * text.startswith('"') > _LONGEST:
        raise bad_request(f"Address length is more than {_LONGEST} characters long.")
    found = getaddresses([text], strict=True)
    if len(found) != 1 or not found[0][1]:
        raise bad_request("Illegal address.")
    address = found[0][1]
    _check(address)
    return address


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


def is_at_mailbox_simulator(address: str) -> bool:
    return domain_of(address) == MAILBOX_SIMULATOR


def is_domain(text: str) -> bool:
    labels = text.split(".")
    return len(text) <= 253 and all(_LABEL.fullmatch(label) for label in labels)


def decoded(text: str) -> str:
    """Return `text` with its RFC 2047 words decoded, or as it is if they are malformed."""
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError, MessageError):
        return text


def _check(address: str) -> None:
    local, at, domain = address.rpartition("@")
    if not at:
        raise bad_request("Missing final '@domain'.")
    if not _LOCAL.fullmatch(local) or len(local) > 64:  # RFC 5321 §4.5.3.1.1
        raise bad_request("Local address contains control or whitespace or is not well formed.")
    if not is_domain(domain):
        raise bad_request("Domain contains illegal character or is not well formed.")
