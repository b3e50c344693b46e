"""The function behind the retry queue: tries again to send the messages that wait."""

import time
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from core import sending
from core.aws import clients, retry_queue
from core.aws.domain_table import DomainTable
from core.aws.items import UnreadableRecord
from core.aws.outage import Outage
from core.aws.store import RecordGone
from core.config import CONFIG
from core.message.status import Status
from core.redaction import redacted
from core.services import Services

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()
metrics = Metrics()
domain_table = DomainTable(clients.dynamodb(), CONFIG.table_name, CONFIG.default_domain)
services = Services.of(CONFIG)


@redacted
@metrics.log_metrics
def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Try each message that the queue hands out (an SQS event of Lambda).

    The answer names those that stay in the queue: they come again, and in the end become dead
    letters. The others are deleted from it.
    """
    metrics.add_metric("Tries", MetricUnit.Count, len(event["Records"]))
    failures = []
    for queued in event["Records"]:
        try:
            _resend(queued["body"], context)
        except (Outage, RecordGone, UnreadableRecord, ValueError, KeyError) as error:
            logger.warning("left in the queue", reason=type(error).__name__)
            failures.append({"itemIdentifier": queued["messageId"]})
    return {"batchItemFailures": failures}


def _resend(body: str, context: "LambdaContext") -> None:
    message_id, ended = retry_queue.parse(body)
    record = sending.resend(
        message_id,
        ended=ended,
        time_left=lambda: context.get_remaining_time_in_millis() / 1000,
        services=services,
        configuration_of=domain_table.find,
    )
    state = record.status if record else "gone"
    metrics.add_metric("GaveUp", MetricUnit.Count, state == Status.FAILED)
    if record and state == Status.QUEUED:
        age = int(time.time()) - record.created_at
        metrics.add_metric("OldestUnfinishedAgeSeconds", MetricUnit.Seconds, age)
    logger.info("tried", message_id=message_id, state=state)
