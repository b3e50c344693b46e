"""Once a minute: whatever was left behind goes back on its way, and every domain is judged."""

import time
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from core import recovery, reputation_watch
from core.aws import clients
from core.aws.counters import Counters
from core.aws.domain_table import DomainTable
from core.aws.retry_queue import RetryQueue
from core.aws.store import Store
from core.config import CONFIG
from core.redaction import redacted

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()
metrics = Metrics()
store = Store(clients.dynamodb(), CONFIG.table_name)
queue = RetryQueue(clients.sqs, CONFIG.retry_queue_url, CONFIG.dead_letter_queue_url)
domain_table = DomainTable(clients.dynamodb(), CONFIG.table_name, CONFIG.default_domain)
counters = Counters(clients.dynamodb(), CONFIG.table_name)


@redacted
@metrics.log_metrics
def handler(_event: dict[str, Any], context: "LambdaContext") -> None:
    """Sweep, count and judge. Fails in the end if something was left undone: an alarm tells."""
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
    _judge(now)
    if repairs.outage:
        raise repairs.outage


def _judge(now: int) -> None:
    offences = reputation_watch.judge(now, domain_table=domain_table, counters=counters)
    metrics.add_metric("BadRates", MetricUnit.Count, len(offences))
    for offence in offences:
        logger.warning("bad rates", **offence._asdict() | {"tally": offence.tally._asdict()})
