"""The mail itself, as it is stored beside its record for later tries."""

from typing import TYPE_CHECKING

from core.aws.content_store import ContentStore, attachment_key, content_key
from core.aws.store import Store
from core.message.mail import Mail
from core.message.record import Record

if TYPE_CHECKING:
    from core.submission.submission import Submission

_INLINE_BYTES = 100_000
"""The largest mail (as JSON, without attachments) that is stored in the table. An item of DynamoDB
may have 400 KB, but each write is paid for by its size; what is larger goes into the bucket."""


def parted(record: Record, submission: "Submission") -> tuple[str, dict[str, bytes]]:
    """Divide a mail into what is stored in the table and what is stored in the bucket.

    Returns the mail as JSON ("" if it is too large for the table), and the objects for the bucket
    by their keys: the attachments, and a mail that is too large.
    """
    content = submission.mail.model_dump_json()
    objects = {
        attachment_key(record, number): data
        for number, data in enumerate(submission.contents, start=1)
    }
    if len(content.encode()) > _INLINE_BYTES:
        objects[content_key(record)] = content.encode()
        content = ""
    return content, objects


def load(
    record: Record, store: Store, content_store: ContentStore
) -> tuple[Mail, list[bytes]] | None:
    """Return a stored mail and the bytes of its attachments, in their order.

    None if any part of it is not stored any more, or has never been (the function that accepted it
    died before). Raises `Outage`.
    """
    mail = load_mail(record, store, content_store)
    if mail is None:
        return None
    numbers = range(1, len(mail.attachments) + 1)
    try:
        return mail, content_store.fetch([attachment_key(record, n) for n in numbers])
    except KeyError:
        return None


def load_mail(record: Record, store: Store, content_store: ContentStore) -> Mail | None:
    """Return a stored mail without its attachments, as `load` does."""
    content = store.get_content(record.id)
    if content is None:
        return None
    try:
        content = content or content_store.fetch([content_key(record)])[0].decode()
    except KeyError:
        return None
    return Mail.model_validate_json(content)
