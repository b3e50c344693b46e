"""The queue in SQS of messages that wait for a try, and the queue of its dead letters."""

import json
from typing import TYPE_CHECKING, NamedTuple

from core.aws.outage import outages
from core.message.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sqs import SQSClient

MAX_DELAY = 900
"""The most seconds that SQS holds a message back (DelaySeconds in its API reference)."""


class RetryQueue(NamedTuple):
    """The queue. It carries message ids only: the record has all the rest, and is always newer.

    A message may be in the queue twice, or be missing from it: the record says what is to be done,
    and the sweep puts in again what is missing. All methods raise `Outage` if SQS fails.
    """

    sqs: "Callable[[], SQSClient]"
    """Makes the client when there is something to carry: most mails go out at once."""
    url: str
    dead_letters_url: str

    @outages()
    def put(self, message_id: str, delay: int = 0) -> None:
        """Have the message handed out in `delay` seconds, or in `MAX_DELAY` if that is less.

        Who gets it before its time puts it back. A `delay` below zero is none.
        """
        self.sqs().send_message(
            QueueUrl=self.url,
            MessageBody=json.dumps({"MessageId": message_id}),
            DelaySeconds=max(0, min(MAX_DELAY, delay)),
        )

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
        self.sqs().send_message(QueueUrl=self.dead_letters_url, MessageBody=json.dumps(letter))


def message_id_of(body: str) -> str:
    """Return the message id in the body that `put` wrote.

    Raises `ValueError`, `TypeError` or `KeyError` for any other body.
    """
    return str(json.loads(body)["MessageId"])
