"""The function behind the retry queue: tries again to send the messages that wait."""

import time
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from core import failures, sending
from core.aws import clients, retry_queue
from core.aws.domain_table import DomainTable
from core.aws.items import UnreadableRecord
from core.aws.outage import Outage
from core.aws.retry_queue import Queued
from core.aws.store import RecordGone
from core.config import CONFIG
from core.message.record import Record
from core.message.status import Status
from core.redaction import about, noted, redacted
from core.services import Services
from handlers import telemetry

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()
metrics = Metrics()
domain_table = DomainTable(clients.dynamodb(), CONFIG.table_name, CONFIG.default_domain)
services = Services.of(CONFIG)

_LEFT_IN_QUEUE = (Outage, RecordGone, UnreadableRecord)
"""The errors that may keep a try from beginning, and pass."""


@redacted
@metrics.log_metrics
def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Try each message that the queue hands out (an SQS event of Lambda).

    The answer names those that stay in the queue: they come again, and in the end become dead
    letters. The others are deleted from it. Whatever goes wrong with one stops no other.
    """
    metrics.add_metric("Tries", MetricUnit.Count, len(event["Records"]))
    left = [queued for queued in event["Records"] if not _is_done(queued["body"], context)]
    return {"batchItemFailures": [{"itemIdentifier": queued["messageId"]} for queued in left]}


def _is_done(body: str, context: "LambdaContext") -> bool:
    """Carry out one message of the queue; say whether the queue may forget it."""
    try:
        queued = retry_queue.parse(body)
    except ValueError:
        logger.warning("left in the queue", reason="NoMessageId")
        return False
    try:
        with about(message_id=queued.message_id):
            _resend(queued, context)
    except _LEFT_IN_QUEUE as error:
        logger.warning("left in the queue", reason=type(error).__name__, **noted(error))
        return False
    except Exception as error:  # noqa: BLE001 - logged and counted; the others get their turn
        telemetry.tell_bug(logger, error)
        return False
    return True


def _resend(queued: Queued, context: "LambdaContext") -> None:
    started = int(time.time())
    record = sending.resend(
        queued,
        time_left=lambda: context.get_remaining_time_in_millis() / 1000,
        services=services,
        configuration_of=domain_table.find,
    )
    state = record.status if record else "gone"
    metrics.add_metric("GaveUp", MetricUnit.Count, state == Status.FAILED)
    if record and _is_put_off(record):
        age = int(time.time()) - record.attempts[0].at
        metrics.add_metric("OldestUnfinishedAgeSeconds", MetricUnit.Seconds, age)
    # A message may be in the queue twice: what was told of an earlier try is not told again.
    counted = _counted(record, started) if record else {}
    if record and (failure := failures.of(record, since=started)):
        telemetry.tell_failure(logger, "tried", record, failure, **counted)
    else:
        named = record.log_keys if record else {"message_id": queued.message_id}
        logger.info("tried", state=state, **counted, **named)


def _counted(record: Record, since: int) -> dict[str, Any]:
    """Return what has become of a message since then, in numbers: CloudWatch makes metrics of them.

    They are those of `message/progress.py`, and none is 0. `since` is in epoch seconds.
    """
    if taken := record.taken_at_newest_try(since=since):
        return {"recipients": taken, "sent_after": record.seconds_until(time.time())}
    is_over = record.status is Status.FAILED and record.failed_at >= since
    return {"failed": 1} if is_over else {}


def _is_put_off(record: Record) -> bool:
    """Say whether a mail waits because SES, or the way to it, failed.

    One that waits for its turn does not: however long that takes, nothing is wrong with it, and the
    dispatcher publishes how long it is.
    """
    if record.status is not Status.QUEUED or record.is_lined_up or not record.attempts:
        return False
    return record.attempts[-1].outcome == "not taken"
