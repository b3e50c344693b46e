"""Encoded words: how texts that are not ASCII are written in the headers of a mail (RFC 2047).

Programs that once wrote their mails themselves hand them over like that, and people would read
`=?utf-8?Q?Gr=C3=BC=C3=9Fe?=`. So they are decoded, judged like any text, and written anew.
"""

import re
from binascii import Error, a2b_base64, a2b_qp

_CHARSETS = re.compile(
    r"utf-?8|(?:us-)?ascii|iso-?8859-\d{1,2}|latin-?1|(?:windows-|cp)125\d|koi8-[ru]"
    r"|iso-2022-jp|shift_jis|euc-(?:jp|kr)|gb2312|gbk|gb18030|big5",
    re.IGNORECASE,
)
"""Those that mails are written in. Python has more, and some of them are no charsets of texts."""
_WORD = re.compile(r"=\?([^?*\s]{1,40})(?:\*[^?\s]{0,40})?\?([BQbq])\?([^?\r\n]*+)\?=\s*+")
_MOST = 16_384
"""Characters of a text in encoded words: a subject as long as may be, of four bytes each."""
_LATIN_1 = frozenset({"iso-8859-1", "iso8859-1", "latin-1", "latin1"})


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
        charset, content = word[1].lower(), _bytes(word[2], word[3])
        if content is None or not _CHARSETS.fullmatch(charset):
            return None
        if not runs or runs[-1][0] != charset:
            runs.append((charset, bytearray()))
        runs[-1][1].extend(content)
        position = word.end()
    try:
        return "".join(_text(content, charset) for charset, content in runs) if runs else None
    except (UnicodeDecodeError, LookupError):
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


def _text(content: bytearray, charset: str) -> str:
    """Decode a text. ISO-8859-1 is read as Windows-1252, as all browsers do (WHATWG Encoding)."""
    return content.decode("cp1252" if charset in _LATIN_1 else charset)
