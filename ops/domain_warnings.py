"""What is suspicious about a domain's settings: refused if nobody can mean it, else only told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ops.domain_settings import domains_of
from ops.public_suffixes import is_public_suffix

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from core.submission.domains import DomainConfiguration
    from ops.stack import Stack


def refuse_public_suffixes(configuration: DomainConfiguration, settings: Collection[str]) -> None:
    """Raise `ValueError` if one of these settings names a domain such as co.uk.

    Below a public suffix anybody may register a domain, and nobody may send mail as the suffix.
    """
    named = {
        "domain": {configuration.domain},
        "allowed_senders": domains_of(*configuration.allowed_senders),
        "default_sender": domains_of(configuration.default_sender),
    }
    for setting in named.keys() & settings:
        if public := sorted(filter(is_public_suffix, named[setting])):
            raise ValueError(f"{setting}: {', '.join(public)} is a public suffix, nobody's domain.")


def warnings(
    stack: Stack, records: Mapping[str, Mapping[str, Any]], configuration: DomainConfiguration
) -> Iterator[str]:
    """Yield whose name one client may use that is another's: an operator may mean that, or not.

    And settings that the functions' roles do not know. `records` are those of all domains. What SES
    and the roles would refuse, `ops.doctor` says.
    """
    senders = domains_of(*configuration.allowed_senders, configuration.default_sender)
    own = configuration.domain
    others = _with_other_keys(records, own)
    for domain in sorted(senders & others):
        yield f"the callers of {own} may mail as {domain}, which is for other keys."
    for domain in sorted(others):
        if own in domains_of(*records[domain].get("allowed_senders", ())):
            yield f"the callers of {domain}, which is for other keys, may mail as {own}."
    if configuration.configuration_set != stack.outputs["ConfigurationSet"]:
        yield "the stack's roles and its event topic know its own configuration set only."


def _with_other_keys(records: Mapping[str, Mapping[str, Any]], domain: str) -> set[str]:
    """Return the domains that are for other keys than this one is."""
    keys = {name: set(record.get("api_keys", ())) for name, record in records.items()}
    return {name for name, held in keys.items() if held != keys.get(domain, set())}
