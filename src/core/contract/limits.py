"""How much of everything one request may hold; each bound stands before the work that it bounds."""

import re
from typing import NamedTuple

from core.contract.errors import Fault, TooLarge, Unreadable

BODY = "Body"
"""What a field error calls the request as a whole."""
_OPEN_CLOSE_OR_TEXT = re.compile(r'([\[{])|([\]}])|"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)


class Limits(NamedTuple):
    """The bounds that an operator may set, with the template's defaults.

    What no operator may loosen is a constant where it is checked: SES's own limits, and those that
    keep a format's reader from doing much work for little text.
    """

    body_bytes: int = 10_000_000
    """The body, as it arrives and without its Content-Encoding.

    As API Gateway, whose limit stays when another is put in front.
    """
    depth: int = 256
    """How deep elements, objects and lists may be nested, in every format."""
    elements: int = 10_000
    """How many elements, or objects and lists, one document may have."""
    attachments: int = 500
    attachment_bytes: int = 10_000_000
    """One attachment, decoded."""
    attachments_bytes: int = 10_000_000
    """All attachments of one mail, decoded."""
    recipients: int = 50
    """In To, CC and BCC together, as SES counts (docs.aws.amazon.com/ses/latest/dg/quotas.html)."""
    subject_length: int = 998
    """In characters, as the next two (RFC 5322 §2.1.1)."""
    name_length: int = 255
    """One display name, or one file name."""
    reference_length: int = 500


DEFAULT = Limits()


def too_large(limit: int) -> TooLarge:
    """Return the refusal of a body that is larger than `limit` bytes."""
    message = f"The request must not be larger than {limit} bytes."
    return TooLarge(message, Fault(BODY, "TooLarge", message))


def check_nesting(depth: int, elements: int, limits: Limits) -> None:
    """Refuse what is nested too deeply or has too many parts. Raises `Unreadable`."""
    if depth > limits.depth:
        message = f"The body must not be nested more than {limits.depth} levels deep."
        raise Unreadable(message, Fault(BODY, "TooDeep", message))
    if elements > limits.elements:
        message = f"The body must not have more than {limits.elements} elements."
        raise Unreadable(message, Fault(BODY, "TooManyElements", message))


def _has_few(text: str, most: int) -> bool:
    """Say whether `text` opens at most `most` objects and lists, as nearly every mail's does.

    In megabytes of base64 `find` is several times faster than `count`.
    """
    for opening in "{[":
        at = text.find(opening)
        while at >= 0 and most >= 0:
            most -= 1
            at = text.find(opening, at + 1)
    return most >= 0


def check_json(text: str, limits: Limits) -> None:
    """Look at how JSON is nested before it is parsed. Raises `Unreadable`.

    Whether it is well-formed is for the parser to say.
    """
    if _has_few(text, min(limits.depth, limits.elements)):
        return
    depth = elements = 0
    for token in _OPEN_CLOSE_OR_TEXT.finditer(text):
        if token[1]:
            depth += 1
            elements += 1
            check_nesting(depth, elements, limits)
        elif token[2]:
            depth -= 1
