"""Decodes the bytes that a request holds: base64, as .NET's readers take it."""

import binascii
import re
from functools import partial


class Undecodable:
    """Stands where bytes should: something was given, and it is not base64."""


UNDECODABLE = Undecodable()
_WHITESPACE = re.compile(r"\s+", re.ASCII)
_PADDED = re.compile(r"[^=]+={0,2}|=")


def decode_base64(text: str) -> bytes | Undecodable:
    """Decode a member of bytes: base64 with white space anywhere in it, also several in a row.

    Missing padding and the URL-safe alphabet are refused, as .NET's XML reader does.
    """
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
        return UNDECODABLE
