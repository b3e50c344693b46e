"""What of a domain an operator sets: in the stack's parameters, or in the domain's own record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_origin

from core.submission.domains import DomainConfiguration

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

PARAMETERS = {
    "SenderDomain": "domain",
    "ConfigurationName": "name",
    "DefaultSender": "default_sender",
    "DefaultSenderName": "default_sender_name",
    "SenderIdentity": "identity",
    "RetryHours": "retry_hours",
    "UnknownOutcome": "unknown_outcome",
    "UnknownMembers": "unknown_members",
    "Suppression": "suppression",
    "RecordRetentionDays": "retention_days",
    "ContentRetentionDays": "content_retention_days",
    "ShowContent": "show_content",
}
"""The parameters of `template.yaml` that make the default domain, and what each sets of it.

A test compares this with what the functions read (`core.config`), in both directions.
"""
_OF_OTHERS = {"domain", "identity", "api_keys", "paused", "judged_from", "is_broken"}
"""What `add` and `change` do not set: other commands do, or the template, or nobody."""
SETTINGS = tuple(name for name in DomainConfiguration.model_fields if name not in _OF_OTHERS)
"""What `add` and `change` set: everything else that a domain has."""
_LISTS = {
    name
    for name, field in DomainConfiguration.model_fields.items()
    if get_origin(field.annotation) is tuple
}


def of_parameters(parameters: Mapping[str, str], configuration_set: str) -> DomainConfiguration:
    """Return the domain that a stack's parameters make, as its functions see it.

    A stack that was deployed before a parameter came lacks it: then the model's default holds.
    """
    given = {
        field: parameters[parameter]
        for parameter, field in PARAMETERS.items()
        if parameter in parameters
    }
    if not given.get("default_sender"):
        given["default_sender"] = f"no-reply@{given['domain']}"
    return DomainConfiguration.model_validate(given | {"configuration_set": configuration_set})


def settings_in(words: Collection[str]) -> dict[str, Any]:
    """Read `retry_hours=12 reply_to=a@b.example,c@d.example`; None for what is taken back.

    Raises `ValueError` for what is no setting; whether its value is good, the model decides.
    """
    settings: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name not in SETTINGS:
            raise ValueError(f"Settings are NAME=VALUE, and the names {', '.join(SETTINGS)}.")
        many = [one.strip() for one in value.split(",")]
        settings[name] = None if value == "" else many if name in _LISTS else value
    return settings


def domains_of(*senders: str) -> set[str]:
    """Return the domains of addresses, or of patterns such as `*@example.com`."""
    return {sender.rpartition("@")[2].lower() for sender in senders}


def sender_domains(parameters: Mapping[str, str]) -> set[str]:
    """Return what the roles of a stack with these parameters may mail as: domains, or an address.

    As `SendingPolicy` in template.yaml.
    """
    more = parameters.get("MoreSenderDomains", "").split(",")
    named = {parameters["SenderDomain"], parameters.get("SenderIdentity", "")}
    return {*named, *map(str.strip, more)} - {""}
