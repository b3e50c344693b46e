"""What an operator does to webhooks: set them up, test them, and send events again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from core import webhook_log, webhook_settings
from core.aws.deliveries import Deliveries
from core.aws.endpoints import Endpoints
from core.aws.webhook_queue import WebhookQueue
from core.contract.errors import NotFound
from core.formats import json as json_format
from core.http import webhook_answers
from core.webhook_services import WebhookServices
from core.webhooks import signing
from ops import timeline
from ops.asking import require_yes
from ops.domain_records import DomainRecords
from ops.refusals import in_words
from ops.tables import print_json, print_table
from ops.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from core.contract.webhooks import (
        FindDeliveries,
        ReplayDeliveries,
        SaveWebhook,
        Webhook,
        WebhookDelivery,
    )
    from core.submission.domains import DomainConfiguration
    from core.webhooks.endpoint import Endpoint
    from ops.stack import Stack

_OPERATOR = "operator"
"""In the place of an API key: a cursor of an operator's is for operators."""


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The webhooks of one stack, of all its domains."""

    services: WebhookServices
    domains: Mapping[str, DomainConfiguration]

    @classmethod
    def of(cls, stack: Stack) -> Webhooks:
        """Reach them by the stack's outputs."""
        client, outputs = stack.aws.client, stack.outputs
        dynamodb, table = client("dynamodb"), outputs["TableName"]
        services = WebhookServices(
            Endpoints(dynamodb, table),
            Deliveries(dynamodb, table),
            WebhookQueue(lambda: client("sqs"), outputs["WebhookQueueUrl"]),
            stack.mail_index(),
        )
        return cls(services, DomainRecords.of(stack).read_all())

    def endpoint(self, webhook_id: str) -> Endpoint:
        """Return an endpoint by its id. Raises `ValueError` if there is none."""
        try:
            return webhook_settings.of_id(
                webhook_id, own=self.domains, endpoints=self.services.endpoints
            )
        except NotFound:
            raise ValueError(
                "There is no webhook with this id. Those that are:\n  ./mailctl webhooks list"
            ) from None

    def deliveries(self, request: FindDeliveries, most: int) -> Iterator[WebhookDelivery]:
        """Yield at most so many deliveries that a request asks for, the newest event first."""
        endpoint, cursor, left = self.endpoint(request.id or ""), "", most
        while left:
            asked = request.model_copy(update={"cursor": cursor, "limit": min(left, 100)})
            page = webhook_log.find(asked, endpoint, caller=_OPERATOR, services=self.services)
            yield from map(webhook_answers.of_delivery, page.deliveries)
            left, cursor = left - len(page.deliveries), page.cursor
            if not cursor:
                return

    def replay(self, request: ReplayDeliveries, endpoint: Endpoint) -> int:
        """Send deliveries again, a hundred after the other; return how many."""
        count, cursor = 0, ""
        while True:
            asked = request.model_copy(update={"cursor": cursor})
            page = webhook_log.replay(asked, endpoint, caller=_OPERATOR, services=self.services)
            count, cursor = count + len(page.deliveries), page.cursor
            if not cursor:
                return count


def show(stack: Stack, domain: str, *, as_json: bool) -> None:
    """Print the webhooks of a domain, or of all."""
    webhooks = Webhooks.of(stack)
    endpoints = webhooks.services.endpoints
    found = webhook_settings.find(domain, own=webhooks.domains, endpoints=endpoints)
    answers = list(map(webhook_answers.of_endpoint, found))
    if as_json:
        print_json([json.loads(json_format.write(each)) for each in answers])
        return
    rows = [
        (
            each.id or "",
            each.domain or "",
            each.name or "",
            each.url or "",
            ", ".join(each.events or ()),
            _state(each),
        )
        for each in answers
    ]
    print_table(("Webhook", "Domain", "Name", "Url", "Events", "State"), rows, "webhook")


def save(stack: Stack, request: SaveWebhook, *, as_json: bool) -> None:
    """Make a webhook, or change one; print it, a new one with its secret."""
    with in_words():
        webhooks = Webhooks.of(stack)
        saved, is_new = webhook_settings.save(
            request,
            own=webhooks.domains,
            endpoints=webhooks.services.endpoints,
            reaches_loopback=stack.is_here,
        )
    _print(stack, saved, with_secret=is_new, as_json=as_json)


def delete(stack: Stack, webhook_id: str, *, is_sure: bool) -> None:
    """Delete a webhook."""
    with in_words():
        webhooks = Webhooks.of(stack)
        endpoint = webhooks.endpoint(webhook_id)
        what = f"{endpoint.name} ({endpoint.url}) will be deleted, and what waits for it."
        require_yes([what], is_sure=is_sure)
        webhook_settings.delete(endpoint, endpoints=webhooks.services.endpoints)
    print(f"{endpoint.id} is deleted.")


def test(stack: Stack, webhook_id: str) -> None:
    """Have a test event sent."""
    with in_words():
        webhooks = Webhooks.of(stack)
        endpoint = webhooks.endpoint(webhook_id)
        delivery = webhook_settings.test(endpoint, services=webhooks.services)
    print(f"{delivery.id} is on its way. What became of it:")
    print(f"  ./mailctl webhooks deliveries {endpoint.id} --tries --limit 1")


def rotate(stack: Stack, webhook_id: str, *, is_sure: bool, as_json: bool) -> None:
    """Give a webhook a new secret, and print it."""
    with in_words():
        webhooks = Webhooks.of(stack)
        endpoint = webhooks.endpoint(webhook_id)
        what = f"{endpoint.name} will have a new secret. The one of now signs for 24 more hours."
        require_yes([what], is_sure=is_sure)
        rotated = webhook_settings.rotate(endpoint, endpoints=webhooks.services.endpoints)
    _print(stack, rotated, with_secret=True, as_json=as_json)


def deliveries(
    stack: Stack, request: FindDeliveries, most: int, *, with_tries: bool, as_json: bool
) -> None:
    """Print the deliveries that a request asks for, the newest event first."""
    with in_words():
        found = list(islice(Webhooks.of(stack).deliveries(request, most), most))
    if as_json:
        print_json([json.loads(json_format.write(each)) for each in found])
        return
    if with_tries:
        print_table(
            ("Event", "Tried (UTC)", "Answer", "Time", "Said"), _tries(found), "try", "tries"
        )
    else:
        heads = ("At (UTC)", "Event", "Type", "Message", "State", "Tries", "Last try", "Next (UTC)")
        print_table(heads, [_row(each) for each in found], "delivery", "deliveries")
    if len(found) == most:
        print("There may be more: --limit, or a narrower search.")


def replay(stack: Stack, request: ReplayDeliveries, *, is_sure: bool) -> None:
    """Send deliveries again: one, or all that fit."""
    with in_words():
        webhooks = Webhooks.of(stack)
        endpoint = webhooks.endpoint(request.id or "")
        webhook_settings.require_enabled(endpoint)
        which = request.delivery_id or f"What is {request.state or 'failed or held'}"
        require_yes([f"{which} will be sent to {endpoint.url} again."], is_sure=is_sure)
        count = webhooks.replay(request, endpoint)
    print(f"{counted(count, 'delivery', 'deliveries')} sent again.")


def _print(stack: Stack, endpoint: Endpoint, *, with_secret: bool, as_json: bool) -> None:
    secret = None
    if with_secret:
        of_stack = stack.secret("WebhookSecretArn")
        secret = signing.secret(of_stack, endpoint.id, endpoint.generation)
    answer = webhook_answers.of_endpoint(endpoint, secret)
    if as_json:
        print_json(json.loads(json_format.write(answer)))
        return
    print(f"{answer.id} of {answer.domain}: {answer.url}")
    print(f"  events: {', '.join(answer.events or ())}")
    print(f"  state:  {_state(answer)}")
    if secret:
        print(f"  secret: {secret}\nThe secret is shown this once: give it to the receiver.")


def _state(webhook: Webhook) -> str:
    if not webhook.enabled:
        return f"disabled: {webhook.disabled_reason}"
    if webhook.paused_until:
        return f"paused until {webhook.paused_until}"
    if webhook.failing_since:
        return f"failing since {webhook.failing_since}"
    return "enabled"


def _row(delivery: WebhookDelivery) -> tuple[str, ...]:
    last = (delivery.attempts or ())[-1:]
    return (
        timeline.time_(delivery.at),
        delivery.id or "",
        delivery.type or "",
        delivery.message_id or "",
        delivery.state or "",
        str(delivery.tries),
        "".join(each.error or str(each.status) for each in last),
        timeline.time_(delivery.next_at),
    )


def _tries(found: Sequence[WebhookDelivery]) -> list[tuple[str, ...]]:
    return [
        (
            delivery.id or "",
            timeline.time_(attempt.at),
            str(attempt.status or attempt.error or ""),
            f"{attempt.milliseconds} ms",
            (attempt.answer or "").replace("\n", " "),
        )
        for delivery in found
        for attempt in delivery.attempts or ()
    ]
