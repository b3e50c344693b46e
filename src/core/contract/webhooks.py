"""The types of the operations on webhooks (docs/contract.md B7).

The original has none of them. Times are texts as RFC 3339 has them, in UTC, with milliseconds.
"""

from pydantic import Field

from core.contract.contract import RARE, WEBHOOKS
from core.contract.members import Contract


class SaveWebhook(Contract):
    """The request of `POST /Webhook`."""

    model_config = RARE
    namespace = WEBHOOKS
    mailboxes = frozenset({"Events"})

    id: str | None = Field(None, alias="Id")
    domain: str | None = Field(None, alias="Domain", repr=False)
    name: str | None = Field(None, alias="Name", repr=False)
    url: str | None = Field(None, alias="Url", repr=False)
    events: str | None = Field(None, alias="Events")
    include_recipients: bool | None = Field(None, alias="IncludeRecipients")
    enabled: bool | None = Field(None, alias="Enabled")


class Webhook(Contract):
    """An endpoint: the answer of the operations that change one."""

    model_config = RARE
    namespace = WEBHOOKS

    id: str | None = Field(None, alias="Id")
    domain: str | None = Field(None, alias="Domain")
    name: str | None = Field(None, alias="Name", repr=False)
    url: str | None = Field(None, alias="Url", repr=False)
    events: tuple[str, ...] | None = Field(None, alias="Events")
    include_recipients: bool = Field(default=False, alias="IncludeRecipients")
    enabled: bool = Field(default=False, alias="Enabled")
    disabled_reason: str | None = Field(None, alias="DisabledReason")
    failing_since: str | None = Field(None, alias="FailingSince")
    paused_until: str | None = Field(None, alias="PausedUntil")
    created_at: str | None = Field(None, alias="CreatedAt")
    secret: str | None = Field(None, alias="Secret", repr=False)


class FindWebhooks(Contract):
    """The request of `GET /Webhook`."""

    model_config = RARE
    namespace = WEBHOOKS

    domain: str | None = Field(None, alias="Domain", repr=False)


class FoundWebhooks(Contract):
    """The answer of `FindWebhooks`: the oldest first."""

    model_config = RARE
    namespace = WEBHOOKS

    webhooks: tuple[Webhook, ...] | None = Field(None, alias="Webhooks")


class DeleteWebhook(Contract):
    """The request of `POST /Webhook/{Id}/Delete`."""

    model_config = RARE
    namespace = WEBHOOKS

    id: str | None = Field(None, alias="Id")


class TestWebhook(Contract):
    """The request of `POST /Webhook/{Id}/Test`."""

    __test__ = False  # pytest takes its name for that of a test.
    model_config = RARE
    namespace = WEBHOOKS

    id: str | None = Field(None, alias="Id")


class RotateWebhookSecret(Contract):
    """The request of `POST /Webhook/{Id}/Secret`."""

    model_config = RARE
    namespace = WEBHOOKS

    id: str | None = Field(None, alias="Id")


class WebhookAttempt(Contract):
    """One call of an endpoint."""

    model_config = RARE
    namespace = WEBHOOKS

    at: str | None = Field(None, alias="At")
    status: int = Field(0, alias="Status")
    milliseconds: int = Field(0, alias="Milliseconds")
    error: str | None = Field(None, alias="Error")
    answer: str | None = Field(None, alias="Answer", repr=False)


class WebhookDelivery(Contract):
    """One event on its way to one endpoint."""

    model_config = RARE
    namespace = WEBHOOKS

    id: str | None = Field(None, alias="Id")
    webhook_id: str | None = Field(None, alias="WebhookId")
    type: str | None = Field(None, alias="Type")
    at: str | None = Field(None, alias="At")
    message_id: str | None = Field(None, alias="MessageId")
    recipient: int = Field(0, alias="Recipient")
    sequence: int = Field(0, alias="Sequence")
    status: str | None = Field(None, alias="Status")
    state: str | None = Field(None, alias="State")
    tries: int = Field(0, alias="Tries")
    next_at: str | None = Field(None, alias="NextAt")
    attempts: tuple[WebhookAttempt, ...] | None = Field(None, alias="Attempts")


class FindDeliveries(Contract):
    """The request of `GET /Webhook/{Id}/Deliveries`."""

    model_config = RARE
    namespace = WEBHOOKS

    id: str | None = Field(None, alias="Id")
    state: str | None = Field(None, alias="State")
    message_id: str | None = Field(None, alias="MessageId")
    since: str | None = Field(None, alias="Since")
    until: str | None = Field(None, alias="Until")
    limit: int | None = Field(None, alias="Limit")
    cursor: str | None = Field(None, alias="Cursor")


class FoundDeliveries(Contract):
    """The answer of `FindDeliveries`: a page, the newest event first."""

    model_config = RARE
    namespace = WEBHOOKS

    deliveries: tuple[WebhookDelivery, ...] | None = Field(None, alias="Deliveries")
    cursor: str | None = Field(None, alias="Cursor")


class ReplayDeliveries(Contract):
    """The request of `POST /Webhook/{Id}/Replay`."""

    model_config = RARE
    namespace = WEBHOOKS

    id: str | None = Field(None, alias="Id")
    delivery_id: str | None = Field(None, alias="DeliveryId")
    since: str | None = Field(None, alias="Since")
    until: str | None = Field(None, alias="Until")
    state: str | None = Field(None, alias="State")
    cursor: str | None = Field(None, alias="Cursor")


class ReplayedDeliveries(Contract):
    """The answer of `ReplayDeliveries`."""

    model_config = RARE
    namespace = WEBHOOKS

    count: int = Field(0, alias="Count")
    cursor: str | None = Field(None, alias="Cursor")
