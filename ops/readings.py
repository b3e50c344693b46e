"""How a text or a file reads once what it is encoded in is undone, so that a search misses nothing.

What is read here was written by others. So each encoding is undone in time that grows with the text
and no faster, and encodings within encodings are undone to a bounded depth.
"""

from __future__ import annotations

import codecs
import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from email.message import Message

_MOST_ROUNDS = 4
"""How often a text is taken for an encoded one, as `&amp;#64;` and `%2540` are twice."""
_MOST_DEPTH = 32
"""How often something is unpacked from within something else, as a mail from within a mail."""
_MOST_CONTAINERS, _MOST_BORDERS, _MOST_PARAMETERS = 100, 10_000, 2_000
"""What a mail may have of parts that hold parts, of lines that may be borders of parts, and of
bytes in one field with parameters. With more, the time that `email` takes is out of proportion."""

_BOMS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Byte order marks. Those of UTF-32 come first: one begins as that of UTF-16 does."""
_SLOW_CHARSETS = {"idna", "punycode"}
"""Their decoders take time that grows with the square of the text."""
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What `email` raises for mails that are none."""

_ENTITY = re.compile(r"&(?:#0*[0-9]{1,7}|#x0*[0-9a-f]{1,6}|[a-z]\w{0,39}(?=;));?", re.IGNORECASE)
_ZEROS = re.compile(r"(&#x?)0+(?=[0-9a-f])", re.IGNORECASE)
_HUGE = re.compile(r"&#(?:[0-9]{8,}|x[0-9a-f]{8,})", re.IGNORECASE)
_PERCENTS = re.compile(r"(?:%[0-9a-f]{2})+", re.IGNORECASE)
_ESCAPE = re.compile(
    r"[\\%]u([0-9a-f]{4})|\\x([0-9a-f]{2})|\\u\{([0-9a-f]{1,5})\}|\\[bfnrt]", re.IGNORECASE
)
_ENCODED_WORD = re.compile(r"=\?[\w*-]{1,60}\?[bq]\?[^?\s]{0,200}\?=", re.IGNORECASE)
_BETWEEN_WORDS = re.compile(r"(?<=\?=)\s{1,100}(?==\?)")
_FOLD = re.compile(r"\r?\n[ \t]")
_QUOTED = re.compile(r"=(?:\r?\n|([0-9a-f]{2}))", re.IGNORECASE)
_QUOTED_PARTS = b"quoted-printable"
"""What a mail says of a part in this encoding (RFC 2045 §6.1)."""
_FIRST_FIELD = re.compile(rb"From |[!-9;-~]{1,100}:")
_PARAMETERS = re.compile(
    rb"^content-[a-z-]{1,30}:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE
)


class Reading(NamedTuple):
    """A text, and what is known about it."""

    text: str
    is_quoted: bool = False
    """Whether some of it is in quoted-printable. That is among the readings as it reads, too."""


def readings(value: Any) -> Iterator[Reading]:
    """Yield every text in a value, as it is and as it reads.

    A value is a text, bytes, or anything made of them. What is undone: JSON, the entities of HTML,
    percent-encoding, the escapes of scripts, the encoded words of mail headers (RFC 2047), the
    folded lines of calendars and address cards (RFC 5545), UTF-16 and UTF-32, and the parts of a
    mail with quoted-printable and base64. What is packed (ZIP, PDF, office documents) is not.
    """
    waiting: list[tuple[Any, int, bool]] = [(value, 0, False)]
    while waiting:
        one, depth, is_quoted = waiting.pop()
        match one:
            case str():
                for text in _undone_step_by_step(one):
                    yield Reading(text, is_quoted)
                    document = _document(text) if depth < _MOST_DEPTH else None
                    if document is not None:  # Its texts are undone one by one.
                        waiting.append((document, depth + 1, is_quoted))
                        break
            case bytes():
                parts = list(_parts(one)) if depth < _MOST_DEPTH else []
                waiting += [(part, depth + 1, False) for part in parts]
                may_be_quoted = bool(parts) and _QUOTED_PARTS in one.lower()
                waiting += [(text, depth, may_be_quoted) for text in _decoded(one)]
            case Mapping():
                waiting += [(inner, depth, is_quoted) for pair in one.items() for inner in pair]
            case Sequence():
                waiting += [(inner, depth, is_quoted) for inner in one]


def undone(text: str, *, is_quoted: bool = False) -> str:
    """Return a piece of a text as it reads, to see what stands beside something in it.

    With `is_quoted`, quoted-printable is undone, too (RFC 2045 §6.7).
    """
    for _ in range(_MOST_ROUNDS):
        before = text
        text = _without_percents(_ENTITY.sub(lambda found: html.unescape(found[0]), text))
        text = _without_escapes(text)
        if is_quoted:
            text = _QUOTED.sub(lambda found: chr(int(found[1], 16)) if found[1] else "", text)
        if text == before:
            break
    return text


def _undone_step_by_step(text: str) -> Iterator[str]:
    yield text
    for _ in range(_MOST_ROUNDS):
        before = text
        for undo in (_without_entities, _without_percents, _without_escapes, _in_words, _unfolded):
            if (read := undo(text)) != text:
                text = read
                yield text
        if text == before:
            break


def _without_entities(text: str) -> str:
    if "&" not in text:
        return text
    # Python reads no decimal number of more than 4,300 digits; a character needs seven.
    return html.unescape(_HUGE.sub("\ufffd", _ZEROS.sub(r"\1", text)))


def _without_percents(text: str) -> str:
    """Do as `urllib.parse.unquote`, which takes many times longer for bytes of every kind."""
    return _PERCENTS.sub(
        lambda found: bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "replace"), text
    )


def _without_escapes(text: str) -> str:
    return _ESCAPE.sub(_character, text)


def _character(escape: re.Match[str]) -> str:
    """Return what an escape stands for; a blank for any white space."""
    return chr(int(escape[escape.lastindex], 16)) if escape.lastindex else " "


def _in_words(text: str) -> str:
    if "=?" not in text:
        return text
    return _ENCODED_WORD.sub(_word, _BETWEEN_WORDS.sub("", text))


def _word(encoded: re.Match[str]) -> str:
    try:
        return str(make_header(decode_header(encoded[0])))
    except (HeaderParseError, LookupError, ValueError):
        return encoded[0]


def _unfolded(text: str) -> str:
    return _FOLD.sub("", text) if text.startswith("BEGIN:V") else text


def _document(text: str) -> Any:
    if text[:1] in ("{", "["):
        with suppress(ValueError, RecursionError):
            return json.loads(text)
    return None


def _decoded(content: bytes) -> Iterator[str]:
    """Yield bytes as text in every way that may be the right one."""
    text = content.decode("utf-8-sig", "replace")
    yield text
    if "\ufffd" in text:
        yield content.decode("cp1252", "replace")
    for mark, charset in _BOMS.items():
        if content.startswith(mark):
            yield content.decode(charset, "replace")
            return
    if b"\0" in content:
        # UTF-16 or UTF-32 in either order, wherever in the file it begins, as far as it is ASCII.
        yield content.replace(b"\0", b"").decode("utf-8", "replace")
        for charset in ("utf-16-le", "utf-16-be"):
            with suppress(UnicodeDecodeError):
                yield content.decode(charset)


def _parts(content: bytes) -> Iterator[bytes | str]:
    """Yield the parts of a mail, decoded; nothing if the bytes are no mail."""
    if not _FIRST_FIELD.match(content) or _is_out_of_proportion(content):
        return
    try:
        for part in message_from_bytes(content).walk():
            if not part.is_multipart():
                yield from _payload(part)
    except _UNREADABLE:  # It is searched as it is.
        return


def _is_out_of_proportion(content: bytes) -> bool:
    lower = content.lower()
    containers = lower.count(b"multipart/") + lower.count(b"message/")
    return (
        containers > _MOST_CONTAINERS
        or content.count(b"\n--") > _MOST_BORDERS
        or any(len(field[0]) > _MOST_PARAMETERS for field in _PARAMETERS.finditer(content))
    )


def _payload(part: Message) -> Iterator[bytes | str]:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return
    if part["Content-Transfer-Encoding"]:
        yield payload
    else:  # It is no file of its own: what begins as a mail was taken for one, if it is one.
        yield from _decoded(payload)
    charset = part.get_content_charset("utf-8")
    with suppress(LookupError, ValueError):
        if codecs.lookup(charset).name not in {"utf-8", "ascii", *_SLOW_CHARSETS}:
            yield payload.decode(charset, "replace")
