"""Mailboxes as SES takes them: on one line, in ASCII, of no more characters than it counts."""

from email.header import Header

from core.message.address import Address, Mailbox

LONGEST = 320
"""Characters that SES takes for an address with its name as written, quotes around it not counted.

It refuses the whole mail for a longer one ("Address length is more than 320 characters long").
AWS documents no bound; this is what those who met it report.
"""


def written(mailbox: Mailbox) -> str:
    """Return `Name <address>` with the name quoted (RFC 5322 §3.2.4) or encoded (RFC 2047 §2).

    A name that would make it too long for SES is shortened, and ends with an ellipsis: a mail is
    worth more than the end of a name (docs/contract.md B5 P).
    """
    if not mailbox.name:
        return mailbox.address
    text = _written(mailbox.name, mailbox.address)
    if _counted(text) <= LONGEST:
        return text
    from core.message.shortening import shortened  # noqa: PLC0415 - few names are so long

    def fits(name: str) -> bool:
        return _counted(_written(name, mailbox.address)) <= LONGEST

    name = shortened(mailbox.name[:LONGEST], fits)
    return _written(name, mailbox.address) if name else mailbox.address


def _counted(text: str) -> int:
    return len(text) - 2 if text.startswith('"') else len(text)


def _written(name: str, address: Address) -> str:
    """Quote a name or encode it, whatever its length.

    A name that looks like an encoded one is encoded once more. In quotes, many mail programs would
    decode it, and show characters that this service would not have let through.
    """
    if name.isascii() and "=?" not in name:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>'
    # RFC 2047 allows 75 characters for an encoded word, so there may be several. They stay on one
    # line: SES folds the headers.
    words = Header(name, "utf-8", maxlinelen=75).encode(linesep="")
    return f"{words} <{address}>"
