"""Where an address is named: in texts and files, however they are encoded."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from core.message.address import canonical
from ops.readings import Reading, readings, undone

_LOCAL = r"(?<![\w.+-])(?<!\w')"
"""What must not stand before an address: then it is the end of another one (`x.ada@...`)."""
_REST = r"(?![\w-]|\.\w)"
"""What must not stand behind: then its domain goes on (`...@example.com.au`)."""
_ENDS, _BEGINNINGS = frozenset(";}\n"), frozenset("&%\\=")
"""With what an escape ends, if not with a letter or a digit, and with what one begins."""
_NEAR = 200
"""How many characters beside an address can tell whether it goes on there."""
_LONGEST_WORD = 300
"""How long an encoded word of a mail's header may be (`ops.readings`)."""


class Traces:
    """One address, in either script of its domain and in any case."""

    def __init__(self, address: str) -> None:
        """Take any spelling of it."""
        self.address = canonical(address)
        local, at, domain = self.address.rpartition("@")
        either = "|".join(re.escape(spelling) for spelling in {domain, _in_its_own_script(domain)})
        # It begins with the sign, which is found quickly; what is before it is seen from there.
        before = f"(?<={_LOCAL}{re.escape(local + at)})"
        self._pattern = re.compile(f"{at}{before}(?:{either}){_REST}", re.IGNORECASE)
        self._local = len(local)

    def are_in(self, value: Any) -> bool:
        """Say whether a text, bytes, or anything made of them names the address.

        A longer address that contains it is another one, in any encoding.
        """
        return any(
            self._is_whole(found, reading)
            for reading in readings(value)
            for found in self._pattern.finditer(reading.text)
        )

    def _is_whole(self, found: re.Match[str], reading: Reading) -> bool:
        """Say whether the address ends where it seems to, if what is beside it is an escape."""
        text, start, end = reading.text, found.start() - self._local, found.end()
        if text[max(0, start - 1) : start] not in _ENDS and text[end : end + 1] not in _BEGINNINGS:
            return True
        is_quoted = reading.is_quoted or "=?" in text[max(0, start - _LONGEST_WORD) : start]
        before = undone(text[max(0, start - _NEAR) : start], is_quoted=is_quoted)
        after = undone(text[end : end + _NEAR], is_quoted=is_quoted)
        read = f"{before}{text[start:end]}{after}"
        return self._pattern.match(read, len(before) + self._local) is not None


def _in_its_own_script(domain: str) -> str:
    """Return a domain as people write it: callers may have."""
    import idna  # noqa: PLC0415 - only here

    with suppress(idna.IDNAError):
        return str(idna.decode(domain))
    return domain
