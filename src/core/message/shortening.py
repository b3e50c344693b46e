"""Shortens a text at the end of a character as people see it, not in the middle of one.

An emoji of a family, a flag or a letter with its accents is one character to them and several to
Unicode. Its rules for that (UAX #29, extended grapheme clusters) need tables that Python does not
have; these few rules hold together all that occurs in names.
"""

import unicodedata
from collections.abc import Callable, Iterator
from itertools import pairwise

_JOINERS = "\u200d\u200c"
_MARKS = frozenset({"Mn", "Mc", "Me"})
_VIRAMA = 9
"""The combining class of what joins two letters of an Indian script into one."""


def shortened(text: str, fits: Callable[[str], bool]) -> str:
    """Return the longest start of `text` that `fits` with an ellipsis behind it; "" for none.

    `fits` holds for a text if it holds for a longer one. Of a text in ASCII the ellipsis is three
    dots, so that it stays in ASCII.
    """
    ellipsis = "..." if text.isascii() else "\u2026"
    starts = (
        [f"{text[:end].rstrip()}{ellipsis}" for end in ends]
        for ends in (list(_ends(text)), range(1, len(text)))
    )
    return _longest(next(starts), fits) or _longest(next(starts), fits)


def _longest(texts: list[str], fits: Callable[[str], bool]) -> str:
    """Return the last of `texts`, each longer than the one before, that fits; "" for none."""
    best, low, high = "", 0, len(texts)
    while low < high:
        middle = (low + high) // 2
        if fits(texts[middle]):
            best, low = texts[middle], middle + 1
        else:
            high = middle
    return best


def _ends(text: str) -> Iterator[int]:
    """Give the places where a character ends as people see it, but for the end of the text."""
    flags = 0
    for place, (before, after) in enumerate(pairwise(text), start=1):
        flags = flags + 1 if _is_flag_letter(before) else 0
        if _is_flag_letter(after) and flags % 2:
            continue  # Two letters are one flag.
        if not _belongs(before, after):
            yield place


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _belongs(before: str, after: str) -> bool:
    """Say whether two characters of Unicode are parts of one that people see."""
    if after.isascii() or before in _JOINERS or after in _JOINERS:
        return not after.isascii()
    return (
        unicodedata.category(after) in _MARKS
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # A skin tone.
        or "\U000e0020" <= after <= "\U000e007f"  # A letter of a region's flag.
        or "\u1160" <= after <= "\u11ff"  # The vowel or the end of a Korean syllable.
        or unicodedata.combining(before) == _VIRAMA
    )
