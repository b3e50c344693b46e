"""Whose mails a stack can send at all: what no deployment could make work is refused before it."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from core.message.address import parse_domain
from ops.domain_settings import sender_domains
from ops.public_suffixes import is_public_suffix

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LONGEST_LABEL = 63
"""RFC 1035, section 2.3.4."""
_OF_SES = "amazonses.com"


def refuse_wrong_domain(name: str, domain: str) -> None:
    """Raise `ValueError` if the parameter `name` is a domain that nobody can mail from."""
    if (fault := _fault(domain)) is not None:
        raise ValueError(f"{name} must be a domain of your own: {fault}.")


def _fault(domain: str) -> str | None:
    if not domain.isascii():
        return _in_punycode(domain)
    if _is_ip_address(domain):
        return "this is an IP address"
    if any(len(label) > _LONGEST_LABEL for label in domain.split(".")):
        return f"a part between two dots has at most {_LONGEST_LABEL} characters"
    if f".{domain}".endswith(f".{_OF_SES}"):
        return "this one is Amazon's"
    is_registrys = "." in domain and is_public_suffix(domain)
    return "this one is a registry's, and yours is below it" if is_registrys else None


def _in_punycode(domain: str) -> str:
    try:
        return f"write it as the DNS has it, {parse_domain(domain)}"
    except ValueError:
        return "this is none"


def _is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def refuse_unrelated(values: Mapping[str, str]) -> None:
    """Raise `ValueError` for senders that no mail of the stack could have.

    That is an identity that does not cover the sender domain, and a default sender that the stack's
    roles let nobody mail as (`SendingPolicy` in template.yaml).
    """
    if faults := [*_unrelated(values)]:
        raise ValueError("\n".join(faults))


def _unrelated(values: Mapping[str, str]) -> Iterator[str]:
    domain, identity = values["SenderDomain"], values.get("SenderIdentity", "")
    covering = identity.rpartition("@")[2]
    if identity and not f".{domain}".endswith(f".{covering}"):
        yield (
            f"SenderIdentity must be {domain}, a domain above it, or an address at one of these:"
            " otherwise SES takes no mails of the sender domain."
        )
    allowed = sorted(sender_domains(values))
    default = values.get("DefaultSender", "")
    if default and default != identity and default.rpartition("@")[2] not in allowed:
        shown = ", ".join(name for name in allowed if "@" not in name)
        yield f"DefaultSender must be at a domain that the stack mails from: {shown}."
