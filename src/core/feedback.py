"""What SES tells about a message, added to its record."""

from core.aws.store import Store
from core.aws.suppressions import SuppressionList
from core.message import lifecycle, reputation
from core.message.ids import is_id
from core.message.record import Record
from core.message.reputation import SIMULATOR, Tallies
from core.message.ses_event import Event, Kind


class NoSuchMessage(Exception):
    """The event is about a message that is not there (yet): to be tried again, then buried."""


def note(
    event: Event, *, store: Store, suppressions: SuppressionList, tallies: Tallies
) -> Record | None:
    """Merge `event` into its message, count it, and learn whom not to mail again.

    Any order, any number of times: the result is the same. None if the message was erased, of which
    nothing may be learned any more. Raises `NoSuchMessage`.
    """
    message_id = event.message_id or store.id_of(event.ses_message_id)
    if not is_id(message_id):
        raise NoSuchMessage
    record = store.get(message_id)
    if record is None:
        if store.was_erased(message_id):
            return None
        raise NoSuchMessage
    before = record

    def merge(newest: Record) -> Record:
        nonlocal before
        before = newest
        return lifecycle.merge(newest, event)

    merged = store.revise(record, merge)
    tallies.add(merged.domain, reputation.of_change(before, merged, event))
    if merged.suppresses:
        _learn(event, merged, suppressions)
    return merged


def _learn(event: Event, record: Record, suppressions: SuppressionList) -> None:
    """Suppress who bounced for good or complained; a complaint that was taken back lifts that."""
    for recipient in record.recipients:
        if event.recipients is None or recipient.address not in event.recipients:
            continue
        if recipient.address.endswith(SIMULATOR):
            continue
        if event.is_permanent:
            suppressions.add(record.domain, recipient.address, "bounce", record.id)
        elif event.kind in (Kind.COMPLAINT, Kind.COMPLAINT_CLEARED):
            if recipient.complained_at > recipient.cleared_at:
                suppressions.add(record.domain, recipient.address, "complaint", record.id)
            else:
                suppressions.lift_complaint(record.domain, recipient.address)
