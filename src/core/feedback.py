"""What SES tells about a message, added to its record."""

from core import lifecycle
from core.ids import is_id
from core.record import Record
from core.ses_event import Event
from core.store import Store


class NoSuchMessage(Exception):
    """The event is about a message that is not there (yet): to be tried again, then buried."""


def note(event: Event, *, store: Store) -> Record:
    """Merge `event` into its message. Any order, any number of times: the result is the same.

    Raises `NoSuchMessage`.
    """
    if event.message_id:
        record = store.get(event.message_id) if is_id(event.message_id) else None
    else:
        record = store.find_by_ses_message_id(event.ses_message_id)
    if record is None:
        raise NoSuchMessage
    return store.revise(record, lambda newest: lifecycle.merge(newest, event))
