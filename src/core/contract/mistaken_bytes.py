"""Recognises what people send in place of base64, so that the refusal can say how to mend it."""

import string
from collections.abc import Iterator

_LOOKED_AT = 1_000
"""Characters: a mistake shows at the beginning, and a path is no longer than that."""
_WHITE_SPACE = string.whitespace
_URL_SAFE = frozenset(f"{string.ascii_letters}{string.digits}+/=-_{_WHITE_SPACE}")
_CONTENT = "the bytes of the file in base64"
_NO_VALUE = frozenset(("null", "none", "nil", "undefined", "nan", "(null)", "dbnull"))
_SHOWN_OBJECTS = (
    *("System.", "[object ", "[B@", "[Ljava.", "java.", "<Buffer", "<_io.", "<memory", "<bytes"),
    *("Resource id #", "bytearray(", "Buffer(", "Uint8Array(", "ArrayBuffer"),
)
"""What languages make of bytes and streams that are turned into a text as they are."""
_QUOTES = ("'", '"', "`")
_HEXADECIMAL = frozenset(f"{string.hexdigits} -:\n\r")
_FEWEST_DIGITS = 8
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
    yield from _of_programs(start)
    yield from _of_what_is_around(start)
    if _is_hexadecimal(start):
        yield f"{_CONTENT}, not in hexadecimal digits"
    if _is_place(start, is_whole=len(text) <= _LOOKED_AT):
        yield f"{_CONTENT}, not its path or address"
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


def _of_programs(start: str) -> Iterator[str]:
    """Tell what a program has written of a value that it did not encode."""
    if start.lower() in _NO_VALUE:
        yield f"{_CONTENT}, not a word for no value: '' is an empty file"
    if start.startswith(_SHOWN_OBJECTS) or start == "Array" or _is_of_numbers(start):
        yield f"{_CONTENT}, not what a program shows of an object: encode what is in it"


def _of_what_is_around(start: str) -> Iterator[str]:
    """Tell what stands around base64 and is none of it."""
    if start[:2].lower() in ("b'", 'b"'):
        yield "base64 alone, without the b'...' that Python shows around it: decode it to a text"
    if start[:1] in _QUOTES:
        yield "base64 alone, without quotes around it"
    if start[:5].lower() == "data:":
        yield "base64 alone, without the 'data:...;base64,' before it"
    if "base64," in start[:100].lower():
        yield "base64 alone, without the 'base64,' before it"
    if start.startswith("-----BEGIN"):
        yield "base64 alone, without the lines '-----BEGIN ...' and '-----END ...'"


def _is_of_numbers(start: str) -> bool:
    """Say whether it is a list of bytes as a text, such as `37,80,68` or `[37, 80, 68]`."""
    numbers = start.strip("[]").split(",")[:-1]  # The last may be cut off.
    return len(numbers) > 1 and all(n.strip().lstrip("-").isdecimal() for n in numbers)


def _is_hexadecimal(start: str) -> bool:
    """Say whether it is bytes in hexadecimal digits, with signs between them or without."""
    digits = start[2:] if start[:2].lower() in ("0x", "\\x") else start
    return (
        len(digits) >= _FEWEST_DIGITS
        and _HEXADECIMAL.issuperset(digits)
        and digits.strip("- :\n\r") != ""
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
