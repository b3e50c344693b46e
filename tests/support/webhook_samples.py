"""Endpoints and deliveries of webhooks, for tests of what is pure about them."""

from typing import Any

from core.webhooks import changes
from core.webhooks.delivery import KEPT_SECONDS, Delivery
from core.webhooks.endpoint import Endpoint
from support.records import NOW

WEBHOOK = "wh_01jd9zk4m6t0v3q8w2x5y7b1cd"
MESSAGE = "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"


def endpoint(**changes_: Any) -> Endpoint:
    """Make an endpoint that is told everything, and no address."""
    members: dict[str, Any] = {
        "id": WEBHOOK,
        "domain": "d.example",
        "name": "orders",
        "url": "https://shop.example/hook",
        "created_at": NOW,
    }
    return Endpoint(**members | changes_)


def delivery(**changes_: Any) -> Delivery:
    """Make a delivery about the first recipient of a message, which has not been tried yet."""
    members: dict[str, Any] = {
        "endpoint": WEBHOOK,
        "id": changes.event_id("e"),
        "type": changes.DELIVERED,
        "at": NOW * 1000 + 120,
        "domain": "d.example",
        "message_id": MESSAGE,
        "recipient": 1,
        "sequence": 3,
        "status": "delivered",
        "next_at": NOW,
        "expires_at": NOW + KEPT_SECONDS,
    }
    return Delivery(**members | changes_)
