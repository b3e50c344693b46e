"""Putting back on its way whatever was left behind between two steps."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from core.aws.outage import Outage
from core.aws.retry_queue import RetryQueue
from core.aws.store import RecordGone, Store
from core.message import lifecycle
from core.message.record import Record
from core.message.status import Status


@dataclass(slots=True)
class Repairs:
    """What a sweep did, and what it found: for the metrics, on which alarms stand."""

    requeued: int = 0
    failed: int = 0
    unknown: int = 0
    """Messages of which nobody could tell whether SES has them, or what became of them."""
    outage: Outage | None = None
    """Why the last of those that could not be repaired was not: it is due again in a minute."""


def sweep(now: int, *, time_left: Callable[[], float], store: Store, queue: RetryQueue) -> Repairs:
    """Repair every message that is due, while there is time; two sweeps at once do no harm.

    A message that cannot be repaired keeps none of the others from it. Raises `Outage` if it cannot
    be found out what is due.
    """
    repairs = Repairs()
    for message_id in store.due(now):
        if time_left() < _SECONDS_EACH:
            break
        try:
            _repair(message_id, now, repairs, store, queue)
        except Outage as outage:
            repairs.outage = outage
    return repairs


def _repair(message_id: str, now: int, repairs: Repairs, store: Store, queue: RetryQueue) -> None:
    due = store.get(message_id)
    if due is not None:
        with suppress(RecordGone):
            _put_back(due, now, repairs, store, queue)


def _put_back(due: Record, now: int, repairs: Repairs, store: Store, queue: RetryQueue) -> None:
    """Write the repair, then follow it up; what another sweep has repaired is left to that."""
    is_ours = False

    def repair(newest: Record) -> Record:
        nonlocal is_ours
        repaired = lifecycle.repair(newest, now)
        is_ours = repaired is not newest
        return repaired

    record = store.revise(due, repair)
    if is_ours and Status.UNKNOWN in (due.status, record.status):
        repairs.unknown += 1
    if is_ours and record.status is Status.QUEUED:
        queue.put(record.id)
        repairs.requeued += 1
    elif record.status is Status.FAILED and record.owes_letter:
        queue.bury(record)
        repairs.failed += 1
        store.revise(record, lifecycle.note_letter)


_SECONDS_EACH = 5
