"""The endpoints of webhooks as their owners set them up: save, find, delete, rotate, test."""

import time
from collections.abc import Mapping
from typing import Any

from core.aws.endpoints import Endpoints
from core.contract.errors import Disabled, Fault, Invalid, NotFound
from core.contract.limits import MAX_WEBHOOK_NAME_LENGTH, MAX_WEBHOOKS
from core.contract.webhooks import SaveWebhook
from core.message.margins import trimmed
from core.redaction import about
from core.submission import characters, searches, senders
from core.submission.domains import DomainConfiguration
from core.webhook_services import WebhookServices
from core.webhooks import guard
from core.webhooks.changes import TEST, TYPES, event_id
from core.webhooks.delivery import KEPT_SECONDS, Delivery
from core.webhooks.endpoint import BY_CALLER, Endpoint, is_endpoint_id, new_endpoint_id

ALL = "*"
"""In place of types of events: all, also those that there will be."""
_AROUND = "\"'<>{}[]() \t\r\n"
_NOTHING_KNOWN: dict[str, Any] = {
    "failing_since": 0,
    "paused_until": 0,
    "is_quick": None,
    "called_until": 0,
}
"""What is written when nothing is held against a receiver."""
_ENABLED: dict[str, Any] = {"enabled": True, "disabled_reason": "", **_NOTHING_KNOWN}
"""What is written to enable an endpoint."""


def of_id(
    webhook_id: str | None, *, own: Mapping[str, DomainConfiguration], endpoints: Endpoints
) -> Endpoint:
    """Return an endpoint by its id, if its domain is one of the caller's `own`.

    Quotes and brackets around the id are none of it. Raises `Invalid` if no id was given, and
    `NotFound` both for an unknown id and for an endpoint of another's domain, in the same words.
    """
    wanted = trimmed(webhook_id or "").strip(_AROUND).lower()
    if not wanted:
        message = "'Id' must not be empty. Give the one that SaveWebhook answered."
        raise Invalid(Fault("Id", "NotEmpty", message))
    with about(webhook_id=wanted if is_endpoint_id(wanted) else "..."):
        found = endpoints.get(wanted) if is_endpoint_id(wanted) else None
    if found is None or found.domain not in own:
        raise _gone()
    return found


def find(
    domain: str | None, *, own: Mapping[str, DomainConfiguration], endpoints: Endpoints
) -> list[Endpoint]:
    """Return the endpoints of a domain, or of all of the caller's `own`; the oldest first.

    A domain that is not the caller's has none.
    """
    wanted = (domain or "").strip().lower()
    names = own.keys() & {wanted} if wanted else own.keys()
    return [each for each in endpoints.all(consistent=True) if each.domain in names]


def save(
    request: SaveWebhook,
    *,
    own: Mapping[str, DomainConfiguration],
    endpoints: Endpoints,
    reaches_loopback: bool,
) -> tuple[Endpoint, bool]:
    """Make an endpoint, or change the one with the request's `Id`; also say whether it is new.

    Of one that is there, what the request does not give stays as it is. Raises `Invalid`, or
    `NotAllowed` for a domain that is not the caller's, with everything that is wrong; `NotFound` as
    `of_id` does; `Outage`.
    """
    faults: list[Fault] = []
    settings = _settings(request, faults, reaches_loopback=reaches_loopback)
    if trimmed(request.id or ""):
        was = of_id(request.id, own=own, endpoints=endpoints)
        _require_same_domain(request, was, faults)
        if faults:
            raise Invalid(*faults)
        return _changed(was, settings, request, endpoints), False
    configuration = senders.named(request.domain, own, faults)
    for field in ("Name", "Url"):
        if field.lower() not in settings and field not in {fault.field for fault in faults}:
            faults.append(Fault(field, "NotEmpty", f"'{field}' must not be empty."))
    if configuration and not faults:
        _require_room(configuration.domain, endpoints, faults)
    if configuration is None or faults:
        raise senders.refusal(faults)
    made = Endpoint(
        id=new_endpoint_id(),
        domain=configuration.domain,
        created_at=int(time.time()),
        **settings,
        **({} if request.enabled is not False else _disabled()),
    )
    endpoints.add(made)
    return made, True


def delete(endpoint: Endpoint, *, endpoints: Endpoints) -> Endpoint:
    """Delete an endpoint; return it as it was. What was not delivered to it is not any more."""
    endpoints.delete(endpoint.id)
    return endpoint


def rotate(endpoint: Endpoint, *, endpoints: Endpoints) -> Endpoint:
    """Give an endpoint a new secret, beside which the one before signs for a day.

    Of two requests at the same time, both are answered with the same new secret.
    """
    rotated = endpoint.rotated(int(time.time()))
    retired = [list(each) for each in rotated.retired]
    changed = endpoints.change(endpoint.id, generation=rotated.generation, retired=retired)
    return _there(changed)


def test(endpoint: Endpoint, *, services: WebhookServices) -> Delivery:
    """Have a test event delivered, at once. Raises `Disabled` if the endpoint is."""
    require_enabled(endpoint)
    now = time.time()
    delivery = Delivery(
        endpoint=endpoint.id,
        id=event_id(f"{endpoint.id} {time.time_ns()}"),
        type=TEST,
        at=int(now * 1000),
        domain=endpoint.domain,
        next_at=int(now),
        expires_at=int(now) + KEPT_SECONDS,
    )
    services.deliveries.add(delivery)
    services.queue.put_all([(delivery, 0)])
    return delivery


def require_enabled(endpoint: Endpoint) -> None:
    """Refuse what would only be held back. Raises `Disabled`."""
    if not endpoint.enabled:
        raise Disabled(
            "This webhook is disabled, so nothing is sent to it. 'DisabledReason' of FindWebhooks "
            "tells why. Enable it with SaveWebhook: its 'Id', and 'Enabled': true."
        )


# ---- the request


def _settings(
    request: SaveWebhook, faults: list[Fault], *, reaches_loopback: bool
) -> dict[str, Any]:
    """Return the members of an endpoint that a request gives, but for whether it is enabled."""
    settings: dict[str, Any] = {}
    if name := trimmed(request.name or ""):
        settings["name"] = name
        faults += characters.faults_in("Name", name, max_length=MAX_WEBHOOK_NAME_LENGTH)
    if url := trimmed(request.url or ""):
        settings["url"] = url
        faults += _of_url(url, reaches_loopback=reaches_loopback)
    if trimmed(request.events or ""):
        settings["events"] = _events(request.events, faults)
    if request.include_recipients is not None:
        settings["include_recipients"] = request.include_recipients
    return settings


def _of_url(url: str, *, reaches_loopback: bool) -> list[Fault]:
    unprintable = [*characters.faults_in("Url", url)]
    return unprintable or [
        Fault("Url", "Url", f"'Url' {what}.")
        for what in guard.faults_in(url, reaches_loopback=reaches_loopback)
    ]


def _events(text: str | None, faults: list[Fault]) -> tuple[str, ...]:
    found = searches.words(text, "Events", (ALL, *TYPES), faults)
    return () if ALL in found else tuple(found)


def _require_same_domain(request: SaveWebhook, was: Endpoint, faults: list[Fault]) -> None:
    given = (request.domain or "").strip().lower()
    if given and given != was.domain:
        message = (
            "'Domain' of a webhook cannot be changed: leave it out, or make another webhook "
            "without an 'Id'."
        )
        faults.append(Fault("Domain", "Fixed", message))


def _require_room(domain: str, endpoints: Endpoints, faults: list[Fault]) -> None:
    """Note a fault if a domain has as many endpoints as it may. Two at once may both find room."""
    there = [each for each in endpoints.all(consistent=True) if each.domain == domain]
    if len(there) >= MAX_WEBHOOKS:
        message = (
            f"'Domain' must not have more than {MAX_WEBHOOKS} webhooks. Delete one, or change one "
            "by its 'Id'."
        )
        faults.append(Fault("Domain", "TooManyWebhooks", message))


def _changed(
    was: Endpoint, settings: dict[str, Any], request: SaveWebhook, endpoints: Endpoints
) -> Endpoint:
    if "events" in settings:
        settings |= {"events": list(settings["events"])}
    if settings.get("url", was.url) != was.url:
        settings |= _NOTHING_KNOWN  # Of another receiver.
    if request.enabled is True and not was.enabled:
        settings |= _ENABLED
    if request.enabled is False and was.enabled:
        settings |= _disabled()
    return _there(endpoints.change(was.id, **settings)) if settings else was


def _disabled() -> dict[str, Any]:
    return {"enabled": False, "disabled_reason": BY_CALLER}


def _there(changed: Endpoint | None) -> Endpoint:
    """Return what was changed; refuse if somebody has deleted it meanwhile."""
    if changed is None:
        raise _gone()
    return changed


def _gone() -> NotFound:
    return NotFound(
        "There is no such webhook of this API key's domains. FindWebhooks lists those that are."
    )
