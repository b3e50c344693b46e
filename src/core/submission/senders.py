"""Finds the domain that a request is sent for, and who its sender is."""

from collections.abc import Mapping

from core.contract.contract import SendMail
from core.contract.errors import Fault
from core.message.address import Address, Mailbox, parse_domain
from core.submission.domains import DomainConfiguration

UNKNOWN_DOMAIN = "UnknownDomain"
"""The code of a fault for which the whole request is forbidden, not only wrong."""


def usable(
    configurations: Mapping[str, DomainConfiguration], caller: str
) -> Mapping[str, DomainConfiguration]:
    """Return the domains that an API key (its SHA-256 in hex) may send for and ask about.

    A key that some domain names may use only the domains that name it. Any other key may use those
    that name no keys. So a tenant with a key of its own does not get what everybody else shares.
    """
    own = {name: domain for name, domain in configurations.items() if domain.is_of(caller)}
    shared = {name: domain for name, domain in configurations.items() if not domain.api_keys}
    return {name: domain for name, domain in (own or shared).items() if not domain.is_broken}


def choose(
    configurations: Mapping[str, DomainConfiguration], domain: str, sender: Address | None
) -> DomainConfiguration | None:
    """Return the configuration that a request means, among those that its caller may use.

    A given `domain` must be one of them; without one it is the domain of `sender`, or the only one
    that allows this sender, or the only one there is. None: unknown and forbidden look the same.
    """
    if domain:
        return configurations.get(domain)
    if sender and (own := configurations.get(sender.rpartition("@")[2])):
        return own
    allowing = [each for each in configurations.values() if sender and each.allows_sender(sender)]
    candidates = allowing or list(configurations.values())
    return candidates[0] if len(candidates) == 1 else None


def configuration(
    request: SendMail,
    configurations: Mapping[str, DomainConfiguration],
    sender: Mailbox | None,
    faults: list[Fault],
) -> DomainConfiguration | None:
    """Find the domain of a request among the caller's `configurations`; faults go to `faults`.

    A domain that does not exist and one that is another caller's get the same answer.
    """
    name = (request.domain or "").strip()
    chosen = choose(configurations, _canonical_domain(name), sender.address if sender else None)
    if chosen is None:
        if fault := _domain_fault(name, configurations, faults):
            faults.append(fault)
    elif sender and not chosen.allows_sender(sender.address):
        message = "'From' must be an address that the domain's configuration allows."
        faults.append(Fault("From", "SenderNotAllowed", message))
    return chosen


def _canonical_domain(name: str) -> str:
    try:
        return parse_domain(name) if name else ""
    except ValueError:
        return "?"  # No configuration has this name.


def _domain_fault(
    name: str, configurations: Mapping[str, DomainConfiguration], faults: list[Fault]
) -> Fault | None:
    """Say why there is no domain to send for; None if an earlier fault of the field says it."""
    faulty = {fault.field for fault in faults}
    if "Domain" in faulty:
        return None
    if name or not configurations:
        message = "'Domain' must be a domain that this API key may send for."
        return Fault("Domain", UNKNOWN_DOMAIN, message)
    if "From" in faulty:
        return None
    message = "'Domain' must be given: this API key may send for several."
    return Fault("Domain", "NotEmpty", message)


def completed(
    sender: Mailbox | None, configuration: DomainConfiguration, from_name: str | None
) -> Mailbox:
    """Return the whole sender: `FromName` beats a name in `From`, which beats the default one."""
    name = (from_name or "").strip()
    if sender:
        return Mailbox(sender.address, name or sender.name)
    return Mailbox(configuration.default_sender, name or configuration.default_sender_name)
