"""What to do about a text that should be an address and is none."""

from collections.abc import Iterator

from core.message.margins import SPACES

_EXAMPLE = "'Name <name@domain>'"
_OPENINGS = ("{{", "${", "#{", "{%", "<%", "[[", "%")
"""How the places begin that templates fill in."""


def on(text: str) -> str:
    """Return what is wrong with an entry of a list, and what to do; "" if nothing is known of it.

    It begins with "is" or "has", and never quotes the text.
    """
    return next(_all(text), "")


def _all(text: str) -> Iterator[str]:
    """Give all that can be said, what helps most first."""
    local, at, domain = text.rpartition("@")
    yield from _of_brackets(text)
    if not at:
        yield f"has no '@': write {_EXAMPLE}, or remove it"
    if "@" in local:
        yield "has more than one '@': separate addresses with commas"
    if "<" in text or ">" in text:
        yield f"has brackets that do not match: write {_EXAMPLE}"
    if ":" in local:
        yield "has a ':' before its '@': remove what stands before the address"
    if any(space in text for space in SPACES):
        yield f"has white space in its address: remove it, or write {_EXAMPLE}"
    if _goes_on(domain):
        yield "has something behind its domain: remove what follows the address"
    if not local.isascii():
        yield "has characters beyond ASCII before its '@', which SES does not take: remove them"
    if domain.endswith("."):
        yield "has a dot at its end: remove it"


def _of_brackets(text: str) -> Iterator[str]:
    inner = text[1:-1]
    is_closed = text[:1] + text[-1:] in ("{}", "[]") and inner and not set(inner) & set("\"':,")
    if text.startswith(_OPENINGS) or (is_closed and text[0] == "{" and "@" not in text):
        yield "is a placeholder that nothing was put into: fill it in, or remove it"
    elif text.startswith("[") and "](" in text:
        yield f"is a link: write {_EXAMPLE}"
    elif is_closed:
        yield f"has brackets around it: remove them, and write a text, such as {_EXAMPLE}"
    elif text.startswith(("{", "[")):
        yield f"is an object or a list: write a text, such as {_EXAMPLE}"


def _goes_on(domain: str) -> bool:
    """Say whether there is an end of a domain's name in it, and something behind that."""
    end = next((at for at, sign in enumerate(domain) if _ends_a_name(sign)), 0)
    return "." in domain[:end]


def _ends_a_name(sign: str) -> bool:
    return sign.isascii() and not sign.isalnum() and sign not in "-._"
