"""The queue of messages that wait for a try, and its dead letters."""

import json
from typing import TYPE_CHECKING, NamedTuple

from core.aws.outage import outages
from core.message.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sqs import SQSClient

MAX_DELAY = 900
"""Seconds: the most that SQS holds a message back (AWS: DelaySeconds)."""


class RetryQueue(NamedTuple):
    """Carries message ids only: everything else is in the record, and so is the truth.

    The client is asked for when there is something to carry: most mails go out at once.
    """

    sqs: "Callable[[], SQSClient]"
    url: str
    dead_letters_url: str

    @outages()
    def put(self, message_id: str, delay: int = 0) -> None:
        """Have the message tried in `delay` seconds; beyond `MAX_DELAY` it takes several turns."""
        self.sqs().send_message(
            QueueUrl=self.url,
            MessageBody=json.dumps({"MessageId": message_id}),
            DelaySeconds=max(0, min(MAX_DELAY, delay)),
        )

    @outages()
    def bury(self, record: Record) -> None:
        """Leave a dead letter of a message that was given up, with what an operator needs."""
        letter = {
            "MessageId": record.id,
            "Reason": record.error,
            "Attempts": len(record.attempts),
            "LastCode": record.attempts[-1].code if record.attempts else "",
            "Domain": record.domain,
        }
        self.sqs().send_message(QueueUrl=self.dead_letters_url, MessageBody=json.dumps(letter))


def message_id_of(body: str) -> str:
    """Read what `put` wrote; raises `ValueError` or `KeyError` for anything else."""
    return str(json.loads(body)["MessageId"])
