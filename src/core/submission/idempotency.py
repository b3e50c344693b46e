"""Idempotency keys: which requests are repeats of one another, so that a mail is sent once.

A repeat has the key of an earlier request and asks for the same mail. The key is found by its hash,
and the mail is compared by its fingerprint; neither lets anybody read what the caller wrote
(docs/contract.md B2; https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
"""

import hashlib
import json
from typing import NamedTuple

from core.contract.contract import SendMail
from core.contract.errors import Fault, Invalid
from core.contract.members import Contract, members
from core.submission.submission import Submission
from core.submission.texts import without_margins

HEADER = "idempotency-key"
KEPT_SECONDS = 7 * 24 * 3600
_MAX_LENGTH = 255


class IdempotencyKey(NamedTuple):
    """A key, and the mail that it was first used for."""

    hash: str
    """SHA-256 (hex) of the key and of whose it is."""
    fingerprint: str
    """SHA-256 (hex) of the members of the request."""
    expires_at: int
    """Epoch seconds: from then on the key is free again."""


def key_of(
    request: Contract, submission: Submission, header: str | None, caller: str, now: int
) -> IdempotencyKey | None:
    """Return the key of a request, or None if it has none.

    The key is the header `Idempotency-Key`. Without one it is `Reference`, if the configuration of
    the domain says so; but not of a mail that is sent again, which has the reference of the first.
    Two callers may use the same header: these are two keys. A `Reference` is
    one key for all who send for the domain. `now` is in epoch seconds.

    Raises `Invalid` if the header is empty or too long.
    """
    if header is not None:
        if not 1 <= len(header) <= _MAX_LENGTH:
            message = f"'Idempotency-Key' must have 1 to {_MAX_LENGTH} characters."
            raise Invalid(Fault("Idempotency-Key", "Length", message))
        scope = ("caller", caller, header)
    elif (
        submission.configuration.reference_is_key
        and submission.reference
        and not submission.resent_from
    ):
        scope = ("domain", submission.configuration.domain, submission.reference)
    else:
        return None
    return IdempotencyKey(
        hash=hashlib.sha256(repr(scope).encode()).hexdigest(),
        fingerprint=_fingerprint(request),
        expires_at=now + KEPT_SECONDS,
    )


def _fingerprint(request: Contract) -> str:
    """Hash what the caller gave, and nothing else: not the white space around a text either.

    Members that were not given are left out, so that a member which a later version adds to the
    contract does not change the fingerprint of older requests: their repeats stay repeats. The
    configuration of the domain is no part of it, so that it may change between two repeats.
    """
    asked = without_margins(request) if isinstance(request, SendMail) else request
    return hashlib.sha256(json.dumps(_given(asked), sort_keys=True).encode()).hexdigest()


def _given(contract: Contract) -> dict[str, object]:
    """Return the members that were given, by their names in the contract, ready for JSON."""
    values = ((member, getattr(contract, member.field)) for member in members(type(contract)))
    return {
        member.name: _for_json(value)
        for member, value in values
        if value is not None and value != ()
    }


def _for_json(value: object) -> object:
    """Return a member's value; hashes stand for bytes, as JSON has none."""
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, tuple):  # The only lists of the contract are lists of contracts.
        return [_given(item) for item in value]
    return value
