"""Finds the domain that a request is sent for, and who its sender is."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from core.contract.contract import SendMail
from core.contract.errors import Fault, Invalid, NotAllowed
from core.message.address import Address, Mailbox, parse_domain
from core.message.margins import trimmed
from core.submission.characters import shows_address, without_at
from core.submission.domains import DomainConfiguration

UNKNOWN_DOMAIN = "UnknownDomain"
"""The code of a fault for which the whole request is forbidden, not only wrong."""
_MOST_NAMED = 10
"""How many of a caller's own domains, or of a domain's senders, an error names."""


def usable(
    configurations: Mapping[str, DomainConfiguration], caller: str
) -> Mapping[str, DomainConfiguration]:
    """Return the domains that an API key (its SHA-256 in hex) may send for and ask about.

    As long as no domain lists keys, every key may use all of them. As soon as one does, a key may
    use the domains that list it, and nothing else: a key that none lists opens nothing, and neither
    does none (`caller` is "").
    """
    listed = any(domain.api_keys for domain in configurations.values())
    return {
        name: domain
        for name, domain in configurations.items()
        if not domain.is_broken and (domain.is_of(caller) or not listed)
    }


class Domains(NamedTuple):
    """The domains as one caller stands to them."""

    own: Mapping[str, DomainConfiguration]
    """Those that the caller may use."""
    everybodys: Collection[str]
    """The names of all that the stack sends for."""

    @classmethod
    def of(cls, configurations: Mapping[str, DomainConfiguration], caller: str) -> "Domains":
        """Sort all domains of the stack for an API key (its SHA-256 in hex)."""
        return cls(usable(configurations, caller), configurations.keys())

    def allow(self, configuration: DomainConfiguration, sender: Address) -> bool:
        """Say whether mail for one of the caller's domains may come from `sender`.

        A domain mails as itself, or as its `allowed_senders` say. Without those it may also mail as
        a domain above it, if that is the caller's too and allows this sender, or if it is what the
        template calls `SenderIdentity`. A domain above it that the stack has for somebody else, and
        one that nobody has claimed (it may be a public suffix such as co.uk), allows nothing.
        """
        if configuration.allowed_senders or configuration.allows_sender(sender):
            return configuration.allows_sender(sender)
        above = sender.rpartition("@")[2]
        if above not in self.everybodys:
            return configuration.is_verified_as(sender)
        theirs = self.own.get(above)
        is_above = configuration.domain.endswith(f".{above}")
        return is_above and theirs is not None and theirs.allows_sender(sender)

    def senders(self, configuration: DomainConfiguration) -> list[str]:
        """List whom `allow` allows, as patterns such as `*@example.com`; of others' it has none."""
        if configuration.allowed_senders:
            return list(configuration.allowed_senders)
        patterns = [f"*@{configuration.domain}"]
        local, _, above = configuration.identity.rpartition("@")
        if above and above not in self.everybodys:
            patterns.append(f"{local or '*'}@{above}")
        for name, theirs in self.own.items():
            if configuration.domain.endswith(f".{name}"):
                patterns += theirs.allowed_senders or (f"*@{name}",)
        return patterns

    def choose(self, domain: str, sender: Address | None) -> DomainConfiguration | None:
        """Return the configuration that a request means, among those that its caller may use.

        A given `domain` must be one of them; without one it is the domain of `sender`, or the only
        one that allows this sender, or the only one there is. None: unknown and forbidden look the
        same.
        """
        if domain:
            return self.own.get(domain)
        if sender and (own := self.own.get(sender.rpartition("@")[2])):
            return own
        allowing = [each for each in self.own.values() if sender and self.allow(each, sender)]
        candidates = allowing or list(self.own.values())
        return candidates[0] if len(candidates) == 1 else None


def configuration(
    request: SendMail, domains: Domains, sender: Mailbox | None, faults: list[Fault]
) -> DomainConfiguration | None:
    """Find the domain of a request among its caller's; faults go to `faults`.

    A domain that does not exist and one that is another caller's get the same answer.
    """
    name = request.domain or ""
    chosen = domains.choose(_canonical_domain(name), sender.address if sender else None)
    if chosen is None:
        if fault := _domain_fault(name, domains.own, faults):
            faults.append(fault)
    elif sender and not domains.allow(chosen, sender.address):
        allowed = _listed(domains.senders(chosen))
        message = f"'From' must be an address that the domain's configuration allows: {allowed}."
        faults.append(Fault("From", "SenderNotAllowed", message))
    if chosen and chosen.at_in_names == "refuse":
        faults.extend(_name_faults(request, chosen, sender))
    return chosen


def _name_faults(
    request: SendMail, configuration: DomainConfiguration, sender: Mailbox | None
) -> Iterator[Fault]:
    """Yield a fault if the display name that counts could pass for another address."""
    whole = _named(sender, configuration, request.from_name)
    field = "FromName" if request.from_name else "From"
    if shows_address(whole.name, whole.address):
        yield _at_sign(field)


def _at_sign(field: str) -> Fault:
    message = f"'{field}' must not have a name with an '@', unless it is the address itself."
    return Fault(field, "AtSign", message)


def undeceiving(
    field: str,
    mailboxes: Iterable[Mailbox],
    configuration: DomainConfiguration,
    faults: list[Fault],
) -> tuple[Mailbox, ...]:
    """Return mailboxes that the caller chose, without a name that could pass for another address.

    Who answers a mail sees these names, as those of the sender: the same rule is for both. Where
    the domain refuses such names, the first is a fault of `field`, in `faults`.
    """
    given = tuple(mailboxes)
    deceiving = [box for box in given if shows_address(box.name, box.address)]
    if deceiving and configuration.at_in_names == "refuse":
        faults.append(_at_sign(field))
    return tuple(_rewritten(box) if box in deceiving else box for box in given)


def _rewritten(mailbox: Mailbox) -> Mailbox:
    return Mailbox(mailbox.address, without_at(mailbox.name))


def named(
    name: str | None, own: Mapping[str, DomainConfiguration], faults: list[Fault]
) -> DomainConfiguration | None:
    """Find the domain with a name, or the only one there is; faults go to `faults`."""
    chosen = Domains(own, ()).choose(_canonical_domain(trimmed(name or "")), None)
    if chosen is None and (fault := _domain_fault(trimmed(name or ""), own, faults)):
        faults.append(fault)
    return chosen


def refusal(faults: Sequence[Fault]) -> Invalid:
    """Return what to raise: a domain that is not the caller's is told first, as a 403."""
    unknown = [fault for fault in faults if fault.code == UNKNOWN_DOMAIN]
    if unknown:
        return NotAllowed(*unknown, *(fault for fault in faults if fault not in unknown))
    return Invalid(*faults)


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
        own = _listed(sorted(configurations)) or "none so far. Ask the service's operator"
        message = f"'Domain' must be a domain that this API key may send for: {own}."
        return Fault("Domain", UNKNOWN_DOMAIN, message)
    if "From" in faulty:
        return None
    own = _listed(sorted(configurations))
    message = f"'Domain' must be given, since this API key may send for several: {own}."
    return Fault("Domain", "NotEmpty", message)


def _listed(names: Sequence[str]) -> str:
    """Write names as a list that nobody scrolls through."""
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f", and {more} more" if more > 0 else "")


def completed(
    sender: Mailbox | None, configuration: DomainConfiguration, from_name: str | None
) -> Mailbox:
    """Return the whole sender: `FromName` beats a name in `From`, which beats the default one.

    A name that could pass for another address is rewritten ("at" for each '@'). Where the domain
    refuses such names, `configuration` has told of it as a fault before.
    """
    whole = _named(sender, configuration, from_name)
    if not shows_address(whole.name, whole.address):
        return whole
    return _rewritten(whole)


def _named(
    sender: Mailbox | None, configuration: DomainConfiguration, from_name: str | None
) -> Mailbox:
    if sender:
        return Mailbox(sender.address, from_name or sender.name)
    return Mailbox(configuration.default_sender, from_name or configuration.default_sender_name)
