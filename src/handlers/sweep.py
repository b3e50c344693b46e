"""Once a minute: whatever was left behind goes back on its way, and is counted."""

import time
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from core import clients, recovery
from core.config import CONFIG
from core.discretion import discreet
from core.retry_queue import RetryQueue
from core.store import Store

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()
metrics = Metrics()
store = Store(clients.dynamodb(), CONFIG.table_name)
queue = RetryQueue(clients.sqs, CONFIG.retry_queue_url, CONFIG.dead_letter_queue_url)


@discreet
@metrics.log_metrics
def handler(_event: dict[str, Any], context: "LambdaContext") -> None:
    """Sweep, and count. Fails in the end if something was left undone: an alarm counts that."""
    metrics.add_metric("Sweeps", MetricUnit.Count, 1)
    now = int(time.time())
    repairs = recovery.sweep(
        now,
        time_left=lambda: context.get_remaining_time_in_millis() / 1000,
        store=store,
        queue=queue,
    )
    oldest = store.oldest_due_at()
    overdue = max(0, now - oldest) if oldest is not None else 0
    # With what `resend` says of messages that still wait: the alarm looks at the greatest.
    metrics.add_metric("OldestUnfinishedAgeSeconds", MetricUnit.Seconds, overdue)
    metrics.add_metric("Requeued", MetricUnit.Count, repairs.requeued)
    metrics.add_metric("UnknownOutcome", MetricUnit.Count, repairs.unknown)
    metrics.add_metric("GaveUp", MetricUnit.Count, repairs.failed)
    logger.info("swept", requeued=repairs.requeued, failed=repairs.failed, unknown=repairs.unknown)
    if repairs.outage:
        raise repairs.outage
