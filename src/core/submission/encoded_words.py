"""Encoded words: how texts that are not ASCII are written in the headers of a mail (RFC 2047).

Programs that once wrote their mails themselves hand them over like that, and people would read
`=?utf-8?Q?Gr=C3=BC=C3=9Fe?=`. So they are decoded, judged like any text, and written anew.
"""

import re
from binascii import Error, a2b_base64, a2b_qp

from core.contract import charsets

_WORD = re.compile(r"=\?([^?*\s]{1,40})(?:\*[^?\s]{0,40})?\?([BQbq])\?([^?\r\n]*+)\?=\s*+")
_MOST = 16_384
"""Characters of a text in encoded words: a subject as long as may be, of four bytes each."""


def decoded(text: str) -> str:
    """Return what a text says that consists of encoded words; any other text stays as it is.

    White space between words is none of the text (RFC 2047 §6.2). A character may be divided among
    words, as many programs do. What was encoded several times is decoded as often: a reader might
    do so, and find what nobody has judged. A text stays as it is if a word in it cannot be decoded,
    if its charset is unknown, or if it is longer than any text of a mail can be.
    """
    while len(text) <= _MOST and (said := _said(text.strip())) is not None:
        text = said
    return text


def _said(text: str) -> str | None:
    """Return what encoded words say, and None if the text is anything else."""
    position, runs = 0, list[tuple[str, bytearray]]()
    while position < len(text):
        word = _WORD.match(text, position)
        if word is None:
            return None
        codec, content = charsets.known(word[1]), _bytes(word[2], word[3])
        if content is None or not codec:
            return None
        if not runs or runs[-1][0] != codec:
            runs.append((codec, bytearray()))
        runs[-1][1].extend(content)
        position = word.end()
    try:
        return "".join(charsets.text_of(each, codec) for codec, each in runs) if runs else None
    except UnicodeDecodeError:
        return None


def _bytes(encoding: str, content: str) -> bytes | None:
    if not content.isascii():
        return None
    if encoding in "Qq":
        return a2b_qp(content, header=True)
    try:
        return a2b_base64(content + "=" * (-len(content) % 4), strict_mode=True)
    except Error:
        return None
