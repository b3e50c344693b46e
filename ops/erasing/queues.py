"""The queues of a stack, as an erasure goes through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from ops.redrive import letters_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ops.progress import Progress
    from ops.stack import Stack

_QUEUES = (
    "EventQueueUrl",
    "EventDeadLettersUrl",
    "RetryDeadLettersUrl",
    "WebhookDeadLettersUrl",
)
"""Not the retry queue and not that of the webhooks: they hold ids only, of which an erased one
leads to nothing. (What `redrive webhooks` plays again is in that one for some moments; if it cannot
be read, it is in the dead letters again.)"""


@dataclass(frozen=True, slots=True)
class Queues:
    """The queues that hold what SES or a mail said. Raises botocore's errors."""

    sqs: Any
    urls: Sequence[str]
    progress: Progress

    @classmethod
    def of(cls, stack: Stack, progress: Progress) -> Self:
        """Find them by the stack's outputs."""
        return cls(stack.aws.client("sqs"), [stack.outputs[name] for name in _QUEUES], progress)

    def about_how_many(self) -> int:
        """Return about how many messages they hold, without receiving any."""
        name = "ApproximateNumberOfMessages"
        replies = (
            self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name]) for url in self.urls
        )
        return sum(int(reply["Attributes"][name]) for reply in replies)

    def delete(self, is_doomed: Callable[[str], bool]) -> int:
        """Receive all messages, delete those of which `is_doomed(body)` is true; return how many.

        To be called once: being received too often makes a dead letter of an event.
        """
        deleted = 0
        for url in self.urls:
            kept = []
            letters = letters_in(self.sqs, url)
            for letter in self.progress.counting("Reading the queues", letters):
                receipt = letter["ReceiptHandle"]
                if is_doomed(letter["Body"]):
                    self.sqs.delete_message(QueueUrl=url, ReceiptHandle=receipt)
                    deleted += 1
                else:
                    kept.append(receipt)
            for receipt in kept:
                self.sqs.change_message_visibility(
                    QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0
                )
        return deleted
