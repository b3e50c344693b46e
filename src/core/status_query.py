"""The answer to `GetStatus`: the record of a message, for those who may ask for it."""

from collections.abc import Mapping

from core.aws.store import Store
from core.contract.errors import Fault, Invalid, NotFound
from core.message.ids import is_id
from core.message.margins import trimmed
from core.message.record import Record
from core.redaction import about
from core.submission.domains import DomainConfiguration
from core.submission.senders import usable


def find(
    message_id: str | None,
    *,
    caller: str,
    domains: Mapping[str, DomainConfiguration],
    store: Store,
) -> Record:
    """Return the record of a message, if its domain is one that the caller may use.

    `caller` is the SHA-256 (hex) of the API key, "" without one; `domains` are all configurations.
    Raises `Invalid` if no id was given, and `NotFound` both for an unknown id and for a message of
    a domain that the caller may not use: nobody learns from it whether there is such a message.
    """
    text = trimmed(message_id or "")
    if not text:
        raise Invalid(Fault("MessageId", "NotEmpty", "'MessageId' must not be empty."))
    wanted = text.upper()  # The alphabet of our ids (Crockford's base 32) is read in either case.
    with about(wanted):
        record = store.get(wanted) if is_id(wanted) else None
    if record is None or record.domain not in usable(domains, caller):
        raise NotFound("There is no such message.")
    return record
