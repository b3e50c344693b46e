"""Who gets in: the API keys on their usage plan, and the usage plan on the API's stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ops.api_keys import ApiKeys, hash_of
from ops.doctor.findings import Finding, failure, ok, warning
from ops.doctor.senders import configurations
from ops.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.doctor.subject import Subject

_STAGE = "live"
"""`StageName` in `template.yaml`."""


def usage_plan(subject: Subject) -> Iterator[Finding]:
    """Examine whether the plan opens the API: without a plan no key opens anything."""
    plan, api = subject.output("UsagePlanId"), subject.resource("Api")
    held = subject.ask("apigateway", "get_usage_plan", usagePlanId=plan)
    stages = [(each["apiId"], each["stage"]) for each in held.get("apiStages", ())]
    if (api, _STAGE) in stages:
        yield ok("The usage plan opens the API.")
    else:
        yield failure(
            "The usage plan does not open the API: every call is answered with 403.",
            subject.aws_command(
                f"apigateway update-usage-plan --usage-plan-id {plan}"
                f" --patch-operations op=add,path=/apiStages,value={api}:{_STAGE}"
            ),
        )


def first_key(subject: Subject) -> Iterator[Finding]:
    """Examine the key that came with the stack.

    `./mailctl domains revoke-key` switches it off on purpose, once there are others.
    """
    id_ = subject.output("ApiKeyId")
    with subject.reading("apigateway"):
        keys = ApiKeys.of(subject.stack)
        on_plan, enabled = keys.hashes(), keys.enabled()
    held = subject.ask("apigateway", "get_api_key", absent=("NotFoundException",), apiKey=id_)
    if held and held["enabled"] and id_ in on_plan:
        yield ok(f"The stack's own key {id_} is switched on, and on the usage plan.")
    else:
        level = warning if enabled else failure
        yield level(f"The stack's own key {id_} {_state(held)}.", *_mend(subject, id_, held))


def _state(held: Any) -> str:
    if held is None:
        return "is gone"
    if not held["enabled"]:
        return "is switched off, as revoke-key leaves it"
    return "is not on the usage plan, so it opens nothing"


def _mend(subject: Subject, id_: str, held: Any) -> tuple[str, ...]:
    if held is None:
        return subject.made_again()
    if not held["enabled"]:
        patch = "op=replace,path=/enabled,value=true"
        command = f"apigateway update-api-key --api-key {id_} --patch-operations {patch}"
    else:
        plan = f"--usage-plan-id {subject.output('UsagePlanId')}"
        command = f"apigateway create-usage-plan-key {plan} --key-type API_KEY --key-id {id_}"
    return (subject.aws_command(command),)


def keys_of_domains(subject: Subject) -> Iterator[Finding]:
    """Examine which keys open each domain (`core.submission.senders.usable`)."""
    with subject.reading("apigateway"):
        enabled = {*ApiKeys.of(subject.stack).enabled().values()}
    domains = _listed_keys(subject)
    if not any(domains.values()):
        number = counted(len(enabled), "key")
        yield ok(f"Every domain is open to every key ({number}), as no domain lists any.")
        return
    for name, listed in domains.items():
        yield _opening(subject, name, len(listed & enabled), len(listed - enabled))
    if idle := len(enabled - frozenset().union(*domains.values())):
        yield warning(
            f"On the usage plan: {counted(idle, 'key')} that no domain lists, so no domain is open"
            " to them.",
            "# With the domain, and the key's id as API Gateway has it:",
            subject.mailctl("domains admit-key DOMAIN KEY_ID"),
        )


def _opening(subject: Subject, name: str, opening: int, gone: int) -> Finding:
    if not opening:
        command = subject.mailctl(f"domains rotate-key {name}")
        return failure(f"{name}: no key opens it.", command)
    number = counted(opening, "key")
    if gone:
        return warning(
            f"{name}: open to {number}; its list has {gone} more that are gone or switched off.",
            subject.mailctl(f"domains show {name}"),
        )
    return ok(f"{name}: open to {number}.")


def _listed_keys(subject: Subject) -> dict[str, frozenset[str]]:
    """Return the keys that each domain lists, by their hashes, of domains that can be used."""
    return {
        name: held.api_keys
        for name, held in configurations(subject).items()
        if not isinstance(held, ValueError)
    }


def opening_key(subject: Subject) -> tuple[str, str] | None:
    """Return a key that opens a domain, and that domain, the stack's own if possible."""
    own = subject.stack.default_domain.domain
    domains = _listed_keys(subject)
    with subject.reading("apigateway"):
        values = ApiKeys.of(subject.stack).values()
    is_open = not any(domains.values())
    for domain in sorted(domains, key=lambda name: name != own):
        for value in values:
            if is_open or hash_of(value) in domains[domain]:
                return value, domain
    return None
