"""What makes two submissions the same one: a key that the caller gives, and an equal mail."""

import hashlib
from typing import NamedTuple

from core.contract.contract import SendMail
from core.contract.errors import Fault, Invalid
from core.contract.members import Kind, members
from core.submission.submission import Submission

HEADER = "idempotency-key"
KEPT_SECONDS = 7 * 24 * 3600
_MAX_LENGTH = 255


class IdempotencyKey(NamedTuple):
    """What a caller calls a submission: `hash` is the key's, `fingerprint` the mail's."""

    hash: str
    fingerprint: str
    expires_at: int


def key_of(
    request: SendMail, submission: Submission, header: str | None, caller: str, now: int
) -> IdempotencyKey | None:
    """Return the submission's key: the header, else `Reference` if the domain says so, else none.

    A header counts for its caller, a `Reference` for its domain. Raises `Invalid`.
    """
    if header is not None:
        if not 1 <= len(header) <= _MAX_LENGTH:
            message = f"'Idempotency-Key' must have 1 to {_MAX_LENGTH} characters."
            raise Invalid(Fault("Idempotency-Key", "Length", message))
        scope = ("caller", caller, header)
    elif submission.configuration.reference_is_key and submission.reference:
        scope = ("domain", submission.configuration.domain, submission.reference)
    else:
        return None
    return IdempotencyKey(
        hash=hashlib.sha256(repr(scope).encode()).hexdigest(),
        fingerprint=_fingerprint(request),
        expires_at=now + KEPT_SECONDS,
    )


def _fingerprint(request: SendMail) -> str:
    """Hash what the caller sent, so that a changed configuration makes no other mail of it."""
    texts = [getattr(request, m.field) for m in members(SendMail) if m.kind is Kind.STRING]
    digest = hashlib.sha256(repr(texts).encode())
    for attachment in request.attachments or ():
        content = attachment.bytes_ if isinstance(attachment.bytes_, bytes) else b""
        digest.update(repr((attachment.name, attachment.content_type, len(content))).encode())
        digest.update(content)
    return digest.hexdigest()
