"""Where an address is named: in texts, in documents of texts, and in texts that are documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from core.message.address import canonical

_LOCAL = r"(?<![\w.+-])(?<!\w')"
"""What must not stand before an address: then it is the end of another one (`x.ada@...`)."""
_REST = r"(?![\w-]|\.\w)"
"""What must not stand behind: then its domain goes on (`...@example.com.au`)."""


class Traces:
    """One address, in either script of its domain and in any case."""

    def __init__(self, address: str) -> None:
        """Take any spelling of it."""
        self.address = canonical(address)
        spellings = {self.address, _in_its_own_script(self.address)}
        either = "|".join(re.escape(spelling) for spelling in spellings)
        self._pattern = re.compile(f"{_LOCAL}(?:{either}){_REST}", re.IGNORECASE)

    def are_in(self, value: Any) -> bool:
        """Say whether a text, bytes, or anything made of them names the address."""
        return any(self._pattern.search(text) for text in texts_in(value))


def texts_in(value: Any) -> Iterator[str]:
    """Find every text in a value; JSON in a text is read, since its escapes would hide much."""
    match value:
        case str():
            document = _document(value)
            if document is None:
                yield value
            else:
                yield from texts_in(document)
        case bytes():
            yield from texts_in(value.decode("utf-8", "replace"))
        case Mapping():
            for name, inner in value.items():
                yield str(name)
                yield from texts_in(inner)
        case Sequence():
            for inner in value:
                yield from texts_in(inner)
        case _:
            return


def _document(text: str) -> Any:
    if text[:1] in ("{", "["):
        with suppress(ValueError, RecursionError):
            return json.loads(text)
    return None


def _in_its_own_script(address: str) -> str:
    """Return an address with its domain as people write it: callers may have."""
    import idna  # noqa: PLC0415 - only here

    local, _, domain = address.rpartition("@")
    with suppress(idna.IDNAError):
        return f"{local}@{idna.decode(domain)}"
    return address
