"""The sweep: puts messages back on their way that were left behind between two steps.

A function may die at any moment, and any call to AWS may fail. The record then says how far the
message is and when somebody must look at it again (`Record.due_at`).
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from core.aws.items import UnreadableRecord
from core.aws.outage import Outage
from core.aws.retry_queue import RetryQueue
from core.aws.store import RecordGone, Store
from core.follow_up import follow_up
from core.message import lifecycle
from core.message.record import Record
from core.message.status import Status

_SECONDS_EACH = 5
"""How much time must be left to begin the repair of another message."""


@dataclass(slots=True)
class Repairs:
    """What one sweep did and found. The handler makes metrics of it, which the alarms look at."""

    requeued: int = 0
    """Messages that were put into the retry queue."""
    failed: int = 0
    """Messages that were given up and whose dead letter was written."""
    unknown: int = 0
    """Messages of which nobody can tell whether SES has them, or what has become of them."""
    unreadable: list[UnreadableRecord] = field(default_factory=list)
    """Messages that were skipped, because this version of the code cannot read their records."""
    outage: Outage | None = None
    """Why AWS kept the last unrepaired message from its repair. It is due again in a minute."""


def sweep(now: int, *, time_left: Callable[[], float], store: Store, queue: RetryQueue) -> Repairs:
    """Repair every message that is due at `now` (epoch seconds), as long as there is time.

    `time_left` returns how many seconds the function may still run. Two sweeps at once do no harm.
    A message that cannot be repaired does not keep the others from their repair. Raises `Outage` if
    the list of what is due cannot be read.
    """
    repairs = Repairs()
    for message_id in store.due(now):
        if time_left() < _SECONDS_EACH:
            break
        try:
            _repair(message_id, now, repairs, store, queue)
        except Outage as outage:
            repairs.outage = outage
        except UnreadableRecord as unreadable:
            repairs.unreadable.append(unreadable)
    return repairs


def _repair(message_id: str, now: int, repairs: Repairs, store: Store, queue: RetryQueue) -> None:
    due = store.get(message_id)
    if due is not None:
        with suppress(RecordGone):  # It was erased in the meantime.
            _put_back(due, now, repairs, store, queue)


def _put_back(due: Record, now: int, repairs: Repairs, store: Store, queue: RetryQueue) -> None:
    """Write the repair and follow it up, unless another function has repaired the message."""
    is_ours = False

    def repair(newest: Record) -> Record:
        nonlocal is_ours
        repaired = lifecycle.repair(newest, now)
        is_ours = repaired is not newest
        return repaired

    record = store.revise(due, repair)
    if is_ours and Status.UNKNOWN in (due.status, record.status):
        repairs.unknown += 1
    if is_ours or record.owes_letter:
        follow_up(record, now, store=store, queue=queue)
        repairs.requeued += record.status is Status.QUEUED
        repairs.failed += record.owes_letter
