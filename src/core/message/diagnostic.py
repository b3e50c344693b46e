"""What a receiving host said about a mail that it did not take, made fit to be kept and shown.

The text is the host's (`Diagnostic-Code` of RFC 3464 §2.3.6): anything may stand in it. It is kept
because it tells what to do (`mailbox full`, `blocked, see https://...`). Hosts like to repeat whom
the mail was for, which must not be kept: every address goes, however it is written, and so does the
part of the recipient's address before the '@' where it stands alone, unless it names nobody. Of a
link only the addresses in it go. Addresses of hosts (IP) and the numbers of their log entries stay:
with them their postmasters find the case.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Iterable
from urllib.parse import unquote

from core.message.nobodys_names import names_nobody

MOST_CHARACTERS = 300
"""How much is kept."""
_MOST_READ = 2000
"""How much of the text is looked at."""
_MOST_ENCODINGS = 3
"""So often may an address be encoded, one way around the other."""
_HIDDEN = "[address]"

_NOTHING = r"(?!)"
"""A pattern that is found nowhere."""
_PROTOCOL = re.compile(r"[A-Za-z][\w-]{0,30};\s*+(?=\S)")
"""The type of the diagnostic (`smtp;`), which says nothing to whoever reads it."""
_AROUND_AT = re.compile(
    r"(?<=[\w!#$%&'*+/=?^`{|}~.-]) ?@(?:(?! )"
    r"| (?=\[|\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|(?:[\w-]{1,63}(?:\.| \. )){1,8}[^\W\d_]))"
)
"""An '@' between a local part and a domain; before a time it is the host's word for "at"."""
_QUOTED_LOCAL = re.compile(r'"[^"]{0,64}"(?=@)')
"""A local part that may hold spaces (RFC 5321 §4.1.2)."""
_SPELLED_OUT = re.compile(
    r"[^\s()\[\]{}<>,;:=&?/|]{1,64}\s?[(\[{<]at[)\]}>]\s?[^\s()\[\]{}<>,;:=&?/|]{1,255}",
    re.IGNORECASE,
)
"""An address as people write it to hide it: `ada (at) recipient.example`."""
_SHOUTED = re.compile(
    r"(?<![\w.+-])(?=[A-Z0-9_+-]{0,63}+[a-z.])[\w.+-]{1,64}+ AT [\w-]{1,63}+"
    r"(?:(?:\.| DOT )[\w-]{1,63}+){1,8}"
)
"""The same as `ada AT recipient DOT example`. In `BLOCKED AT MX.EXAMPLE` everything is shouted, and
a small `at` is the host's own word: `see more at help.example`."""
_LINK = re.compile(r"""((?<!\w)(?:https?://|www\.)[^\s<>"]++)""", re.IGNORECASE)
"""A link. Its pieces are hidden one by one, since the rest of it is the advice of the host."""
_PIECE = re.compile(r"[^\s<>()\[\]{},:\"'|/?&;#]++")
"""A step of a link's path, or a parameter with its name."""
_QUERY = re.compile(r"[?#]")
_ADDRESS_IN_LINK = re.compile(r"[^\s/?&;=#@,]@\w")
_ENCODED_WORD = re.compile(r"=\?[\w*-]{1,40}\?[BbQq]\?")
"""The beginning of an encoded word (RFC 2047), which may hold anything."""
_TOKEN = re.compile(r"[^\s<>()\[\]{},:\"'|]++(?:(?<=\w)'(?=\w)[^\s<>()\[\]{},:\"'|]++)*+")
"""A word that can be, or hold, an address. An apostrophe is part of it only between letters."""
_ENCODED_OCTET = re.compile(r"(?:[+=]|\\x|\\u00)([0-9A-Fa-f]{2})")
"""As xtext (RFC 3461 §4), quoted-printable (RFC 2045 §6.7) and programs' texts write an octet."""


def cleaned(text: str, addresses: Iterable[str]) -> str:
    """Return what is kept of a host's words about one of `addresses` (canonical).

    It is one line of at most 300 characters, without quotation marks, and may be empty.
    """
    read = _one_line(text[:_MOST_READ])
    if len(text) > _MOST_READ:
        read = read.rpartition(" ")[0]  # What was cut off might have shown that it is an address.
    if protocol := _PROTOCOL.match(read):
        read = read[protocol.end() :]
    read = _SHOUTED.sub(_HIDDEN, _SPELLED_OUT.sub(_HIDDEN, _QUOTED_LOCAL.sub("", read)))
    alone = _local_parts(addresses)
    words_and_links = _LINK.split(read)
    words_and_links[::2] = [_clean_words(words, alone) for words in words_and_links[::2]]
    words_and_links[1::2] = [_clean_link(link, alone) for link in words_and_links[1::2]]
    return _shortened("".join(words_and_links).replace('"', "'"))


def _one_line(text: str) -> str:
    """Make one line of a text, without what cannot be seen, and with no space within an address."""
    seen = "".join(
        character if character.isprintable() else " " if character.isspace() else ""
        for character in text
    )
    return _AROUND_AT.sub("@", " ".join(seen.split()))


def _local_parts(addresses: Iterable[str]) -> re.Pattern[str]:
    """Return what finds the part before the '@' of any address, with and without a `+label`.

    If it can hardly be another word, as it has a dot or five letters, it is also found where hosts
    join it to others (`old-ada.lovelace`); else only behind the reply code of a line (`550-ada`).
    """
    parts = {address.rpartition("@")[0] for address in addresses}
    parts |= {part.partition("+")[0] for part in parts}
    parts = {part for part in parts if not names_nobody(part)}
    rare = {part for part in parts if "." in part or sum(map(str.isalpha, part)) >= 5}
    return re.compile(
        rf"(?<![^\W_])(?<!\.){_either(rare)}(?![^\W_]|\.\w)"
        rf"|(?:(?<![\w.+-])|(?<=(?<![\w.-])\d\d\d-)){_either(parts - rare)}(?![\w+-]|\.\w)",
        re.IGNORECASE,
    )


def _either(parts: Iterable[str]) -> str:
    longest_first = sorted(parts, key=lambda part: (-len(part), part))
    return f"(?:{'|'.join(map(re.escape, longest_first)) or _NOTHING})"


def _clean_words(words: str, alone: re.Pattern[str]) -> str:
    cleaned_tokens = _TOKEN.sub(
        lambda token: _HIDDEN if _is_address(token[0], alone) else token[0], words
    )
    return alone.sub(_HIDDEN, cleaned_tokens)


def _clean_link(link: str, alone: re.Pattern[str]) -> str:
    """Hide the addresses in a link, and in its query the name of the recipient."""
    asked = _QUERY.search(link)
    end = asked.start() if asked else len(link)
    nobody = _local_parts(())
    place = _PIECE.sub(lambda piece: _clean_piece(piece[0], nobody), link[:end])
    query = _PIECE.sub(lambda piece: _clean_piece(piece[0], alone), link[end:])
    query = alone.sub(_HIDDEN, query)
    whole = _thrice(_unescaped, place + query)
    if _ADDRESS_IN_LINK.search(whole) or _ENCODED_WORD.search(whole):
        # The '@' was written with what parts the pieces (`&#64;`).
        scheme_and_host = place.split("/")[:3]
        return "/".join((*scheme_and_host, _HIDDEN)) if query else _HIDDEN
    return place + query


def _clean_piece(piece: str, alone: re.Pattern[str]) -> str:
    """Hide the value of a parameter, or a step of a path, that is an address."""
    name, equals, value = piece.partition("=")
    if not equals:
        name, value = "", piece
    is_handle = value.startswith("@") and "@" not in value[1:]  # `https://blog.example/@author`
    return piece if is_handle or not _is_address(value, alone) else f"{name}{equals}{_HIDDEN}"


def _is_address(token: str, alone: re.Pattern[str]) -> bool:
    """Tell whether a word holds an address in any encoding, or an encoded name of the recipient."""
    reading = _thrice(_decoded, token)
    holds_at = "@" in reading and reading.strip("@")  # A lone '@' is a word of the host.
    if holds_at or _ENCODED_WORD.search(reading):
        return True
    return reading != token and alone.search(reading) is not None


def _thrice(undo: Callable[[str], str], text: str) -> str:
    for _ in range(_MOST_ENCODINGS):
        text = undo(text)
    return text


def _unescaped(text: str) -> str:
    return unquote(html.unescape(text))


def _decoded(text: str) -> str:
    """Undo one layer of every encoding in which an '@' can be hidden."""
    plain = unicodedata.normalize("NFKC", _unescaped(text))
    return _ENCODED_OCTET.sub(lambda octet: chr(int(octet[1], 16)), plain)


def _shortened(text: str) -> str:
    """Cut a text at the end of a character: the marks that belong to one go with it."""
    if len(text) <= MOST_CHARACTERS:
        return text
    end = MOST_CHARACTERS - 1
    while end and unicodedata.category(text[end]).startswith("M"):
        end -= 1
    return f"{text[:end].rstrip()}…"
