"""What an event of SES changes: the record of its message, and the list of suppressed addresses."""

from typing import NamedTuple

from core.aws.event_flow import EventFlow
from core.aws.items import Tombstone
from core.aws.step_log import StepLog
from core.aws.store import Store
from core.aws.suppressions import SuppressionList
from core.message import history, merging, progress, reputation
from core.message.event import Event, EventType
from core.message.progress import Progress
from core.message.record import Recipient, Record
from core.message.reputation import SIMULATOR, Tallies
from core.redaction import about


class NoSuchMessage(Exception):
    """The event is about a message that is not in the table, or not in it yet.

    The event is to be tried again, and in the end to become a dead letter.
    """


class Places(NamedTuple):
    """Where what an event says is written down."""

    store: Store
    step_log: StepLog
    suppressions: SuppressionList
    event_flow: EventFlow


class Noted(NamedTuple):
    """A message to which an event was added: its newest record, and what the event has changed."""

    record: Record
    progress: Progress


def note(event: Event, tallies: Tallies, places: Places) -> Noted | None:
    """Merge an event into its message, keep it in its history, and count it.

    Addresses that it says are bad are suppressed.

    The counts are added to `tallies`, by domain. Events may come in any order and several times:
    the result is the same. Returns None if the message was erased: then nothing may be kept of what
    the event says.

    Raises `NoSuchMessage`, and as all that reads and writes records `RecordGone`, `Outage` and
    `UnreadableRecord`.
    """
    store, step_log, suppressions, event_flow = places
    message = store.look_up(event.message_id or store.id_of(event.ses_message_id))
    if isinstance(message, Tombstone):
        return None
    if message is None:
        raise NoSuchMessage
    before = message

    def merge(newest: Record) -> Record:
        nonlocal before
        before = newest
        return merging.merge(newest, event)

    with about(**message.log_keys):
        merged = store.revise(message, merge)
        event_flow.hear(merged.domain, event.at)
        # It changes the record once only. If what follows fails, it comes again and counts no more.
        tallies.add(merged.domain, reputation.of_change(before, merged, event))
        step_log.keep(merged, history.of_event(merged, event))
        if merged.suppresses:
            _learn(event, merged, suppressions)
    return Noted(merged, progress.of_change(before, merged, event))


def _learn(event: Event, record: Record, suppressions: SuppressionList) -> None:
    """Suppress the addresses that bounced for good or complained, or lift what a complaint did.

    SES's simulator of mailboxes teaches nothing about anybody.
    """
    meant = merging.meant(record, event)
    for recipient in record.recipients:
        if recipient.address.endswith(SIMULATOR) or recipient.address not in meant:
            continue
        if any(report.is_dead for report in meant[recipient.address]):
            suppressions.add(record.domain, recipient.address, "bounce", record.id)
        elif event.kind in _COMPLAINTS and (len(meant) == 1 or recipient.accused_at):
            _judge(recipient, record, suppressions)


_COMPLAINTS = (
    EventType.COMPLAINT,
    EventType.COMPLAINT_CLEARED,
    EventType.EARLIER_COMPLAINT,
)


def _judge(recipient: Recipient, record: Record, suppressions: SuppressionList) -> None:
    """Suppress whom a complaint names that counts: alone, and not taken back since.

    It depends on the record alone, and not on which of its complaints came last. What another
    message is the reason for stays as it is.
    """
    if recipient.accused_at > recipient.cleared_at:
        suppressions.add(record.domain, recipient.address, "complaint", record.id)
    else:
        suppressions.lift_complaint(record.domain, recipient.address, record.id)
