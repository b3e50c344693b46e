"""An example of each type of the operations on webhooks."""

from typing import Any

from core.contract.members import Contract
from core.contract.webhooks import (
    DeleteWebhook,
    FindDeliveries,
    FindWebhooks,
    FoundDeliveries,
    FoundWebhooks,
    ReplayDeliveries,
    ReplayedDeliveries,
    RotateWebhookSecret,
    SaveWebhook,
    TestWebhook,
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
)

_ID = "wh_01jd9zk4m6t0v3q8w2x5y7b1cd"
_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="  # noqa: S105 - nobody's # nosec B105
_EVENT = "msg_ge3tkmbqgaydambqgaydambqgaydambq"
_CURSOR = "MjAyNi0xMS0yMFQwOToxNTozMC4xMjBaI21zZy4zZjk"
_WEBHOOK: dict[str, Any] = {
    "id": _ID,
    "domain": "example.com",
    "name": "Orders",
    "url": "https://orders.example.com/mail-events",
    "events": ("mail.bounced", "mail.failed"),
    "enabled": True,
    "created_at": "2026-11-20T09:15:30.000Z",
}
_DELIVERY = WebhookDelivery(
    id=_EVENT,
    webhook_id=_ID,
    type="mail.bounced",
    at="2026-11-20T09:15:31.480Z",
    message_id="01JD9ZK4M6T0V3Q8W2X5Y7B1CD",
    recipient=1,
    sequence=3,
    status="undelivered",
    state="pending",
    tries=1,
    next_at="2026-11-20T09:15:37.000Z",
    attempts=(
        WebhookAttempt(at="2026-11-20T09:15:32.020Z", status=500, milliseconds=84, error="Status"),
    ),
)

EXAMPLES: dict[type[Contract], Contract] = {
    SaveWebhook: SaveWebhook(
        name="Orders",
        url="https://orders.example.com/mail-events",
        events="mail.bounced, mail.failed",
    ),
    Webhook: Webhook(**_WEBHOOK, secret=_SECRET),
    FindWebhooks: FindWebhooks(domain="example.com"),
    FoundWebhooks: FoundWebhooks(webhooks=(Webhook(**_WEBHOOK),)),
    DeleteWebhook: DeleteWebhook(id=_ID),
    TestWebhook: TestWebhook(id=_ID),
    RotateWebhookSecret: RotateWebhookSecret(id=_ID),
    FindDeliveries: FindDeliveries(id=_ID, state="failed, held", since="2026-11-20", limit=20),
    FoundDeliveries: FoundDeliveries(deliveries=(_DELIVERY,), cursor=_CURSOR),
    WebhookDelivery: _DELIVERY,
    ReplayDeliveries: ReplayDeliveries(id=_ID, since="2026-11-20"),
    ReplayedDeliveries: ReplayedDeliveries(count=12),
}
