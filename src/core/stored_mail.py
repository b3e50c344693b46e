"""What is kept of a mail besides its record, for another try: where it goes, and what it was."""

from typing import TYPE_CHECKING

from core.aws.content_store import ContentStore, attachment_key, content_key
from core.aws.store import Store
from core.message.mail import Mail
from core.message.record import Record

if TYPE_CHECKING:
    from core.submission.submission import Submission

_INLINE_BYTES = 100_000
"""How much of a mail fits beside its record: DynamoDB takes items of 400 KB, at a price by size."""


def parted(record: Record, submission: "Submission") -> tuple[str, dict[str, bytes]]:
    """Part a mail into what goes beside its record ("" if it is too large) and into the bucket."""
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
    """Return the mail and the bytes of its attachments; None if they are not kept any more."""
    try:
        content = store.get_content(record.id)
        if content is None:
            return None
        if not content:
            content = content_store.fetch([content_key(record)])[0].decode()
        mail = Mail.model_validate_json(content)
        numbers = range(1, len(mail.attachments) + 1)
        return mail, content_store.fetch([attachment_key(record, n) for n in numbers])
    except KeyError:
        return None
