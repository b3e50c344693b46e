"""Putting back on its way whatever was left behind between two steps."""

from collections.abc import Callable
from dataclasses import dataclass

from core import lifecycle
from core.record import Record
from core.retry_queue import RetryQueue
from core.status import Status
from core.store import RecordGone, Store


@dataclass(slots=True)
class Repairs:
    """What a sweep did, and what it found: for the metrics, on which alarms stand."""

    requeued: int = 0
    failed: int = 0
    unknown: int = 0
    """Messages of which nobody could tell whether SES has them, or what became of them."""


def sweep(now: int, *, time_left: Callable[[], float], store: Store, queue: RetryQueue) -> Repairs:
    """Repair every message that is due, while there is time; two sweeps at once do no harm.

    Raises `Outage`: what is left is due again in a minute.
    """
    repairs = Repairs()
    for due in store.due(now):
        if time_left() < _SECONDS_EACH:
            break
        try:
            record = store.revise(due, lambda newest: lifecycle.repair(newest, now))
        except RecordGone:
            continue
        if record is not due:
            repairs.unknown += Status.UNKNOWN in (due.status, record.status)
            _follow_up(record, repairs, queue)
    return repairs


_SECONDS_EACH = 5


def _follow_up(record: Record, repairs: Repairs, queue: RetryQueue) -> None:
    if record.status is Status.QUEUED:
        queue.put(record.id)
        repairs.requeued += 1
    elif record.status is Status.FAILED:
        queue.bury(record)
        repairs.failed += 1
