"""Lists of mailboxes, as members such as `To` hold them (RFC 5322 §3.4)."""

from contextlib import suppress
from string import ascii_letters, digits
from typing import TYPE_CHECKING

from core.lazily import lazily
from core.message.address import Mailbox, parse_address

if TYPE_CHECKING:
    from core.message import pasted
else:  # Most mails go to addresses alone.
    pasted = lazily("core.message.pasted")

_PLAIN = frozenset(ascii_letters + digits + "@.-_+, ")
"""The characters of lists that mean nothing but addresses and commas."""
_SPECIAL = frozenset('()<>[]:;@\\,."')
"""The characters for which a name stands in quotes (RFC 5322 §3.2.3)."""
_SPACED = dict.fromkeys(map(ord, "\t\n\v\f\r\x85\u2028\u2029"), " ")
"""The tab, and all that Unicode calls the end of a line (UAX #14: classes BK, CR, LF and NL)."""


def parse_mailboxes(text: str, *, is_single: bool = False) -> list[Mailbox]:
    """Return the mailboxes of a list of `a@b` and `Name <a@b>`.

    They are separated by commas, semicolons or line breaks. Entries that are nobody are skipped, as
    after a trailing comma. An entry without '@' before a comma is the start of the name that
    follows if semicolons separate the list, or if one mailbox is all that there can be
    (`is_single`). Raises `ValueError` whose text says which entry (the first is 1) is wrong, how,
    and what to do; it never quotes the entry.

    >>> parse_mailboxes("Lovelace, Ada <ada@a.example>; 'bob@b.example'")[0].name
    'Lovelace, Ada'
    """
    if _PLAIN.issuperset(text):
        with suppress(ValueError):  # It is raised again below, with what to do.
            entries = map(str.strip, text.split(","))
            return [Mailbox(parse_address(entry)) for entry in entries if entry]
    return pasted.mailboxes(text, is_single=is_single)


def shown(mailbox: Mailbox) -> str:
    """Return a mailbox as a mail program shows it: `Name <a@b>`, in quotes where the name needs it.

    >>> shown(parse_mailboxes("Lovelace, Ada <ada@a.example>;")[0])
    '"Lovelace, Ada" <ada@a.example>'
    """
    name = mailbox.name
    if not name:
        return mailbox.address
    if not _SPECIAL.isdisjoint(name):
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        name = f'"{escaped}"'
    return f"{name} <{mailbox.address}>"


def one_line(text: str) -> str:
    """Return a list with a space in place of each line break and tab: there they separate only."""
    return text.translate(_SPACED)
