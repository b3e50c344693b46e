"""Lists of mailboxes as people paste them: from mail programs, tables and web pages.

What has one meaning only is read; all else is refused with what to do (docs/contract.md B5 N). No
address is ever passed over in silence.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from core.message.address import Address, Mailbox, parse_address
from core.message.margins import INVISIBLE, SPACES, trimmed, unquoted

_QUOTED = re.compile(r'(?<!\S)"(?:[^"\\]|\\.)*+"(?!\S)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_LINE_BREAK = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
"""All that Unicode calls the end of a line (UAX #14: the classes BK, CR, LF and NL)."""
_TOKEN = re.compile(
    r'(?P<whole>"(?:[^"\\]|\\.)*+(?:"|\\?\Z)'  # In quotes, or to the end of the text without one;
    "|[\u201c\u201e][^\u201c\u201d\u201e\n]*+[\u201c\u201d]"  # in a typographer's quotes;
    r"|<(?:[^<>\n]++|\n )*+>?"  # an address in brackets;
    r"|=\?[^?\s]{1,60}\?[BQbq]\?[^?\s]*+\?=)"  # an encoded word (RFC 2047 §2).
    r"|(?P<end>[,;]|\n ?)"
    "|(?P<wide>[\uff0c\uff1b\u3001])",
    re.DOTALL,
)
_WORDS = re.compile(r"(?:=\?[^?\s]{1,60}\?[BQbq]\?[^?\s]*+\?=\s*+)++")
_SCHEME = re.compile(r"(?:mailto|smtp):", re.IGNORECASE)
_ASCII_SIGNS = str.maketrans("\ufe6b\uff20\uff1c\uff1e", "@@<>")
"""The wide forms of '@', '<' and '>', as East Asian keyboards write them (Unicode's NFKC)."""
_UNSEEN = f"{SPACES}{INVISIBLE}\u200e\u200f"
"""What is dropped around an address. Marks of direction mean something at the ends of names."""
_WRAPPINGS = frozenset(
    (
        *("''", '""', "``", "`'", "`\u00b4", "\u00b4\u00b4", "\uff07\uff07", "\uff02\uff02"),
        *("\u2018\u2019", "\u2019\u2019", "\u201a\u2018", "\u201c\u201d", "\u201d\u201d"),
        *("\u201e\u201c", "\u201e\u201d", "\u00ab\u00bb", "\u00bb\u00ab"),
    )
)
"""The pairs of quotes that people and programs put around an address. None may be at its end."""
_STRAY = "".join(sorted(set("".join(_WRAPPINGS)) - {'"', "`"}))
"""Quotes that may be left over on one side. Of double quotes, one alone is a mistake to tell of; a
backquote may begin an address."""


class _Entry(NamedTuple):
    """What stands between two separators, and the one that ends it ("" at the end of the list)."""

    text: str
    end: str

    @property
    def is_address(self) -> bool:
        return "@" in _in_ascii(self.text)

    @property
    def is_name(self) -> bool:
        """Say whether it could be part of a name, or a name with its address behind it."""
        return self.text.endswith((">", "\uff1e", "]")) or not self.is_address

    @property
    def is_nobody(self) -> bool:
        """Say whether it is nothing at all, or a group without members (RFC 5322 §3.4).

        Such as `undisclosed-recipients:;`.
        """
        is_group = self.text.endswith(":") and self.end in (";", "")
        return not self.text or (is_group and not self.is_address)


def mailboxes(text: str, *, is_single: bool) -> list[Mailbox]:
    """Read any list, as `core.message.mailboxes.parse_mailboxes` says."""
    pieces = list(_split(_LINE_BREAK.sub("\n", text).replace("\t", " ")))
    joins_commas = is_single or any(piece.end == ";" for piece in pieces)
    entries = _joined([piece for piece in pieces if not piece.is_nobody], joins_commas=joins_commas)
    found = []
    for number, entry in enumerate(entries, start=1):
        try:
            found.append(_mailbox(entry.text))
        except ValueError as error:
            following = entries[number].text if number < len(entries) else ""
            is_part = not entry.is_address and entry.end == "," and "<" in following
            why = "has no '@': a name with a comma must be in double quotes" if is_part else error
            raise ValueError(f"entry {number} {why}") from None
    return found


def joined(entries: Iterable[str]) -> str:
    """Return a list of what are mailboxes of their own, such as the items of a JSON array.

    A name with a separator in it gets quotes, so that it stays one name.

    >>> joined(["Lovelace, Ada <ada@a.example>", "", "bob@b.example"])
    '"Lovelace, Ada" <ada@a.example>, bob@b.example'
    """
    return ", ".join(filter(None, map(_protected, entries)))


def _protected(text: str) -> str:
    entry = trimmed(text)
    name, opened, address = entry.rpartition("<")
    name = trimmed(name)
    if not opened or "@" in name or "<" in name or _QUOTED.fullmatch(name):
        return entry
    if not any(sign in name for sign in ',;"'):
        return entry
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{address}'


def _split(text: str) -> Iterator[_Entry]:
    """Split a list at its separators, but not at those in quotes, brackets or encoded words.

    A wide comma or semicolon, as East Asian keyboards write it, separates behind an address.
    """
    start = 0
    for token in _TOKEN.finditer(text):
        if token["whole"]:
            continue
        piece = text[start : token.start()]
        if token["wide"] and "@" not in _in_ascii(piece):
            continue
        yield _Entry(piece.strip(_UNSEEN), token["end"] or ",")
        start = token.end()
    yield _Entry(text[start:].strip(_UNSEEN), "")


def _joined(pieces: list[_Entry], *, joins_commas: bool) -> list[_Entry]:
    """Put together what belongs to one mailbox: a name with a comma, or one in several lines."""
    is_one = sum(piece.is_address for piece in pieces) == 1
    entries: list[_Entry] = []
    for piece in pieces:
        before = entries[-1] if entries else None
        if before is None or before.is_address or not piece.is_name:
            entries.append(piece)
        elif before.end == "," and joins_commas:
            entries[-1] = _Entry(f"{before.text}, {piece.text}", piece.end)
        elif _is_folded(before, piece, is_one=is_one):
            entries[-1] = _Entry(f"{before.text} {piece.text}", piece.end)
        else:
            entries.append(piece)
    return entries


def _is_folded(before: _Entry, piece: _Entry, *, is_one: bool) -> bool:
    """Say whether a line break is within one mailbox (RFC 5322 §2.2.3), and separates no two.

    It is between a name and its address in brackets. Where white space follows it, it is also
    behind encoded words, and in a list with a single address (`is_one`).
    """
    if not before.end.startswith("\n"):
        return False
    if piece.text.startswith("<"):
        return True
    return before.end == "\n " and (is_one or _WORDS.fullmatch(before.text) is not None)


def _mailbox(text: str) -> Mailbox:
    name, address = _parts(_unwrapped(text))
    checked = _address(_unwrapped(address))
    if not name:
        return Mailbox(checked)
    shown = _name(name)
    is_address = _without_stray(_unwrapped(shown)).lower() in (checked.lower(), address.lower())
    return Mailbox(checked, "" if is_address else shown)


def _in_ascii(text: str) -> str:
    """Return `text` with the signs of ASCII for their wide forms, each in its place."""
    return text if text.isascii() else text.translate(_ASCII_SIGNS)


def _unwrapped(text: str) -> str:
    """Return an entry, a name or an address without what is around it, and is not part of it."""
    text = text.strip(_UNSEEN)
    while text[:1] + text[-1:] in _WRAPPINGS and len(text) > 2:
        inner = text[1:-1].strip(_UNSEEN)
        text = _ESCAPED.sub(r"\1", inner) if text[0] == '"' else inner
    return text


def _without_stray(address: str) -> str:
    """Return an address without a quote on one side of it, as lists in quotes are split.

    Within a local part it stays (`o'brien`), and where it is at both ends of that.
    """
    address = address.rstrip(_STRAY + _UNSEEN)
    first, local = address[:1], address.partition("@")[0]
    is_stray = first and first in _STRAY and not local.endswith(first)
    return address[1:] if is_stray else address


def _parts(text: str) -> tuple[str, str]:
    """Return name and address of one entry.

    Outlook writes a link behind an address, `Name <a@b<mailto:a@b>>`; in older ones the link is all
    there is: `Name [mailto:a@b]`.
    """
    signs = _in_ascii(text)  # Each of its characters stands where it stood.
    if signs.endswith(">>"):
        linked, opened, link = signs[:-2].rpartition("<")
        if opened and _SCHEME.match(link) and linked.lower().endswith(link[7:].lower()):
            text, signs = f"{text[: len(linked)]}>", f"{linked}>"
    for opening, closing in (("<", ">"), ("[mailto:", "]")):
        at = signs.rfind(opening)
        if signs.endswith(closing) and at >= 0:
            return text[:at].strip(_UNSEEN), text[at + len(opening) : -1]
    return "", text


def _name(text: str) -> str:
    """Return a display name without its quotes (RFC 5322 §3.2.5: words and quoted strings).

    Raises `ValueError` if quotes or angle brackets are left over: they would come from a list in
    which a comma is missing, and the name would contain another recipient.
    """
    if any(character in '"<>' for character in _QUOTED.sub("", text)):
        raise ValueError(
            "has quotes or angle brackets in its name that do not match: separate addresses with "
            "commas, and write each as 'Name <name@domain>'"
        )
    name = _QUOTED.sub(lambda quoted: _ESCAPED.sub(r"\1", quoted[0][1:-1]), text.rstrip(", "))
    return unquoted(name.replace("\n ", " "))


def _address(text: str) -> Address:
    scheme = _SCHEME.match(text)
    bare = _without_stray(text[scheme.end() :] if scheme else text)
    try:
        return parse_address(_in_ascii(bare))
    except ValueError as error:
        from core.message.advice import on  # noqa: PLC0415 - few lists are refused

        raise ValueError(on(_in_ascii(bare)) or str(error)) from None
