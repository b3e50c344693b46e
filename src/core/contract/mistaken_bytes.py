"""Recognises what people send in place of base64, so that the refusal can say how to mend it."""

import string
from collections.abc import Iterator

_LOOKED_AT = 1_000
"""Characters: a mistake shows at the beginning, and a path is no longer than that."""
_WHITE_SPACE = string.whitespace
_URL_SAFE = frozenset(f"{string.ascii_letters}{string.digits}+/=-_{_WHITE_SPACE}")
_LONGEST_EXTENSION = 5
_GROUP = 4
"""Characters of base64 that stand for three bytes (RFC 4648, section 4)."""


def wanted(text: str) -> str:
    """Return what should stand in place of `text`, as the end of "must be ...".

    `text` is not base64. "" if it looks like no mistake that is known. Takes a few passes over the
    text at most, without a copy of it.
    """
    return next(_wanted(text, text[:_LOOKED_AT].strip(_WHITE_SPACE)), "")


def _wanted(text: str, start: str) -> Iterator[str]:
    if start[:5].lower() == "data:":
        yield "base64 alone, without the 'data:...;base64,' before it"
    if start.startswith("-----BEGIN"):
        yield "base64 alone, without the lines '-----BEGIN ...' and '-----END ...'"
    if _is_place(start, is_whole=len(text) <= _LOOKED_AT):
        yield "the bytes of the file in base64, not its path or address"
    if any(escape in start.upper() for escape in ("%2B", "%2F", "%3D")):
        yield "base64 without the escapes of a URL: '+', '/' and '=' as they are"
    if not _URL_SAFE.issuperset(start):
        return
    is_cut = _ends_early(text)
    if "-" in text or "_" in text:
        rest = ", and '=' at its end" if is_cut else ""
        yield f"base64 in the standard alphabet: '+' and '/' in place of '-' and '_'{rest}"
    if is_cut:
        yield (
            "base64 to its end: its length is no multiple of four, so it lacks the '=' of its "
            "padding, or is cut off"
        )


def _is_place(start: str, *, is_whole: bool) -> bool:
    """Say whether a text that begins with `start` is a URL, a path or a file's name.

    Base64 can begin with a slash as well (each JPEG does): it is the dot that it never has.
    """
    if "://" in start[:10] or start.startswith("\\\\") or start[1:3] in (":\\", ":/"):
        return True
    _, dot, extension = start.rpartition(".")
    is_short = len(extension) <= _LONGEST_EXTENSION
    is_name = dot and extension.isalnum() and not extension.isdigit() and is_short
    return bool(is_whole and is_name and "\n" not in start)


def _ends_early(text: str) -> bool:
    blanks = sum(text.count(blank) for blank in _WHITE_SPACE)
    return (len(text) - blanks) % _GROUP != 0
