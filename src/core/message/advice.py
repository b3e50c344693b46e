"""What to do about a text that should be an address and is none."""

from collections.abc import Iterator

from core.message.margins import SPACES

_EXAMPLE = "'Name <name@domain>'"


def on(text: str) -> str:
    """Return what is wrong with an entry of a list, and what to do; "" if nothing is known of it.

    It begins with "is" or "has", and never quotes the text.
    """
    return next(_all(text), "")


def _all(text: str) -> Iterator[str]:
    """Give all that can be said, what helps most first."""
    local, at, domain = text.rpartition("@")
    if text.startswith(("{", "[")):
        yield f"is an object or a list: write a text, such as {_EXAMPLE}"
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
    if not local.isascii():
        yield "has characters beyond ASCII before its '@', which SES does not take: remove them"
    if domain.endswith("."):
        yield "has a dot at its end: remove it"
