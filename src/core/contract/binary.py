"""Decodes the bytes that a request holds: base64, as .NET's readers take it."""

import binascii
import re
from functools import partial


class Undecodable:
    """Stands where bytes should: something was given, and it is not base64.

    `wanted` ends the sentence "'Bytes' must be ..." for whoever gave it.
    """

    __slots__ = ("wanted",)

    def __init__(self, wanted: str) -> None:
        """Say what is wanted instead."""
        self.wanted = wanted


UNDECODABLE = Undecodable("the bytes of the file in base64 (RFC 4648, section 4)")
"""For what looks like no mistake that is known."""
_NONE_THOUGH_DECODABLE = frozenset(
    ("null", "none", "25504446", "504b0304", "89504e47", "ffd8ffe0", "ffd8ffe1", "ffd8ffdb")
)
"""How texts begin that could be base64, and are never meant as such, in lower case: words for no
value, and the first bytes of a PDF, a ZIP, a PNG and a JPEG in hexadecimal digits."""
_LONGEST = 8
_WHITESPACE = re.compile(r"\s+", re.ASCII)
_PADDED = re.compile(r"[^=]+={0,2}|=")


def decode_base64(text: str) -> bytes | Undecodable:
    """Decode a member of bytes: base64 with white space anywhere in it, also several in a row.

    Missing padding and the URL-safe alphabet are refused, as .NET's XML reader does; what is
    refused says which mistake it looks like.
    """
    if text[:_LONGEST].lower() in _NONE_THOUGH_DECODABLE:
        return _undecodable(text)
    # `base64.b64decode` would copy the whole text first.
    decode = partial(binascii.a2b_base64, strict_mode=True)
    try:
        try:
            return decode(text)
        except binascii.Error:
            # Rare: only wrapped or concatenated base64 comes here; the common case is one pass.
            whole = bytearray()  # There may be millions of pieces: a list of them would be large.
            for piece in _PADDED.finditer(_WHITESPACE.sub("", text)):
                whole += decode(piece[0])
            return bytes(whole)
    except ValueError:
        return _undecodable(text)


def _undecodable(text: str) -> Undecodable:
    from core.contract import mistaken_bytes  # noqa: PLC0415 - hardly any mail comes here

    wanted = mistaken_bytes.wanted(text)
    return Undecodable(wanted) if wanted else UNDECODABLE
