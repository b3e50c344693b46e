"""Describes endpoints of webhooks and their deliveries (docs/contract.md B7)."""

from collections.abc import Sequence

from core.contract.webhooks import (
    FoundDeliveries,
    FoundWebhooks,
    ReplayedDeliveries,
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
)
from core.message.history import rfc3339
from core.webhooks.delivery import Attempt, Delivery, State
from core.webhooks.endpoint import Endpoint

_ALL = ("*",)


def of_endpoint(endpoint: Endpoint, secret: str | None = None) -> Webhook:
    """Describe an endpoint; with its newest secret where that is shown."""
    return Webhook(
        id=endpoint.id,
        domain=endpoint.domain,
        name=endpoint.name,
        url=endpoint.url,
        events=endpoint.events or _ALL,
        include_recipients=endpoint.include_recipients,
        enabled=endpoint.enabled,
        disabled_reason=endpoint.disabled_reason or None,
        failing_since=_time(endpoint.failing_since * 1000),
        paused_until=_time(endpoint.paused_until * 1000),
        created_at=_time(endpoint.created_at * 1000),
        secret=secret,
    )


def of_endpoints(endpoints: Sequence[Endpoint]) -> FoundWebhooks:
    """Describe several endpoints."""
    return FoundWebhooks(webhooks=tuple(map(of_endpoint, endpoints)))


def of_delivery(delivery: Delivery) -> WebhookDelivery:
    """Describe a delivery with its tries."""
    is_pending = delivery.state is State.PENDING
    return WebhookDelivery(
        id=delivery.id,
        webhook_id=delivery.endpoint,
        type=delivery.type,
        at=_time(delivery.at),
        message_id=delivery.message_id or None,
        recipient=delivery.recipient,
        sequence=delivery.sequence,
        status=delivery.status or None,
        state=delivery.state.value,
        tries=delivery.tries,
        next_at=_time(delivery.next_at * 1000) if is_pending else None,
        attempts=tuple(map(_attempt, delivery.attempts)),
    )


def of_page(deliveries: Sequence[Delivery], cursor: str) -> FoundDeliveries:
    """Describe a page of deliveries."""
    return FoundDeliveries(deliveries=tuple(map(of_delivery, deliveries)), cursor=cursor or None)


def of_replayed(deliveries: Sequence[Delivery], cursor: str) -> ReplayedDeliveries:
    """Say how many deliveries are sent again."""
    return ReplayedDeliveries(count=len(deliveries), cursor=cursor or None)


def _attempt(attempt: Attempt) -> WebhookAttempt:
    return WebhookAttempt(
        at=_time(attempt.at),
        status=attempt.status,
        milliseconds=attempt.took_ms,
        error=attempt.error or None,
        answer=attempt.answer or None,
    )


def _time(milliseconds: int) -> str | None:
    return rfc3339(milliseconds) if milliseconds else None
