"""What a receiving host said about a mail that it did not take, made fit to be kept and shown.

The text is the host's (`Diagnostic-Code` of RFC 3464 §2.3.6): anything may stand in it. It is kept
because it tells what to do (`mailbox full`, `blocked, see https://...`). Hosts like to repeat whom
the mail was for, which must not be kept: every address goes, however it is written, and so does the
part of the recipient's address before the '@' where it stands alone. Addresses of hosts (IP) and
the numbers of their log entries stay: with them their postmasters find the case.
"""

import html
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import unquote

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
_QUOTED_LOCAL = re.compile(r'"[^"]{0,64}"(?=@)')
"""A local part that may hold spaces (RFC 5321 §4.1.2)."""
_SPELLED_OUT = re.compile(r"[^\s()\[\]]{1,64}\s?[(\[]at[)\]]\s?[^\s()\[\]]{1,255}", re.IGNORECASE)
"""An address as people write it to hide it: `ada (at) recipient.example`."""
_TOKEN = re.compile(r"[^\s<>()\[\]{},:\"'|]++")
"""A word that can be, or hold, an address."""
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
    read = _SPELLED_OUT.sub(_HIDDEN, _QUOTED_LOCAL.sub("", read))
    alone = _local_parts(addresses)
    read = _TOKEN.sub(lambda token: _HIDDEN if _is_address(token[0], alone) else token[0], read)
    return _shortened(alone.sub(_HIDDEN, read).replace('"', "'"))


def _one_line(text: str) -> str:
    """Make one line of a text, without what cannot be seen, and with no space around an '@'."""
    seen = "".join(
        character if character.isprintable() else " " if character.isspace() else ""
        for character in text
    )
    return " ".join(seen.split()).replace(" @", "@").replace("@ ", "@")


def _local_parts(addresses: Iterable[str]) -> re.Pattern[str]:
    """Return what finds the part before the '@' of any address, with and without a `+label`."""
    parts = {address.rpartition("@")[0] for address in addresses}
    parts |= {part.partition("+")[0] for part in parts}
    either = "|".join(re.escape(part) for part in sorted(parts) if part) or _NOTHING
    return re.compile(rf"(?<![\w.+-])(?:{either})(?![\w+-]|\.\w)", re.IGNORECASE)


def _is_address(token: str, alone: re.Pattern[str]) -> bool:
    """Tell whether a word holds an address in any encoding, or an encoded name of the recipient."""
    reading = token
    for _ in range(_MOST_ENCODINGS):
        reading = _decoded(reading)
    if "@" in reading or "=?" in reading:  # An encoded word (RFC 2047) may hold anything.
        return True
    return reading != token and alone.search(reading) is not None


def _decoded(text: str) -> str:
    """Undo one layer of every encoding in which an '@' can be hidden."""
    plain = unicodedata.normalize("NFKC", unquote(html.unescape(text)))
    return _ENCODED_OCTET.sub(lambda octet: chr(int(octet[1], 16)), plain)


def _shortened(text: str) -> str:
    """Cut a text at the end of a character: the marks that belong to one go with it."""
    if len(text) <= MOST_CHARACTERS:
        return text
    end = MOST_CHARACTERS - 1
    while end and unicodedata.category(text[end]).startswith("M"):
        end -= 1
    return f"{text[:end].rstrip()}…"
