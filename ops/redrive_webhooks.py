"""Dead letters of the webhooks go back into their queue.

Most are deliveries whose function crashed, or whose endpoint or record could not be read; some are
changes of records that a version of the code could not read. Playing one twice does no harm: a
delivery that was made is not made again, and a change has the same events each time.

Lambda leaves notes there, too, of changes that it could not hand over before the table's stream had
forgotten them. A note says when they were, and not which: it stays for the operator to read.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from core.aws import webhook_queue
from core.aws.deliveries import DeliveryKey
from ops.asking import require_yes
from ops.progress import Progress
from ops.redrive import Fate, Redrive
from ops.tables import print_json
from ops.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ops.stack import Stack


@dataclass(frozen=True, slots=True)
class Note:
    """What Lambda says of changes that no function was told of. Times are as Lambda writes them."""

    changes: int
    first: str
    last: str

    @classmethod
    def of(cls, body: str) -> Note | None:
        """Read a letter; None for any that is no note.

        Its form: https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html.
        """
        try:
            batch = json.loads(body)["DDBStreamBatchInfo"]
            return cls(
                int(batch["batchSize"]),
                str(batch["approximateArrivalOfFirstRecord"]),
                str(batch["approximateArrivalOfLastRecord"]),
            )
        except (ValueError, TypeError, KeyError, RecursionError):
            return None


def redrive(stack: Stack, *, is_sure: bool, as_json: bool) -> None:
    """Play the letters, after a question, and say what became of them."""
    sqs, urls, progress = stack.aws.client("sqs"), stack.outputs, Progress()
    webhooks = Redrive(sqs, urls["WebhookDeadLettersUrl"], urls["WebhookQueueUrl"], _group_of)
    require_yes(_what_is_played(webhooks), is_sure=is_sure)
    notes: list[Note] = []

    def decide(body: str) -> Fate:
        if note := Note.of(body):
            notes.append(note)
        return Fate.LEFT if note else Fate.PLAYED

    fates = webhooks.run(decide, progress)
    progress.clear()
    played = fates.count(Fate.PLAYED)
    if as_json:
        left = [asdict(note) for note in notes]
        print_json({"webhooks": {"played": played, "left": len(notes), "notes": left}})
    else:
        print(*_told(played, notes), sep="\n", flush=True)


def _what_is_played(webhooks: Redrive) -> Iterator[str]:
    yield f"About {counted(webhooks.waiting, 'dead letter')} of the webhooks will be played again."


def _group_of(body: str) -> str:
    """Return the endpoint of a delivery: with it as their group, SQS is fair among endpoints."""
    try:
        found: Any = webhook_queue.parse(body)
    except ValueError:
        return ""
    return found.endpoint if isinstance(found, DeliveryKey) else ""


def _told(played: int, notes: Sequence[Note]) -> Iterator[str]:
    yield f"Webhooks: {played} played again, {len(notes)} left."
    for note in notes:
        changes = counted(note.changes, "change")
        yield (
            f"Left: a note of Lambda's that {changes} of mails between {note.first} and {note.last}"
            " could not be told of before the stream forgot them."
        )
    if notes:
        yield (
            "No webhook tells of these changes any more. What has become of those mails is asked"
            " by FindMails and GetMail, or ./mailctl find: tell the owners of the endpoints from"
            " when to when, then delete the notes."
        )
