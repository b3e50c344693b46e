"""`redrive`: dead letters go back into the queues that they came from, to be tried again.

Playing a letter twice does no harm, so neither does an interruption.

A letter about a mail that was given up on stays where it is: its message has failed, and the retry
queue leaves failed messages alone, so the letter would be lost and nothing tried.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from ops.stack import Stack

_AT_ONCE = 10
"""As many as SQS gives at a time."""
_HELD_SECONDS = 600
"""How long a letter is hidden from others, and from us, while we decide about it."""


@dataclass(slots=True)
class Count:
    """What became of the letters of one queue."""

    played: int = 0
    left: int = 0


def redrive(sqs: Any, source: str, target: str, *, stays: Callable[[str], bool]) -> Count:
    """Move the letters in `source` to `target`, but for those whose body `stays`.

    A letter is deleted only once it is in `target`. What stays is visible again at the end.
    """
    count = Count()
    kept: list[str] = []
    try:
        for letter in letters_in(sqs, source):
            receipt = letter["ReceiptHandle"]
            if stays(letter["Body"]):
                kept.append(receipt)
                count.left += 1
                continue
            sqs.send_message(QueueUrl=target, MessageBody=letter["Body"])
            sqs.delete_message(QueueUrl=source, ReceiptHandle=receipt)
            count.played += 1
    finally:
        for receipt in kept:
            sqs.change_message_visibility(
                QueueUrl=source, ReceiptHandle=receipt, VisibilityTimeout=0
            )
    return count


def was_given_up(body: str) -> bool:
    """Say whether a dead letter of the retry queue tells of a mail that has failed for good."""
    try:
        letter = json.loads(body)
    except ValueError:
        return False
    return isinstance(letter, dict) and "Reason" in letter


def add_to(commands: Any) -> None:
    """Describe the command to `argparse`."""
    commands.add_parser("redrive", help="play dead letters again").set_defaults(run=_run)


def _run(_asked: argparse.Namespace, stack: Stack) -> None:
    sqs, urls = stack.aws.client("sqs"), stack.outputs
    events = redrive(sqs, urls["EventDeadLettersUrl"], urls["EventQueueUrl"], stays=lambda _: False)
    print(f"Events: {events.played} played again.", flush=True)
    retries = redrive(sqs, urls["RetryDeadLettersUrl"], urls["RetryQueueUrl"], stays=was_given_up)
    print(f"Retries: {retries.played} played again, {retries.left} left: given up on.", flush=True)


def letters_in(sqs: Any, url: str) -> Iterator[dict[str, Any]]:
    """Receive everything that is in the queue, each letter once."""
    while letters := sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=_AT_ONCE,
        VisibilityTimeout=_HELD_SECONDS,
        WaitTimeSeconds=1,  # Without waiting SQS asks only some of its servers.
    ).get("Messages"):
        yield from letters
