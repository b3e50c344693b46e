"""What an event of SES changes: the record of its message, and the list of suppressed addresses."""

from core.aws.event_flow import EventFlow
from core.aws.items import Tombstone
from core.aws.store import Store
from core.aws.suppressions import SuppressionList
from core.message import lifecycle, reputation
from core.message.record import Recipient, Record
from core.message.reputation import SIMULATOR, Tallies
from core.message.ses_event import Event, EventType


class NoSuchMessage(Exception):
    """The event is about a message that is not in the table, or not in it yet.

    The event is to be tried again, and in the end to become a dead letter.
    """


def note(
    event: Event,
    *,
    store: Store,
    suppressions: SuppressionList,
    tallies: Tallies,
    event_flow: EventFlow,
) -> Record | None:
    """Merge an event into its message, suppress addresses that it says are bad, and count it.

    The counts are added to `tallies`, by domain, and `event_flow` hears of it. Events may come in
    any order and several times: the result is the same. Returns the newest record, or None if the
    message was erased: then nothing may be kept of what the event says.

    Raises `NoSuchMessage`, and as all that reads and writes records `RecordGone`, `Outage` and
    `UnreadableRecord`.
    """
    message = store.look_up(event.message_id or store.id_of(event.ses_message_id))
    if isinstance(message, Tombstone):
        return None
    if message is None:
        raise NoSuchMessage
    before = message

    def merge(newest: Record) -> Record:
        nonlocal before
        before = newest
        return lifecycle.merge(newest, event)

    merged = store.revise(message, merge)
    event_flow.hear(merged.domain, event.at)
    tallies.add(merged.domain, reputation.of_change(before, merged, event))
    if merged.suppresses:
        for recipient in merged.recipients:
            if _is_judged_by(event, recipient):
                _suppress(recipient, event, merged, suppressions)
    return merged


def _is_judged_by(event: Event, recipient: Recipient) -> bool:
    """Tell whether an event names a recipient, and this is not SES's simulator of mailboxes."""
    is_named = event.recipients is not None and recipient.address in event.recipients
    return is_named and not recipient.address.endswith(SIMULATOR)


def _suppress(
    recipient: Recipient, event: Event, record: Record, suppressions: SuppressionList
) -> None:
    """Suppress an address that bounced for good or complained.

    A complaint that has been taken back no longer counts, whichever of the two came first.
    """
    if event.is_permanent:
        suppressions.add(record.domain, recipient.address, "bounce", record.id)
    elif event.kind in (EventType.COMPLAINT, EventType.COMPLAINT_CLEARED):
        if recipient.complained_at > recipient.cleared_at:
            suppressions.add(record.domain, recipient.address, "complaint", record.id)
        else:
            suppressions.lift_complaint(record.domain, recipient.address)
