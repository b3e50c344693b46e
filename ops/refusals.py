"""What the service would refuse, as an operator is told of it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.contract.errors import MailError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def in_words() -> Iterator[None]:
    """Raise `ValueError` for what the service would refuse, with all that is wrong."""
    try:
        yield
    except MailError as error:
        raise ValueError("\n".join(fault.message for fault in error.faults) or str(error)) from None
