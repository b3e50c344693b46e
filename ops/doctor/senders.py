"""The domains that mails of the stack say From, and what in SES is verified for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ops.domain_records import DomainRecords
from ops.domain_settings import domains_of, sender_domains
from ops.sender_identity import at_or_above

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.submission.domains import DomainConfiguration
    from ops.doctor.subject import Subject


@dataclass(frozen=True, slots=True)
class Identity:
    """What SES has verified, or shall verify: a domain, or one address."""

    name: str
    held: Any
    """As GetEmailIdentity answers."""

    @property
    def domain(self) -> str:
        return self.name.rpartition("@")[2]

    @property
    def is_address(self) -> bool:
        return "@" in self.name

    @property
    def shown(self) -> str:
        """How sentences name it: only what is to be copied holds an address."""
        return shown(self.name)


def shown(identity: str) -> str:
    """Return an identity's name without what is before its '@'."""
    return f"...@{identity.rpartition('@')[2]}" if "@" in identity else identity


def configurations(subject: Subject) -> Mapping[str, DomainConfiguration | ValueError]:
    """Return the domains that the stack sends for; an error in place of one that cannot be read."""
    with subject.reading("dynamodb"):
        records = DomainRecords.of(subject.stack)
        held = records.all()
    read: dict[str, DomainConfiguration | ValueError] = {}
    for domain, record in held.items():
        try:
            read[domain] = records.read(domain, record)
        except ValueError as error:
            read[domain] = error
    return read


def sending_domains(subject: Subject) -> list[str]:
    """List every domain that mails may come from: of the parameters, and added ones."""
    named = sender_domains(subject.stack.parameters)
    domains = {name for name in named if "@" not in name}
    for domain, configuration in configurations(subject).items():
        domains.add(domain)
        if not isinstance(configuration, ValueError):
            senders = (*configuration.allowed_senders, configuration.default_sender)
            domains |= domains_of(*senders)
    return sorted(domains, key=lambda name: name.split(".")[::-1])


def identity_of(subject: Subject, domain: str) -> Identity | None:
    """Return what SES mails from a domain with: itself, the next one above it, or an address.

    SES takes the most specific identity that it has
    (https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html).
    """
    given = subject.parameter("SenderIdentity")
    addresses = [given] if given.endswith(f"@{domain}") else []
    for name in (*addresses, *at_or_above(domain)):
        if (held := subject.identity(name)) is not None:
            return Identity(name, held)
    return None


def identities(subject: Subject) -> list[Identity]:
    """List the identities that the stack mails with, each once."""
    found = (identity_of(subject, domain) for domain in sending_domains(subject))
    return list({identity.name: identity for identity in found if identity}.values())
