"""Who gets in: the API keys on their usage plan, and the usage plan on the API's stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.api_keys import ApiKeys, hash_of
from ops.doctor.findings import Finding, counted, failure, ok, warning
from ops.doctor.senders import configurations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.doctor.subject import Subject

_STAGE = "live"
"""`StageName` in `template.yaml`."""


def usage_plan(subject: Subject) -> Iterator[Finding]:
    """Examine whether the plan opens the API: without a plan no key opens anything."""
    plan, api = subject.stack.outputs["UsagePlanId"], subject.resources["Api"]
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

    `make domains COMMAND='revoke-key ...'` switches it off on purpose, once there are others.
    """
    id_, plan = subject.stack.outputs["ApiKeyId"], subject.stack.outputs["UsagePlanId"]
    with subject.reading("apigateway"):
        keys = ApiKeys.of(subject.stack)
        on_plan, enabled = keys.hashes(), keys.enabled()
    level = warning if enabled else failure
    held = subject.ask("apigateway", "get_api_key", absent=("NotFoundException",), apiKey=id_)
    if held is None:
        yield level(f"The stack's own key {id_} is gone.", subject.make("deploy"))
    elif not held["enabled"]:
        yield level(
            f"The stack's own key {id_} is switched off, as revoke-key leaves it.",
            subject.aws_command(
                f"apigateway update-api-key --api-key {id_}"
                " --patch-operations op=replace,path=/enabled,value=true"
            ),
        )
    elif id_ not in on_plan:
        yield level(
            f"The stack's own key {id_} is not on the usage plan, so it opens nothing.",
            subject.aws_command(
                f"apigateway create-usage-plan-key --usage-plan-id {plan} --key-type API_KEY"
                f" --key-id {id_}"
            ),
        )
    else:
        yield ok(f"The stack's own key {id_} is switched on, and on the usage plan.")


def keys_of_domains(subject: Subject) -> Iterator[Finding]:
    """Examine which keys open each domain (`core.submission.senders.usable`)."""
    with subject.reading("apigateway"):
        enabled = {*ApiKeys.of(subject.stack).enabled().values()}
    domains = {
        name: held.api_keys
        for name, held in configurations(subject).items()
        if not isinstance(held, ValueError)
    }
    if not any(domains.values()):
        number = counted(len(enabled), "key")
        yield ok(f"Every domain is open to every key ({number}), as no domain lists any.")
        return
    for name, listed in domains.items():
        opening = len(listed & enabled)
        if not opening:
            command = f"domains COMMAND='rotate-key {name}'"
            yield failure(f"{name}: no key opens it.", subject.make(command))
        elif gone := len(listed - enabled):
            yield warning(
                f"{name}: {counted(opening, 'key')} of its list are switched on, {gone} are gone or"
                " switched off.",
                subject.make(f"domains COMMAND='show {name}'"),
            )
        else:
            yield ok(f"{name}: open to {counted(opening, 'key')}.")
    listed = frozenset().union(*domains.values())
    if idle := len(enabled - listed):
        yield warning(
            f"On the usage plan: {counted(idle, 'key')} that no domain lists, so no domain is open"
            " to them.",
            subject.make("domains COMMAND='admit-key DOMAIN KEY_ID'"),
        )


def opening_key(subject: Subject) -> tuple[str, str] | None:
    """Return a key that opens a domain, and that domain, the stack's own if possible."""
    own = subject.stack.default_domain.domain
    domains = {
        name: held.api_keys
        for name, held in configurations(subject).items()
        if not isinstance(held, ValueError)
    }
    with subject.reading("apigateway"):
        values = [key for key in ApiKeys.of(subject.stack).values() if key]
    is_open = not any(domains.values())
    for domain in sorted(domains, key=lambda name: name != own):
        for value in values:
            if is_open or hash_of(value) in domains[domain]:
                return value, domain
    return None
