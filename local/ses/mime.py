"""Writes MIME as bytes: header fields, parameters, encoded texts and multiparts.

The encodings are the standard library's. Its `EmailMessage` is not used: it interprets the values
that it is given, and SES does not. Measured with Python 3.13.0:

* It decodes what looks like an RFC 2047 encoded word in a subject or a file name. The file name
  `=?utf-8?q?a=0D=0ABcc:_x?=` becomes a line break within the header.
* It decodes display names, and writes `=?utf-8?q?Doe=2C_Jo?= <jo@example.com>` as
  `Doe, Jo <jo@example.com>` without quotes, which are two addresses.
* It writes a URL of more than 78 characters in `List-Unsubscribe` as encoded words.
* It adds a line end to every text, and splits UTF-16 in the middle of its characters.
* It cannot write an attachment of the type message/delivery-status, and ends the lines of one of
  the type message/rfc822 with a bare LF.

With its own policy and part classes against all this it took more lines than these functions.
"""

import base64
import binascii
import re
import secrets
from collections.abc import Iterable, Sequence
from email.charset import Charset
from itertools import repeat
from typing import Final
from urllib.parse import quote

type Fields = Sequence[tuple[str, str]]

_CRLF: Final = b"\r\n"
_LONGEST_LINE: Final = 998  # RFC 5322 §2.1.1, without the line end.
_FOLD_AT: Final = 78  # The same section's recommendation.
_LONGEST_WORD: Final = _FOLD_AT - len("Subject: ")  # RFC 2047 §2 allows encoded words of 75.
_UTF8: Final = Charset("utf-8")
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_+()-][A-Za-z0-9 ._+()-]{0,58}")
_ASCII_BASED: Final = re.compile(r"utf-?8|us-ascii|ascii|iso-8859-\d+|windows-125\d", re.IGNORECASE)


def field(name: str, value: str) -> bytes:
    """Return one header field, folded at single spaces where it is too long.

    `value` must be ASCII. Unfolding gives it back as it was (RFC 5322 §2.2.3). The first word
    stays beside the name: some programs take an empty first line for an empty field.
    """
    lines = [f"{name}:"]
    for word in re.split(r"(?<=[^ ]) (?=[^ ])", value):
        if len(lines[-1]) + 1 + len(word) > _FOLD_AT and len(lines[-1]) > len(name) + 1:
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines).encode("ascii") + _CRLF


def header(fields: Fields) -> bytes:
    """Return a whole header, with the empty line that ends it."""
    return b"".join(field(name, value) for name, value in fields) + _CRLF


def unstructured(text: str) -> str:
    """Return `text` as an unstructured value: as it is, or in RFC 2047 encoded words."""
    words_apart = text == " ".join(text.split())
    if text.isascii() and text.isprintable() and words_apart and "=?" not in text:
        longest = max(map(len, text.split()), default=0)
        if longest <= _LONGEST_WORD:
            return text
    return " ".join(filter(None, _UTF8.header_encode_lines(text, repeat(_LONGEST_WORD))))


def parameter(name: str, value: str) -> str:
    """Return `; name="value"`, or the form of RFC 2231 §3 and §4 for a long or non-ASCII value."""
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
    # Its soft line breaks end with CRLF or, as long as the text has no line end, with LF.
    encoded = binascii.b2a_qp(data, istext=True).replace(_CRLF, b"\n")
    return "quoted-printable", encoded.replace(b"\n", _CRLF)


def is_7bit(data: bytes) -> bool:
    """Whether `data` may travel unencoded (RFC 2045 §2.7)."""
    if not data.isascii() or b"\0" in data:
        return False
    lines = data.split(_CRLF)
    return all(
        len(line) <= _LONGEST_LINE and b"\r" not in line and b"\n" not in line for line in lines
    )


def base64_lines(data: bytes) -> bytes:
    """Return `data` in base64, in lines of 76 characters (RFC 2045 §6.8)."""
    return base64.encodebytes(data).replace(b"\n", _CRLF)


def quoted_printable(data: bytes) -> bytes:
    """Return binary `data`, with its line ends encoded as well (RFC 2045 §6.7, rule 4)."""
    return binascii.b2a_qp(data, istext=False).replace(b"\n", _CRLF)


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
