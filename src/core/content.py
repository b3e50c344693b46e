"""What is kept of a mail besides its record, for another try: where it goes, and what it was."""

from typing import TYPE_CHECKING

from core.mail import Mail
from core.record import Record
from core.store import Store
from core.vault import Vault, attachment_key, content_key

if TYPE_CHECKING:
    from core.submission import Submission

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


def load(record: Record, *, store: Store, vault: Vault) -> tuple[Mail, list[bytes]] | None:
    """Return the mail and the bytes of its attachments; None if they are not kept any more."""
    try:
        content = store.get_content(record.id)
        if content is None:
            return None
        if not content:
            content = vault.fetch([content_key(record)])[0].decode()
        mail = Mail.model_validate_json(content)
        numbers = range(1, len(mail.attachments) + 1)
        return mail, vault.fetch([attachment_key(record, n) for n in numbers])
    except KeyError:
        return None
