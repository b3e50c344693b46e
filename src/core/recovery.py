"""The sweep: puts messages back on their way that were left behind between two steps.

A function may die at any moment, and any call to AWS may fail. The record then says how far the
message is and when somebody must look at it again (`Record.due_at`).
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from core.aws.domain_table import DomainTable
from core.aws.event_flow import EventFlow
from core.aws.items import UnreadableRecord
from core.aws.outage import Outage
from core.aws.retry_queue import RetryQueue
from core.aws.step_log import StepLog
from core.aws.store import RecordGone, Store
from core.follow_up import follow_up
from core.lazily import lazily
from core.message import lifecycle
from core.message.record import Record
from core.message.status import Status
from core.redaction import about

if TYPE_CHECKING:
    from core.message import history
else:  # Most sweeps find nothing to repair.
    history = lazily("core.message.history")

_WHY_AGAIN = {
    Status.QUEUED: "Its turn was missed.",
    Status.UNKNOWN: "No event has shown that SES has the mail.",
}
"""Why a message waits for a try once more, by its status before."""
_SECONDS_EACH = 5
"""How much time must be left to begin the repair of another message."""


@dataclass(slots=True)
class Repairs:
    """What one sweep did and found. The handler makes metrics of it, which the alarms look at."""

    requeued: int = 0
    """Messages that wait for another try: most are lined up, the others in the retry queue."""
    failed: int = 0
    """Messages that were given up and whose dead letter was written."""
    unknown: int = 0
    """Messages of which nobody can tell whether SES has them, or what has become of them."""
    blind: int = 0
    """Messages that are to be sent again although SES may have them."""
    unreadable: list[UnreadableRecord] = field(default_factory=list)
    """Messages that were skipped, because this version of the code cannot read their records."""
    bugs: list[Exception] = field(default_factory=list)
    """Unexpected errors, each of which stopped the repair of the message that it is about."""
    outage: Outage | None = None
    """Why AWS kept the last unrepaired message from its repair. It is due again in a minute."""


class Hearing:
    """When SES's events were last heard, looked up when it is first asked for.

    The events of two domains take the same way if the domains have the same configuration set.
    """

    def __init__(self, event_flow: EventFlow, domain_table: DomainTable) -> None:
        self._event_flow, self._domain_table = event_flow, domain_table

    def at(self, domain: str) -> int:
        """Return the time of the newest event that came the way of the domain's events; 0: none."""
        return max(
            (
                at
                for other, at in self._newest.items()
                if other == domain or self._set_of(other) == self._set_of(domain)
            ),
            default=0,
        )

    @cached_property
    def _newest(self) -> Mapping[str, int]:
        with suppress(Outage):
            return self._event_flow.newest()
        return {}  # Then blind tries are as seldom as if nothing had been heard.

    def _set_of(self, domain: str) -> str:
        configuration = self._domain_table.domains().get(domain)
        return configuration.configuration_set if configuration else f"of {domain}"


class Places(NamedTuple):
    """Where repairs are written down."""

    store: Store
    step_log: StepLog
    queue: RetryQueue


def sweep(now: int, *, time_left: Callable[[], float], places: Places, hearing: Hearing) -> Repairs:
    """Repair every message that is due at `now` (epoch seconds), as long as there is time.

    `time_left` returns how many seconds the function may still run. Two sweeps at once do no harm.
    A message that cannot be repaired does not keep the others from their repair. Raises `Outage` if
    the list of what is due cannot be read.
    """
    repairing = _Repairing(now, places, hearing)
    repairs = repairing.repairs
    for message_id in places.store.due(now):
        if time_left() < _SECONDS_EACH:
            break
        try:
            with about(message_id=message_id):
                repairing.repair(message_id)
        except RecordGone:  # It was erased in the meantime.
            continue
        except Outage as outage:
            repairs.outage = outage
        except UnreadableRecord as unreadable:
            repairs.unreadable.append(unreadable)
        except Exception as error:  # noqa: BLE001 - the handler tells of it, and all others go on
            repairs.bugs.append(error)
    return repairs


class _Repairing:
    """One sweep's repairs, one message after the other."""

    def __init__(self, now: int, places: Places, hearing: Hearing) -> None:
        self.repairs = Repairs()
        self._now, self._hearing = now, hearing
        self._store, self._step_log, self._queue = places

    def repair(self, message_id: str) -> None:
        """Write the repair and follow it up, unless another function has repaired the message."""
        due = self._store.get(message_id)
        if due is not None:
            with about(**due.log_keys):
                self._repair(due)

    def _repair(self, due: Record) -> None:
        before = due

        def repaired(newest: Record) -> Record:
            nonlocal before
            before = newest
            is_unknown = newest.status is Status.UNKNOWN
            heard_at = self._hearing.at(newest.domain) if is_unknown else 0
            return lifecycle.repair(newest, self._now, heard_at)

        record = self._store.revise(due, repaired)
        is_ours = record is not before
        if is_ours and record.status is not before.status:  # No mere look at it.
            change = before.status, record.status
            self.repairs.unknown += Status.UNKNOWN in change
            self.repairs.blind += change == (Status.UNKNOWN, Status.QUEUED)
        if is_ours and before and record.status is Status.QUEUED:
            text = _WHY_AGAIN.get(before.status, "It was left behind.")
            step = history.Step(self._now * 1000, history.Kind.WAITS, text=text)
            with suppress(Outage):  # The mail itself is on its way again.
                self._step_log.keep(record, [step])
        if is_ours or record.owes_letter:
            follow_up(record, self._now, store=self._store, queue=self._queue)
            self.repairs.requeued += record.status is Status.QUEUED
            self.repairs.failed += record.owes_letter
