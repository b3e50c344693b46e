"""What SES tells about a message, added to its record."""

from core import lifecycle
from core.ids import is_id
from core.record import Record
from core.ses_event import Event, Kind
from core.store import Store
from core.suppressions import SuppressionList

_SIMULATOR = "@simulator.amazonses.com"
"""SES's mailbox simulator bounces on demand; SES does not suppress its addresses either
(https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html)."""


class NoSuchMessage(Exception):
    """The event is about a message that is not there (yet): to be tried again, then buried."""


def note(event: Event, *, store: Store, suppressions: SuppressionList) -> Record | None:
    """Merge `event` into its message, and learn whom not to mail again.

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
    merged = store.revise(record, lambda newest: lifecycle.merge(newest, event))
    if merged.suppresses:
        _learn(event, merged, suppressions)
    return merged


def _learn(event: Event, record: Record, suppressions: SuppressionList) -> None:
    """Suppress who bounced for good or complained; a complaint that was taken back lifts that."""
    for recipient in record.recipients:
        if event.recipients is None or recipient.address not in event.recipients:
            continue
        if recipient.address.endswith(_SIMULATOR):
            continue
        if event.is_permanent:
            suppressions.add(record.domain, recipient.address, "bounce", record.id)
        elif event.kind in (Kind.COMPLAINT, Kind.COMPLAINT_CLEARED):
            if recipient.complained_at > recipient.cleared_at:
                suppressions.add(record.domain, recipient.address, "complaint", record.id)
            else:
                suppressions.lift_complaint(record.domain, recipient.address)
