"""The function behind the queue of webhooks: calls receivers."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from core import webhook_delivery, webhook_outbox
from core.aws import clients, webhook_queue
from core.aws.deliveries import Deliveries, DeliveryKey
from core.aws.endpoints import Endpoints
from core.aws.items import UnreadableRecord
from core.aws.outage import Outage
from core.aws.store import Store
from core.aws.webhook_queue import WebhookQueue
from core.config import CONFIG
from core.redaction import about, noted, redacted
from core.webhook_delivery import Tried
from core.webhooks import client
from core.webhooks.delivery import State
from handlers import telemetry

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()
metrics = Metrics()
_queue = WebhookQueue(clients.sqs, CONFIG.webhook_queue_url, CONFIG.webhook_dead_letters_url)
places = webhook_delivery.Places(
    store=Store(clients.dynamodb(), CONFIG.table_name),
    endpoints=Endpoints(clients.dynamodb(), CONFIG.table_name),
    deliveries=Deliveries(clients.dynamodb(), CONFIG.table_name),
    queue=_queue,
    secret=CONFIG.webhook_secret,
    reaches_loopback=CONFIG.reaches_loopback,
)
_outbox = webhook_outbox.Places(places.endpoints, places.deliveries, _queue)
client.prepare()
_callers = ThreadPoolExecutor(10)
"""As many as the messages that SQS hands out at once: one slow receiver delays no other."""

_LEFT_IN_QUEUE = (Outage, UnreadableRecord, ValueError)
"""The errors after which a message stays in the queue: it comes again, and in the end it becomes a
dead letter."""


@redacted
@metrics.log_metrics
def handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Make the calls that the queue hands out (an SQS event of Lambda), side by side.

    The answer names the messages that stay in the queue. Whatever goes wrong with one stops no
    other.
    """
    metrics.add_metric("WebhooksDisabled", MetricUnit.Count, 0)  # Nothing yet.
    bodies = dict.fromkeys(queued["body"] for queued in event["Records"])  # Each once.
    ends = dict(zip(bodies, _callers.map(_carried_out, bodies), strict=True))
    _count([end.tried for end in ends.values() if end.tried and end.tried.attempt])
    return {
        "batchItemFailures": [
            {"itemIdentifier": queued["messageId"]}
            for queued in event["Records"]
            if not ends[queued["body"]].is_done
        ]
    }


class _End(NamedTuple):
    """How it ended with a message of the queue."""

    is_done: bool
    """Whether the queue may forget it."""
    tried: Tried | None = None


def _carried_out(body: str) -> _End:
    """Carry out one message of the queue."""
    try:
        found = webhook_queue.parse(body)
        if isinstance(found, DeliveryKey):
            with about(webhook_id=found.endpoint):
                return _End(is_done=True, tried=_delivered(found))
        _tell(found)
    except _LEFT_IN_QUEUE as error:
        logger.warning("left in the queue", reason=type(error).__name__, **noted(error))
        return _End(is_done=False)
    except Exception as error:  # noqa: BLE001 - logged and counted; the others get their turn
        telemetry.tell_bug(logger, error)
        return _End(is_done=False)
    return _End(is_done=True)


def _tell(change: Mapping[str, Any]) -> None:
    """Read a change once more that an operator has put back from the dead letters."""
    told = webhook_outbox.tell([change], int(time.time()), _outbox)
    telemetry.tell_skipped(logger, told.unreadable, told.bugs)


def _delivered(key: DeliveryKey) -> Tried | None:
    tried = webhook_delivery.deliver(key, places)
    if tried is None:
        return None
    delivery, attempt = tried.delivery, tried.attempt
    told: dict[str, Any] = {
        **tried.endpoint.log_keys,
        "event_id": delivery.id,
        "type": delivery.type,
        "state": delivery.state.value,
        **({"message_id": delivery.message_id} if delivery.message_id else {}),
        **tried.log_keys,
    }
    if attempt is None:
        logger.info("not called", **told)
        return tried
    logger.info("called", status=attempt.status, error=attempt.error, ms=attempt.took_ms, **told)
    return tried


def _count(calls: Sequence[Tried]) -> None:
    """Publish how the calls of a batch have ended."""
    states = [tried.delivery.state for tried in calls]
    delivered = states.count(State.DELIVERED)
    metrics.add_metric("WebhooksDelivered", MetricUnit.Count, delivered)
    metrics.add_metric("WebhookCallsFailed", MetricUnit.Count, len(calls) - delivered)
    metrics.add_metric("WebhooksGivenUp", MetricUnit.Count, states.count(State.FAILED))
    for tried in calls:
        if tried.disabled:
            logger.warning("disabled", reason=tried.disabled, **tried.endpoint.log_keys)
            metrics.add_metric("WebhooksDisabled", MetricUnit.Count, 1)
