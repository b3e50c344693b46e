"""The parts of a MIME message, written as bytes: fields, parameters, bodies, boundaries.

The standard library's generator refolds every line of a big attachment; this one only joins.
"""

import binascii
import re
import secrets
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import quote

type Fields = Sequence[tuple[str, str]]

_CRLF: Final = b"\r\n"
_LONGEST_LINE: Final = 998  # RFC 5322 §2.1.1, without the line end.
_FOLD_AT: Final = 78  # The same section's recommendation.
_ENCODED_WORD_BYTES: Final = 45  # 60 characters of base64, so below RFC 2047 §2's 75.
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_+()-][A-Za-z0-9 ._+()-]{0,58}")
_ASCII_BASED: Final = re.compile(r"utf-?8|us-ascii|ascii|iso-8859-\d+|windows-125\d", re.IGNORECASE)


def field(name: str, value: str) -> bytes:
    """Return one header field of ASCII, folded at single spaces where it is too long."""
    lines = [f"{name}:"]
    for word in re.split(r"(?<=[^ ]) (?=[^ ])", value):
        if len(lines[-1]) + 1 + len(word) > _FOLD_AT and len(lines[-1]) > len(name) + 1:
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines).encode("ascii") + _CRLF


def header(fields: Fields) -> bytes:
    return b"".join(field(name, value) for name, value in fields) + _CRLF


def unstructured(text: str) -> str:
    """Return `text` as an unstructured value: as it is, or in RFC 2047 encoded words."""
    words_apart = text == " ".join(text.split())
    if text.isascii() and text.isprintable() and words_apart and "=?" not in text:
        longest = max(map(len, text.split()), default=0)
        if longest <= _FOLD_AT - len("Subject: "):
            return text
    return " ".join(_encoded_word(chunk) for chunk in _chunks(text, _ENCODED_WORD_BYTES))


def _encoded_word(chunk: bytes) -> str:
    return f"=?utf-8?B?{binascii.b2a_base64(chunk, newline=False).decode()}?="


def _chunks(text: str, size: int) -> Iterable[bytes]:
    """Cut `text` into UTF-8 of at most `size` bytes, never within a character (RFC 2047 §5)."""
    chunk = b""
    for character in text:
        encoded = character.encode()
        if len(chunk) + len(encoded) > size:
            yield chunk
            chunk = b""
        chunk += encoded
    yield chunk


def parameter(name: str, value: str) -> str:
    """Return `; name="value"`, or what RFC 2231 §3 and §4 make of a long or non-ASCII value."""
    if _PLAIN_NAME.fullmatch(value) and value == " ".join(value.split()):
        return f'; {name}="{value}"'
    encoded = f"utf-8''{quote(value, safe='')}"
    if len(encoded) < _FOLD_AT - len(f"{name}*=;"):
        return f"; {name}*={encoded}"
    pieces = re.findall(r"(?:%..|[^%]){1,18}", encoded)  # Never within a percent triplet.
    return "".join(f"; {name}*{at}*={piece}" for at, piece in enumerate(pieces))


def text_body(data: bytes, charset: str) -> tuple[str, bytes]:
    """Return the transfer encoding and the encoded form of a text with CRLF line ends."""
    if is_7bit(data):
        return "7bit", data
    if not _ASCII_BASED.fullmatch(charset) or b"\0" in data:
        return "base64", base64_lines(data)
    encoded = binascii.b2a_qp(data, istext=True)
    # It ends its soft line breaks with a bare LF as long as the text has no line end.
    return "quoted-printable", re.sub(rb"(?<!\r)\n", b"\r\n", encoded)


def is_7bit(data: bytes) -> bool:
    """Whether `data` may travel unencoded (RFC 2045 §2.7)."""
    if not data.isascii() or b"\0" in data:
        return False
    lines = data.split(_CRLF)
    return all(
        len(line) <= _LONGEST_LINE and b"\r" not in line and b"\n" not in line for line in lines
    )


def base64_lines(data: bytes) -> bytes:
    encoded = binascii.b2a_base64(data, newline=False)
    return _CRLF.join(encoded[at : at + 76] for at in range(0, len(encoded), 76))


def quoted_printable(data: bytes) -> bytes:
    """Return binary `data`, with its line ends encoded as well (RFC 2045 §6.7, rule 4)."""
    return binascii.b2a_qp(data, istext=False).replace(b"=\n", b"=\r\n")


def canonical(text: str) -> str:
    """Return `text` with CRLF for every line end, as MIME wants it (RFC 2046 §4.1.1)."""
    return re.sub(r"\r\n|\r|\n", "\r\n", text)


def multipart(subtype: str, parts: Iterable[bytes]) -> tuple[str, bytes]:
    """Return the content type and the body of a multipart (RFC 2046 §5.1)."""
    boundary = f"----=_Part_{secrets.token_hex(16)}"  # "=_" never occurs in an encoded part.
    delimiter = b"--" + boundary.encode()
    pieces = [piece for part in parts for piece in (delimiter, _CRLF, part, _CRLF)]
    body = b"".join([*pieces, delimiter, b"--", _CRLF])
    return f'multipart/{subtype}; boundary="{boundary}"', body
