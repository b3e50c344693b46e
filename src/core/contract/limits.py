"""The bounds of one request. Each is checked before the work that it bounds is done."""

from collections.abc import Iterable, Sized
from typing import NamedTuple

from core.contract.errors import Fault, Invalid, TooLarge, Unreadable

BODY = "Body"
"""The field name of an error that is about the request as a whole."""

GATEWAY_BYTES = 10_000_000
"""The largest body that API Gateway lets through (its quotas page: payload size, 10 MB)."""
MAX_DEPTH = 256
"""How deep elements, objects and lists may be nested, in every format.

A mail needs five levels. Python's JSON decoder recurses: for this many its stack is large enough.
"""
MAX_ELEMENTS = 10_000
"""How many elements and attributes, values in objects and lists, or names one document may have.

A mail with 500 attachments has 2,000. Each costs far more time and memory than the few bytes that
it is written in, so a small document could otherwise keep a function busy for long.
"""
MAX_ITEMS = 500
"""How many items a list may have, and how many attachments all mails of an array have together.

SES takes 500 MIME parts (its quotas page)."""
MAX_FORM_FIELDS = 512
"""How many fields and files a form may have: a full list of attachments, and the other members."""
MAX_BATCH = 100
"""How many requests one array may hold: more would not be done before API Gateway gives up."""
MAX_ATTACHMENT_BYTES = 10_000_000
"""One attachment, decoded: it came in one body, and is no larger."""
MAX_ATTACHMENTS_BYTES = 10_000_000
"""All attachments of a request, decoded: of one mail, or of all in an array.

SES itself takes 40 MB, encoded (its quotas page)."""
MAX_ARRAY_RECIPIENTS_LENGTH = 300_000
"""To, CC and BCC of all mails of an array, in characters: 60 for each recipient of full mails."""
MAX_SUBJECT_LENGTH = 998
"""In characters, as the next three: the longest line of a mail (RFC 5322 §2.1.1)."""
MAX_DISPLAY_NAME_LENGTH = 998
"""The name beside an address, as it is given. What SES takes is less: there it is shortened."""
ADDRESS_LENGTH = 254 + 4
"""Characters: the longest address, and the brackets and separator around it in a list."""
MAX_MAILBOX_LENGTH = MAX_DISPLAY_NAME_LENGTH + ADDRESS_LENGTH
MAX_FILE_NAME_LENGTH = 255
"""One file name: SES takes no longer ones (SESv2 API, `Attachment`)."""
MAX_CONTENT_TYPE_LENGTH = 998
"""The media type of a file with its parameters: the longest line of a mail, as a subject."""
MAX_REPLY_TO = 25
"""Addresses that answers go to, of one mail or by a domain's configuration."""
MAX_REFERENCE_LENGTH = 500
"""The caller's own id of a mail; `MAX_REFERENCE_BYTES` is what this may be in UTF-8."""
MAX_REFERENCE_BYTES = 1_700
"""With the domain it is a key of an index, of at most 2,048 bytes (DynamoDB developer guide)."""

MAX_WEBHOOKS = 20
"""Endpoints of webhooks that a domain may have: each event costs a call of each."""
MAX_WEBHOOK_NAME_LENGTH = 100
"""What an owner calls an endpoint, in characters."""


class Limits(NamedTuple):
    """The bounds that an operator may set, each with a parameter of the template.

    They have no defaults here: whoever forgets to pass the operator's gets a `TypeError`.
    """

    body_bytes: int
    """The body, as it arrives and without its Content-Encoding; at most `GATEWAY_BYTES`."""
    recipients: int
    """In To, CC and BCC together, as SES counts (docs.aws.amazon.com/ses/latest/dg/quotas.html)."""


def too_large(limit: int) -> TooLarge:
    """Return the refusal of a body that is larger than `limit` bytes."""
    message = (
        f"The request must not be larger than {limit} bytes. Send smaller or fewer attachments, or "
        "several requests."
    )
    return TooLarge(message, Fault(BODY, "TooLarge", message))


def require_few(name: str, items: Sized, limit: int = MAX_ITEMS) -> None:
    """Refuse a list that would cost more to bind than any mail is worth. Raises `Invalid`."""
    if len(items) > limit:
        message = f"'{name}' must not have more than {limit} items."
        raise Invalid(Fault(name, "TooManyItems", message))


def require_batch(operation: str, items: Sized) -> None:
    """Refuse an array of more than `MAX_BATCH` requests, before any is bound. Raises `Invalid`."""
    require_few(f"{operation}[]", items, MAX_BATCH)


def check_nesting(depth: int, elements: int) -> None:
    """Refuse what is nested too deeply or has too many parts. Raises `Unreadable`."""
    if depth > MAX_DEPTH:
        message = f"The body must not be nested more than {MAX_DEPTH} levels deep."
        raise Unreadable(message, Fault(BODY, "TooDeep", message))
    if elements > MAX_ELEMENTS:
        message = f"The body must not have more than {MAX_ELEMENTS} elements."
        raise Unreadable(message, Fault(BODY, "TooManyElements", message))


def has_few[T: (str, bytes)](body: T, signs: Iterable[T], most: int) -> bool:
    """Say whether `signs` stand at most `most` times in `body`, as in nearly every mail's.

    In megabytes of base64, which has none of them, `find` is several times faster than `count`.
    """
    for sign in signs:
        at = body.find(sign)
        while at >= 0 and most >= 0:
            most -= 1
            at = body.find(sign, at + 1)
    return most >= 0
