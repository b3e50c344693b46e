"""The function behind the table's stream: makes deliveries of webhooks of what has changed."""

import time
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from core import webhook_outbox
from core.aws import clients
from core.aws.deliveries import Deliveries
from core.aws.endpoints import Endpoints
from core.aws.webhook_queue import WebhookQueue
from core.config import CONFIG
from core.redaction import redacted
from handlers import telemetry

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()
places = webhook_outbox.Places(
    endpoints=Endpoints(clients.dynamodb(), CONFIG.table_name),
    deliveries=Deliveries(clients.dynamodb(), CONFIG.table_name),
    queue=WebhookQueue(clients.sqs, CONFIG.webhook_queue_url, CONFIG.webhook_dead_letters_url),
)


@redacted
def handler(event: dict[str, Any], _context: "LambdaContext") -> None:
    """Tell what has changed about records (a DynamoDB event of Lambda).

    If AWS fails, an error is raised, and Lambda hands the same batch out again, for as long as the
    stream has it.
    """
    told = webhook_outbox.tell(event["Records"], int(time.time()), places)
    telemetry.tell_skipped(logger, told.unreadable, told.bugs)
    if told.deliveries:
        logger.info("told", changes=len(event["Records"]), deliveries=told.deliveries)
