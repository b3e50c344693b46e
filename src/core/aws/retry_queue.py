"""The queue in SQS of messages that wait for a try, and the queue of its dead letters."""

import json
import time
from collections.abc import Iterable
from itertools import batched
from typing import TYPE_CHECKING, Any, NamedTuple

from core.aws.outage import Outage, outages
from core.aws.threads import threads
from core.message import pace
from core.message.ids import is_id
from core.message.outcome import Ended, NoAnswer, NotTaken, Refused, Sent, Throttled
from core.message.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mypy_boto3_sqs import SQSClient

MAX_DELAY = 900
"""The most seconds that SQS holds a message back (DelaySeconds in its API reference)."""
_MOST_AT_ONCE = 10
"""How many messages SendMessageBatch takes (its API reference)."""
_LONGEST_GROUP = 128
"""How long a MessageGroupId may be (API reference of SendMessage)."""
_OUTCOMES = {kind.__name__: kind for kind in (Sent, Refused, NotTaken, Throttled, NoAnswer)}


class Queued(NamedTuple):
    """What the queue hands out."""

    message_id: str
    ended: Ended | None = None
    """How a try ended, if the table did not take that when it was to be written."""
    at: float = 0.0
    """When SES is to be asked, in epoch seconds; 0.0: as soon as may be."""


class RetryQueue(NamedTuple):
    """The queue. It carries message ids: the record has all the rest, and is nearly always newer.

    If the end of a try cannot be written into the record, the queue carries that as well. A message
    may be in the queue twice, or be missing from it: the record says what is to be done, and the
    sweep puts in again what is missing. All methods raise `Outage` if SQS fails.
    """

    sqs: "Callable[[], SQSClient]"
    """Makes the client when there is something to carry: most mails go out at once."""
    url: str
    dead_letters_url: str

    @outages()
    def put(self, record: Record, delay: float = 0, ended: Ended | None = None) -> None:
        """Have the message handed out in `delay` seconds, or in `MAX_DELAY` if that is less.

        Who gets it before its time puts it back. A `delay` below zero is none; one with a fraction
        is kept exactly (`Queued.at`). `ended` is handed out with it.
        """
        self.sqs().send_message(QueueUrl=self.url, **_entry(record, delay, ended))

    @outages()
    def put_all(self, delays: Iterable[tuple[Record, float]]) -> None:
        """Do what `put` does for many messages, ten with each request, and these side by side.

        Raises `Outage` if any could not be put; then nobody knows which.
        """
        sqs = self.sqs()
        batches = [list(some) for some in batched(delays, _MOST_AT_ONCE, strict=False)]
        for reply in threads().map(lambda some: self._put_some(sqs, some), batches):
            if failed := reply.get("Failed"):
                raise Outage(failed[0]["Code"])

    def _put_some(self, sqs: "SQSClient", some: "Sequence[tuple[Record, float]]") -> Any:
        entries: Any = [
            {"Id": str(number)} | _entry(record, delay)
            for number, (record, delay) in enumerate(some)
        ]
        return sqs.send_message_batch(QueueUrl=self.url, Entries=entries)

    @outages()
    def length(self) -> int:
        """Return about how many messages wait to be handed out now; those with a delay left out."""
        reply = self.sqs().get_queue_attributes(
            QueueUrl=self.url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(reply["Attributes"]["ApproximateNumberOfMessages"])

    @outages()
    def bury(self, record: Record) -> None:
        """Write the dead letter of a message that was given up: what an operator must know."""
        letter = {
            "MessageId": record.id,
            "Reason": record.error,
            "Attempts": len(record.attempts),
            "LastCode": record.attempts[-1].code if record.attempts else "",
            "Domain": record.domain,
        }
        self.sqs().send_message(
            QueueUrl=self.dead_letters_url,
            MessageBody=json.dumps(letter),
            MessageGroupId=_group(record),
        )


def _entry(record: Record, delay: float, ended: Ended | None = None) -> dict[str, Any]:
    """Return what SQS is told of a message."""
    body: dict[str, object] = {"MessageId": record.id}
    if delay > 0 and delay % 1:
        body["At"] = round(time.time() + delay, 3)
        delay -= pace.READING_SECONDS
    if ended:
        name, values = type(ended.outcome).__name__, list(ended.outcome)
        body |= {"Attempt": ended.attempt, "Outcome": name, "Values": values}
        body["LeftOut"] = ended.left_out
    return {
        "MessageBody": json.dumps(body),
        "DelaySeconds": max(0, min(MAX_DELAY, int(delay))),
        "MessageGroupId": _group(record),
    }


def _group(record: Record) -> str:
    """Return whose message it is: SQS hands out those of others before those of whom has many.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
    """
    return f"{record.lane}-{record.domain}"[:_LONGEST_GROUP]


def parse(body: str) -> Queued:
    """Read a body that `put` wrote. Raises `ValueError` for any other."""
    try:
        document = json.loads(body)
        message_id = document["MessageId"]
        if not is_id(message_id):
            raise ValueError("NoMessageId")
        if "Outcome" not in document:
            return Queued(message_id, at=float(document.get("At", 0)))
        outcome = _OUTCOMES[document["Outcome"]](*document["Values"])
        left_out = tuple(document["LeftOut"])
        return Queued(message_id, Ended(int(document["Attempt"]), outcome, left_out))
    except (TypeError, KeyError, RecursionError) as error:
        raise ValueError(type(error).__name__) from None
