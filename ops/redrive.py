"""Dead letters go back into the queues that they came from, to be tried again.

Playing a letter twice does no harm, so neither does an interruption.

A letter about a mail that was given up on goes nowhere: the mail lines up for its turn instead, as
long as it is stored, and is sent anew at SES's pace, however many there are. The operator decides
that, knowing that SES may have had it: some tries got no answer.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from core.aws.items import UnreadableRecord
from core.aws.step_log import StepLog
from core.aws.store import RecordGone, Store
from core.message import history, lifecycle
from core.message.history import Kind, Step
from core.message.record import Record
from core.message.status import Status
from ops.asking import require_yes
from ops.progress import Progress
from ops.tables import print_json
from ops.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ops.stack import Stack

_AT_ONCE = 10
"""As many as SQS gives at a time."""
_HELD_SECONDS = 600
"""How long a letter is hidden from others, and from us, while we decide about it."""


class Fate(Enum):
    """What becomes of a letter."""

    PLAYED = auto()
    """It is back in its queue."""
    ANEW = auto()
    """Its mail had been given up, and is lined up for its turn: then it is tried anew."""
    PERHAPS_TWICE = auto()
    """The same; but SES never said whether it has the mail."""
    OVER = auto()
    """Its mail was tried anew already (by an operator, or as a message of its own when the caller
    repeated the request), or SES has turned out to have it: the letter is deleted."""
    LEFT = auto()
    """Nothing can be done: its mail is not stored any more, or it is no letter but a note of
    Lambda's (`ops.redrive_webhooks`). The letter stays."""


@dataclass(frozen=True, slots=True)
class Redrive:
    """Plays the letters of one queue."""

    sqs: Any
    source: str
    target: str
    group_of: Callable[[str], str] = lambda _: ""
    """The group of a letter in its queue, by its body; "" for none."""

    @property
    def waiting(self) -> int:
        """About how many letters there are: SQS counts them so."""
        name = "ApproximateNumberOfMessages"
        reply = self.sqs.get_queue_attributes(QueueUrl=self.source, AttributeNames=[name])
        return int(reply["Attributes"][name])

    def run(self, decide: Callable[[str], Fate], progress: Progress) -> list[Fate]:
        """Go through the letters once; `decide` says what becomes of one, by its body.

        A letter is deleted only once it is back in its queue, or its mail is lined up. What is left
        is visible at the end.
        """
        fates, kept = [], []
        try:
            letters = letters_in(self.sqs, self.source)
            for letter in progress.counting("Playing letters", letters):
                fate = decide(letter["Body"])
                fates.append(fate)
                if fate is Fate.LEFT:
                    kept.append(letter["ReceiptHandle"])
                    continue
                if fate is Fate.PLAYED:
                    self._play(letter["Body"])
                self.sqs.delete_message(QueueUrl=self.source, ReceiptHandle=letter["ReceiptHandle"])
        finally:
            for receipt in kept:
                self.sqs.change_message_visibility(
                    QueueUrl=self.source, ReceiptHandle=receipt, VisibilityTimeout=0
                )
        return fates

    def _play(self, body: str) -> None:
        group = self.group_of(body)
        grouped = {"MessageGroupId": group} if group else {}
        self.sqs.send_message(QueueUrl=self.target, MessageBody=body, **grouped)


def revive(message_id: str, store: Store, step_log: StepLog) -> Fate:
    """Line up a mail that was given up, to be sent anew. Raises `Outage` if that cannot be done.

    That it was given up, and what was done about it, is kept in its history: its record forgets it.
    """
    now = int(time.time())
    with suppress(UnreadableRecord, RecordGone):
        found = store.look_up(message_id)
        if not isinstance(found, Record):
            return Fate.LEFT
        if found.superseded_by and store.get(found.superseded_by):
            return Fate.OVER  # Should the other one fail, it has a letter of its own.

        def revived(newest: Record) -> Record:
            is_same = newest.superseded_by == found.superseded_by
            return lifecycle.revive(newest, now) if is_same else newest

        record = store.revise(found, revived)
        if record.status is Status.QUEUED:
            step_log.keep(record, _revival(found, now))
            is_unknown = any(attempt.outcome == "no answer" for attempt in record.attempts)
            return Fate.PERHAPS_TWICE if is_unknown else Fate.ANEW
        is_failed = record.status is Status.FAILED and not record.is_taken
        is_new = record.superseded_by != found.superseded_by
        return Fate.LEFT if is_failed and not is_new else Fate.OVER
    return Fate.LEFT


def _revival(given_up: Record, now: int) -> Iterator[Step]:
    """Yield the steps of a mail that is sent anew, after it has failed."""
    if given_up.status is Status.FAILED:
        yield from (step for step in history.of_record(given_up) if step.kind is Kind.FAILED)
        yield Step(now * 1000, Kind.WAITS, text="An operator has it sent anew.")


def given_up(body: str) -> str:
    """Return the id of the mail that a dead letter says was given up; "" for any other letter."""
    try:
        letter = json.loads(body)
    except ValueError:
        return ""
    is_one = isinstance(letter, dict) and "Reason" in letter
    return str(letter.get("MessageId", "")) if is_one else ""


def redrive(stack: Stack, *, is_sure: bool, as_json: bool) -> None:
    """Play the letters of both queues, after a question, and say what became of them."""
    sqs, urls, progress = stack.aws.client("sqs"), stack.outputs, Progress()
    events = Redrive(sqs, urls["EventDeadLettersUrl"], urls["EventQueueUrl"])
    retries = Redrive(sqs, urls["RetryDeadLettersUrl"], urls["RetryQueueUrl"])
    require_yes(_what_is_played(events, retries), is_sure=is_sure)
    dynamodb, table = stack.aws.client("dynamodb"), urls["TableName"]
    store, step_log = Store(dynamodb, table), StepLog(dynamodb, table)

    def decide(body: str) -> Fate:
        message_id = given_up(body)
        return revive(message_id, store, step_log) if message_id else Fate.PLAYED

    played = len(events.run(lambda _: Fate.PLAYED, progress))
    progress.clear()
    if not as_json:
        print(f"Events: {played} played again.", flush=True)
    fates = retries.run(decide, progress)
    progress.clear()
    if as_json:
        counts = {fate.name.lower(): fates.count(fate) for fate in Fate}
        print_json({"events": {"played": played}, "retries": counts})
    else:
        print(_told(fates), flush=True)


def _what_is_played(events: Redrive, retries: Redrive) -> Iterator[str]:
    yield f"About {counted(events.waiting, 'event')} of SES will be read again."
    yield (
        f"About {counted(retries.waiting, 'mail')} will be tried again; those that were given up"
        " are sent anew, some perhaps for the second time (docs/operations.md, Dead letters)."
    )


def _told(fates: list[Fate]) -> str:
    """Return a sentence about the letters of the retry queue."""
    twice = fates.count(Fate.PERHAPS_TWICE)
    anew = fates.count(Fate.ANEW) + twice
    parts = [f"{fates.count(Fate.PLAYED)} played again", f"{anew} given up and sent anew"]
    if twice:
        parts[-1] += f" ({twice} perhaps for the second time: SES never said that it had them)"
    if over := fates.count(Fate.OVER):
        parts.append(f"{over} over")
    parts.append(f"{fates.count(Fate.LEFT)} left: their mails are not stored any more")
    return f"Retries: {', '.join(parts)}."


def letters_in(sqs: Any, url: str) -> Iterator[dict[str, Any]]:
    """Receive everything that is in the queue, each letter once."""
    while letters := sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=_AT_ONCE,
        VisibilityTimeout=_HELD_SECONDS,
        WaitTimeSeconds=1,  # Without waiting SQS asks only some of its servers.
    ).get("Messages"):
        yield from letters
