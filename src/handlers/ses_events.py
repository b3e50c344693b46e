"""What SES tells about mails: events from the queue that its configuration set feeds."""

import json
import time
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from core import feedback
from core.aws import clients
from core.aws.counters import Counters
from core.aws.outage import Outage
from core.aws.store import RecordGone, Store
from core.aws.suppressions import SuppressionList
from core.config import CONFIG
from core.message import ses_event
from core.message.reputation import Tallies
from core.redaction import redacted

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()
store = Store(clients.dynamodb(), CONFIG.table_name)
suppressions = SuppressionList(clients.dynamodb(), CONFIG.table_name, CONFIG.stack_id)
counters = Counters(clients.dynamodb(), CONFIG.table_name)

_LEAVE = (feedback.NoSuchMessage, ses_event.Malformed, RecordGone, Outage)
"""What leaves a record in its queue, to come again and in the end to be a dead letter."""


@redacted
def handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Merge each record into its message; those that could not be stay in the queue, alone.

    Also takes what SNS or EventBridge hand over directly. Their retries know no single records, so
    there a failure is raised once all others are done.
    """
    tallies = Tallies()
    try:
        return _merged(event, tallies)
    finally:
        _count(tallies)


def _merged(event: dict[str, Any], tallies: Tallies) -> dict[str, Any]:
    if "Records" not in event:
        _note(json.dumps(event), tallies)
        return {}
    failures = []
    for record in event["Records"]:
        try:
            _note(record["body"] if "body" in record else record["Sns"]["Message"], tallies)
        except _LEAVE as error:
            logger.warning("left in the queue", reason=type(error).__name__)
            failures.append(error if "body" not in record else record["messageId"])
    raised = [failure for failure in failures if isinstance(failure, Exception)]
    if raised:
        raise raised[0]
    return {"batchItemFailures": [{"itemIdentifier": failure} for failure in failures]}


def _count(tallies: Tallies) -> None:
    """Count a whole batch at once: a call for each domain in it, not for each event."""
    for domain, tally in tallies.items():
        try:
            counters.add(domain, tally, int(time.time()))
        except Outage as error:  # Rates are good enough without; the messages are up to date.
            logger.warning("not counted", domain=domain, reason=str(error))


def _note(text: str, tallies: Tallies) -> None:
    event = ses_event.parse(text)
    if event is None:
        logger.info("passed over")
        return
    record = feedback.note(event, store=store, suppressions=suppressions, tallies=tallies)
    if record is None:
        logger.info("passed over: erased")
        return
    logger.info("noted", message_id=record.id, kind=event.kind.name, state=record.status)
