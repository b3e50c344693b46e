"""What SES tells about mails: events from the queue that its configuration set feeds."""

import json
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from core import clients, feedback, ses_event
from core.config import CONFIG
from core.discretion import discreet
from core.outage import Outage
from core.store import RecordGone, Store
from core.suppressions import SuppressionList

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()
store = Store(clients.dynamodb(), CONFIG.table_name)
suppressions = SuppressionList(clients.dynamodb(), CONFIG.table_name, CONFIG.stack_id)

_LEAVE = (feedback.NoSuchMessage, ses_event.Malformed, RecordGone, Outage)
"""What leaves a record in its queue, to come again and in the end to be a dead letter."""


@discreet
def handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Merge each record into its message; those that could not be stay in the queue, alone.

    Also takes what SNS or EventBridge hand over directly. Their retries know no single records, so
    there a failure is raised once all others are done.
    """
    if "Records" not in event:
        _note(json.dumps(event))
        return {}
    failures = []
    for record in event["Records"]:
        try:
            _note(record["body"] if "body" in record else record["Sns"]["Message"])
        except _LEAVE as error:
            logger.warning("left in the queue", reason=type(error).__name__)
            failures.append(error if "body" not in record else record["messageId"])
    raised = [failure for failure in failures if isinstance(failure, Exception)]
    if raised:
        raise raised[0]
    return {"batchItemFailures": [{"itemIdentifier": failure} for failure in failures]}


def _note(text: str) -> None:
    event = ses_event.parse(text)
    if event is None:
        logger.info("passed over")
        return
    record = feedback.note(event, store=store, suppressions=suppressions)
    if record is None:
        logger.info("passed over: erased")
        return
    logger.info("noted", message_id=record.id, kind=event.kind.name, state=record.status)
