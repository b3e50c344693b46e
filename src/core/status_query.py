"""What has become of a message."""

from collections.abc import Mapping

from core.aws.store import Store
from core.contract.errors import Fault, Invalid, NotFound
from core.message.ids import is_id
from core.message.record import Record
from core.submission.domains import DomainConfiguration
from core.submission.senders import usable


def find(
    message_id: str | None,
    *,
    caller: str,
    domains: Mapping[str, DomainConfiguration],
    store: Store,
) -> Record:
    """Return a message's record. Raises `Invalid` without an id, `NotFound` for another's."""
    if not (message_id or "").strip():
        raise Invalid(Fault("MessageId", "NotEmpty", "'MessageId' must not be empty."))
    wanted = (message_id or "").strip().upper()  # Crockford's base 32 is read in any case.
    record = store.get(wanted) if is_id(wanted) else None
    if record is None or record.domain not in usable(domains, caller):
        raise NotFound("There is no such message.")
    return record
