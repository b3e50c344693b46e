"""References: the caller's own ids of mails, as they may be given and asked for."""

from collections.abc import Iterable

from core.contract.errors import Fault
from core.contract.limits import MAX_REFERENCE_BYTES, MAX_REFERENCE_LENGTH
from core.submission import characters


def faults_in(reference: str) -> Iterable[Fault]:
    """Yield a fault for each reason why no mail can have this reference."""
    yield from characters.faults_in("Reference", reference, max_length=MAX_REFERENCE_LENGTH)
    yield from faults_in_size(reference)


def faults_in_size(reference: str) -> Iterable[Fault]:
    """Yield a fault if a reference is too long to be a key of the table, whatever is in it."""
    if len(reference.encode("utf-8", "replace")) > MAX_REFERENCE_BYTES:
        message = f"'Reference' must not be longer than {MAX_REFERENCE_BYTES} bytes in UTF-8."
        yield Fault("Reference", "Length", message)
