"""What an operator types, read: `ValueError` says what is wrong, and never repeats an address."""

from __future__ import annotations

from core.message.address import canonical, parse_address, parse_domain
from core.message.ids import is_id


def domain_in(text: str) -> str:
    """Return a domain's canonical name (lower case, punycode)."""
    try:
        return parse_domain(text)
    except ValueError:
        raise ValueError("This is no domain name.") from None


def address_in(text: str) -> str:
    """Return an address as the table has it: `core.message.address.canonical`."""
    try:
        return canonical(parse_address(text))
    except ValueError as error:
        raise ValueError(f"The address {error}.") from None


def message_id_in(text: str) -> str:
    """Return a MessageId in its one spelling, upper case."""
    if not is_id(message_id := text.upper()):
        raise ValueError("This is no MessageId.")
    return message_id
