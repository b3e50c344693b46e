"""What all that is searched for has in common: times, words, and how long a page is.

What is wrong with a member goes to the list of faults, by the member's name.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from core.contract.errors import Fault
from core.message.margins import trimmed

DEFAULT_LIMIT, MOST = 20, 100
"""How many things a page has if nobody says, and at most."""
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d(?:[Tt]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d:\d\d))?", re.ASCII
)
"""A time with its offset, of which the seconds may be left out; or a day."""


def limit(given: int | None, faults: list[Fault]) -> int:
    """Read how many things a page may have."""
    wanted = given or DEFAULT_LIMIT  # Typed clients send 0 for what nobody has set.
    if not 1 <= wanted <= MOST:
        faults.append(Fault("Limit", "Range", f"'Limit' must be from 1 to {MOST}."))
    return wanted


def time(text: str | None, field: str, faults: list[Fault]) -> float | None:
    """Read a time with its offset (RFC 3339), or a day, which begins at 0:00 UTC."""
    text = trimmed(text or "")
    if not text:
        return None
    try:
        seconds = _seconds(text.replace(" ", "+"))  # So a form reads the + of an offset.
    except (ValueError, OverflowError):
        message = f"'{field}' must be a time such as 2026-11-20T09:15:30Z, or a day: 2026-11-20."
        faults.append(Fault(field, "Time", message))
        return None
    return max(0.0, seconds)


def words(text: str | None, field: str, known: Iterable[str], faults: list[Fault]) -> list[str]:
    """Read one word that is known, or several with commas between; in any case of its letters."""
    given = [word.strip().lower() for word in (text or "").split(",")]
    listed = list(known)
    if any(word and word not in listed for word in given):
        message = (
            f"'{field}' must be one of these, or several with commas between: {', '.join(listed)}."
        )
        faults.append(Fault(field, "Enum", message))
    return [word for word in listed if word in given]


def _seconds(text: str) -> float:
    """Return a time in epoch seconds. Raises `ValueError` and `OverflowError`.

    Python reads more: weeks, times without separators, and some characters at random places.
    """
    if not _TIME.fullmatch(text):
        raise ValueError
    time_ = datetime.fromisoformat(text.upper())
    return (time_ if time_.tzinfo else time_.replace(tzinfo=UTC)).timestamp()
