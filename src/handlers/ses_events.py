"""The function behind the event queue: adds to messages what SES reports about them."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from core import feedback
from core.aws import clients
from core.aws.counters import Counters
from core.aws.event_flow import EventFlow
from core.aws.items import UnreadableRecord
from core.aws.outage import Outage
from core.aws.step_log import StepLog
from core.aws.store import RecordGone, Store
from core.aws.suppressions import SuppressionList
from core.config import CONFIG
from core.message import ses_event
from core.message.ids import is_id
from core.message.reputation import Tallies
from core.redaction import about, noted, redacted
from handlers import telemetry

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()
counters = Counters(clients.dynamodb(), CONFIG.table_name)
event_flow = EventFlow(clients.dynamodb(), CONFIG.table_name)
places = feedback.Places(
    store=Store(clients.dynamodb(), CONFIG.table_name),
    step_log=StepLog(clients.dynamodb(), CONFIG.table_name),
    suppressions=SuppressionList(clients.dynamodb(), CONFIG.table_name, CONFIG.stack_id),
    event_flow=event_flow,
)

_LEFT_IN_QUEUE = (
    feedback.NoSuchMessage,
    ses_event.Malformed,
    RecordGone,
    UnreadableRecord,
    Outage,
)
"""The errors after which an event stays in its queue: it comes again, and in the end it becomes a
dead letter."""


@redacted
def handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Merge each event of a batch (an SQS event of Lambda) into its message.

    The answer names the events that stay in the queue. SNS and EventBridge may also call the
    function directly. They can only repeat the whole call, so for them an error is raised, when all
    other events are done.
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
    left = []
    raised: list[Exception] = []
    for delivered in event["Records"]:  # By SQS, with a body, or by SNS.
        error = _error_of(delivered, tallies)
        if error and "body" in delivered:
            left.append({"itemIdentifier": delivered["messageId"]})
        elif error:
            raised.append(error)
    if raised:
        raise raised[0]
    return {"batchItemFailures": left}


def _error_of(delivered: Mapping[str, Any], tallies: Tallies) -> Exception | None:
    """Merge one event of a batch; return what went wrong, which stops no other event."""
    try:
        _note(delivered["body"] if "body" in delivered else delivered["Sns"]["Message"], tallies)
    except _LEFT_IN_QUEUE as error:
        logger.warning("left in the queue", reason=type(error).__name__, **noted(error))
        return error
    except Exception as error:  # noqa: BLE001 - logged and counted; the others get their turn
        telemetry.tell_bug(logger, error)
        return error
    return None


def _count(tallies: Tallies) -> None:
    """Add the counts of a whole batch: with one call for each domain, and not for each event.

    The messages are up to date, and for rates most events are enough: so no error leaves this.
    """
    for domain, tally in tallies.items():
        try:
            counters.add(domain, tally, int(time.time()))
        except Outage as error:
            logger.warning("not counted", domain=domain, reason=str(error))
        except Exception as error:  # noqa: BLE001 - logged and counted; the other domains go on
            telemetry.tell_bug(logger, error)
    with suppress(Outage):  # Another event will be heard.
        event_flow.write()


def _note(text: str, tallies: Tallies) -> None:
    event = ses_event.parse(text)
    if event is None:
        logger.info("passed over")
        return
    # The tag is in a text from outside: only what has the form of an id goes into a log.
    known: dict[str, Any] = {"message_id": event.message_id} if is_id(event.message_id) else {}
    with about(**known):
        noted_ = feedback.note(event, tallies, places)
    if noted_ is None:
        logger.info("passed over: erased", **known)
        return
    record, changed = noted_.record, noted_.progress.numbers  # Metrics are made of these numbers.
    logger.info("noted", kind=event.kind.name, state=record.status, **changed, **record.log_keys)
