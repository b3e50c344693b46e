"""Message ids: unique, and sorted by the time they were made (ULID)."""

import os
import re
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U.
_FORM = re.compile(f"[{_ALPHABET}]{{26}}\\Z")


def new_id() -> str:
    """Return 26 characters: 48 bits of milliseconds since 1970, then 80 random bits.

    The random bits are the operating system's: nobody can guess the id of another's mail.
    """
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def made_at(message_id: str) -> float:
    """Return when one of our ids was made, in epoch seconds."""
    milliseconds = 0
    for character in message_id[:10]:
        milliseconds = milliseconds << 5 | _ALPHABET.index(character)
    return milliseconds / 1000


def is_id(text: str) -> bool:
    """Say whether `text` could be one of our ids."""
    return _FORM.match(text) is not None
