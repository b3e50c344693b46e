"""The texts of a request as they are meant: without what is around them, and decoded."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.contract.members import Contract, Kind, Member, members
from core.lazily import lazily
from core.message.margins import trimmed, unquoted

if TYPE_CHECKING:
    from core.submission import encoded_words
else:  # Few texts come encoded.
    encoded_words = lazily("core.submission.encoded_words")

type _Change = Callable[[Member, str], str]

_BODIES = frozenset({"Text", "HTML"})
"""What never becomes a header: every character counts."""
_SHOWN = frozenset({"FromName", "ReceiverName", "Subject", "Name"})
"""Members, of a mail or an attachment, that a reader sees as a whole; they may come encoded."""
_NAMES = _SHOWN - {"Subject"}
"""Those of them that are names: quotes around the whole of one are not part of it."""


def without_margins[C: Contract](request: C) -> C:
    """Return the request with each text trimmed that is no body (docs/contract.md B5 M)."""
    return _changed(request, _trimmed)


def as_meant[C: Contract](request: C) -> C:
    """Return the request with each text trimmed and, where it is shown as a whole, decoded.

    What encoded words say is trimmed as well (docs/contract.md B5 M, O). Bodies stay as they are.
    """
    return _changed(request, _meant)


def decoded(text: str) -> str:
    """Return what a text of encoded words says, trimmed; any other text stays (B5 O)."""
    return trimmed(encoded_words.decoded(text)) if "=?" in text else text


def name(text: str) -> str:
    """Return a name without the quotes around the whole of it, and decoded (B5 O)."""
    return unquoted(decoded(unquoted(text)))


def _trimmed(member: Member, text: str) -> str:
    return text if member.name in _BODIES else trimmed(text)


def _meant(member: Member, text: str) -> str:
    text = _trimmed(member, text)
    if member.name in _NAMES:
        return name(text)
    return decoded(text) if member.name in _SHOWN else text


def _changed[C: Contract](request: C, change: _Change) -> C:
    """Return the request with `change` made to each text; the same one if that changes none."""
    update: dict[str, object] = {}
    for member in members(type(request)):
        value = getattr(request, member.field)
        if value and member.kind is Kind.STRING:
            if (text := change(member, value)) != value:
                update[member.field] = text
        elif value and member.kind is Kind.LIST:
            items = tuple(_changed(item, change) for item in value)
            if any(new is not old for new, old in zip(items, value, strict=True)):
                update[member.field] = items
    return request.model_copy(update=update) if update else request
