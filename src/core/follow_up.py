"""What a message needs besides its record: its place in the retry queue, or its dead letter."""

import time

from core.aws.retry_queue import RetryQueue
from core.aws.store import Store
from core.message import lifecycle
from core.message.record import Record
from core.message.status import Status


def follow_up(
    record: Record, now: int, *, store: Store, queue: RetryQueue, turn_at: float = 0.0
) -> Record:
    """Put a waiting message into the retry queue, and write the dead letter that another owes.

    To be called after the record has been written, so that the record is always ahead: if this
    fails, the sweep finds the record and does it again. A message that is put into the queue twice
    is tried once, and a second dead letter does no harm. What is lined up needs nothing: the
    dispatcher finds it. `now` is in epoch seconds, and so is `turn_at`: the next try's time as
    precisely as it is known.

    Returns the record, which notes the dead letter once it is written. Raises `Outage`,
    `RecordGone` and `UnreadableRecord`.
    """
    if record.status is Status.QUEUED and not record.is_lined_up:
        is_exact = turn_at % 1 and int(turn_at) == record.next_attempt_at
        queue.put(record, turn_at - time.time() if is_exact else record.next_attempt_at - now)
    elif record.owes_letter:
        queue.bury(record)
        return store.revise(record, lifecycle.note_letter)
    return record
