"""Shows the names of members that nobody knows, in a header, an error and the log.

The names are a caller's, so there may be thousands, of any length and of any characters
(docs/contract.md B5 L).
"""

from collections.abc import Iterable

MAX_SHOWN = 20
"""How many names are shown of one request."""
MAX_LENGTH = 64
"""How long a name is at most as it is shown, in characters."""
HIDDEN = "..."
"""Stands for what is no name: it may be personal data, or a piece of a body."""
_CUT = "..."
_NO_NAME = '@\uff20\ufe6b{}<>"='
"""A key with an '@' may be an address, one with the others a piece of a document."""


def listed(names: Iterable[str]) -> tuple[str, ...]:
    """Return how `names` are shown: sorted, each once, the first `MAX_SHOWN` of them."""
    return tuple(sorted({shown(name) for name in names})[:MAX_SHOWN])


def shown(name: str) -> str:
    r"""Return a name in printable ASCII and without a comma, at most `MAX_LENGTH` characters long.

    Letters, digits and signs of ASCII stand as they are. Any other character, a space, a comma and
    a backslash are written as JSON escapes them (RFC 8259 §7), as in `Anh\u00e4nge`. A longer name
    ends in dots. `HIDDEN` stands for what is no name of a member: what has an '@' or signs of a
    document, or no letter at all.
    """
    if any(sign in name for sign in _NO_NAME):
        return HIDDEN
    start = name[: MAX_LENGTH + 1]
    if not any(map(str.isalpha, start)):
        return HIDDEN
    text = kept = ""
    for character in start:
        text += _escaped(character)
        if len(text) <= MAX_LENGTH - len(_CUT):
            kept = text
        elif len(text) > MAX_LENGTH:
            return kept + _CUT
    return text


def _escaped(character: str) -> str:
    if "!" <= character <= "~" and character not in ",\\":
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
