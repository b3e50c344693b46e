"""The function that runs once a minute: repairs what was left behind, and judges every domain.

It wakes the deliveries of webhooks whose time has come, too.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from core import recovery, reputation_watch, webhook_recovery
from core.aws import clients
from core.aws.counters import Counters
from core.aws.deliveries import Deliveries
from core.aws.domain_table import DomainTable
from core.aws.event_flow import EventFlow
from core.aws.retry_queue import RetryQueue
from core.aws.step_log import StepLog
from core.aws.store import Store
from core.aws.webhook_queue import WebhookQueue
from core.config import CONFIG
from core.redaction import described, redacted
from handlers import telemetry

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()
metrics = Metrics()
store = Store(clients.dynamodb(), CONFIG.table_name)
queue = RetryQueue(clients.sqs, CONFIG.retry_queue_url, CONFIG.dead_letter_queue_url)
domain_table = DomainTable(clients.dynamodb(), CONFIG.table_name, CONFIG.default_domain)
counters = Counters(clients.dynamodb(), CONFIG.table_name)
event_flow = EventFlow(clients.dynamodb(), CONFIG.table_name)
deliveries = Deliveries(clients.dynamodb(), CONFIG.table_name)
webhook_queue = WebhookQueue(clients.sqs, CONFIG.webhook_queue_url)


@redacted
@metrics.log_metrics
def handler(_event: dict[str, Any], context: "LambdaContext") -> None:
    """Sweep, publish what was found as metrics, judge the domains, and wake webhooks.

    None keeps another from its work, whatever goes wrong. If something did, such as AWS that
    kept a message from its repair, the function fails once all else is done, so that the alarm on
    its errors rings. A record that this version cannot read is no such failure: it is skipped,
    logged and counted.
    """
    metrics.add_metric("Sweeps", MetricUnit.Count, 1)
    now = int(time.time())
    steps = (lambda: _sweep(now, context), lambda: _judge(now), lambda: _wake(now, context))
    errors = [*map(_error_of, steps)]
    for error in filter(None, errors):
        raise error


def _error_of(step: Callable[[], None]) -> Exception | None:
    """Carry out a step and return what ended it too early."""
    try:
        step()
    except Exception as error:  # noqa: BLE001 - raised once the other step is done
        telemetry.tell_error(logger, error)
        return error
    return None


def _sweep(now: int, context: "LambdaContext") -> None:
    repairs = recovery.sweep(
        now,
        time_left=lambda: _seconds_left(context),
        places=recovery.Places(store, StepLog(clients.dynamodb(), CONFIG.table_name), queue),
        hearing=recovery.Hearing(event_flow, domain_table),
    )
    metrics.add_metric("Requeued", MetricUnit.Count, repairs.requeued)
    metrics.add_metric("UnknownOutcome", MetricUnit.Count, repairs.unknown)
    metrics.add_metric("BlindTries", MetricUnit.Count, repairs.blind)
    metrics.add_metric("GaveUp", MetricUnit.Count, repairs.failed)
    metrics.add_metric("UnreadableRecords", MetricUnit.Count, len(repairs.unreadable))
    telemetry.tell_skipped(logger, repairs.unreadable, repairs.bugs)
    logger.info("swept", requeued=repairs.requeued, failed=repairs.failed, unknown=repairs.unknown)
    oldest = store.oldest_due_at()
    overdue = max(0, now - oldest) if oldest is not None else 0
    # `resend` publishes the same metric for messages that still wait; the alarm uses the maximum.
    metrics.add_metric("OldestUnfinishedAgeSeconds", MetricUnit.Seconds, overdue)
    if repairs.outage:
        raise repairs.outage


def _seconds_left(context: "LambdaContext") -> float:
    return context.get_remaining_time_in_millis() / 1000


def _wake(now: int, context: "LambdaContext") -> None:
    woken = webhook_recovery.requeue(
        now,
        time_left=lambda: _seconds_left(context),
        deliveries=deliveries,
        queue=webhook_queue,
    )
    if woken:
        logger.info("woke webhooks", deliveries=woken)


def _judge(now: int) -> None:
    offences = reputation_watch.judge(now, domain_table=domain_table, counters=counters)
    metrics.add_metric("BadRates", MetricUnit.Count, len(offences))
    for offence in offences:
        told = offence._asdict() | {"tally": offence.tally._asdict()}
        if offence.error:
            told |= described(offence.error)
        logger.warning("bad rates", **told)
    for error in filter(None, (offence.error for offence in offences)):
        raise error
