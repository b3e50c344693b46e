"""Message ids: unique, sorted by the time at which they were made, and known to SES by a tag.

They are ULIDs (https://github.com/ulid/spec): 26 characters of Crockford's base 32.
"""

import os
import re
import time

MESSAGE_ID_TAG = "mailapi_message_id"
"""The email tag with our message id: SES gets it with the mail and returns it in every event."""
ATTEMPT_TAG = "mailapi_attempt"
"""The email tag with the number of the try."""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""The digits of Crockford's base 32: without I, L, O and U."""
_LAST_MILLISECOND = (1 << 48) - 1
_FORM = re.compile(f"[{ALPHABET}]{{26}}\\Z")


def new_id() -> str:
    """Return a new id: 48 bits for the milliseconds since 1970, then 80 random bits.

    The random bits are the operating system's: nobody can guess the id of another's mail.
    """
    return _written((time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10)))


def first_id_at(seconds: float) -> str:
    """Return the smallest id that can be made at a time (epoch seconds), or later."""
    return _written(min(round(seconds * 1000), _LAST_MILLISECOND) << 80)


def _written(number: int) -> str:
    return "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def made_at(message_id: str) -> float:
    """Return when an id was made, in epoch seconds. `message_id` must be one (`is_id`)."""
    milliseconds = 0
    for character in message_id[:10]:
        milliseconds = milliseconds << 5 | ALPHABET.index(character)
    return milliseconds / 1000


def spread_of(message_id: str) -> int:
    """Return a number from 0 to 31, by chance and always the same for an id (`is_id`)."""
    return ALPHABET.index(message_id[-1])


def is_id(text: str) -> bool:
    """Tell whether `text` has the form of our ids."""
    return _FORM.match(text) is not None
