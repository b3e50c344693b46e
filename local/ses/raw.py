"""Composes the message of a `Content.Raw` request: the given bytes with SES's own header fields.

All other fields and the body stay as they are. A message that `email` parses and writes again would
differ in line ends, in spaces after a colon, and wherever it is malformed, so this module only
looks for the fields of the header.
"""

import hashlib
import re
from collections.abc import Iterable
from email import message_from_bytes
from typing import Final

from local.ses import mime
from local.ses.addresses import decoded, split
from local.ses.compose import Composed
from local.ses.errors import bad_request
from local.ses.mailbox import Attachment
from local.ses.model import Json

_FIELD: Final = re.compile(rb"([!-9;-~]+)[ \t]*:(.*(?:\r?\n[ \t].*)*)\r?\n?")
_OWN: Final = ("bcc", "date", "message-id", "return-path")  # SES developer guide, header fields.
_LONGEST_LINE: Final = 1000  # API reference, RawMessage; the line end included.


def completed(request: Json) -> Json:
    """Return `request`, with the members that it lacks taken from its message's header.

    The API's tags, configuration set and destination win over those of the header.
    """
    fields = headers(request["Content"]["Raw"]["Data"])
    found: Json = {
        "FromEmailAddress": _first(fields, "from"),
        "ConfigurationSetName": _first(fields, "x-ses-configuration-set"),
        "EmailTags": [
            {"Name": name.strip(), "Value": value.strip()}
            for line in _all(fields, "x-ses-message-tags")
            for name, _, value in (tag.partition("=") for tag in line.split(","))
        ],
        "Destination": {
            f"{kind}Addresses": [a for line in _all(fields, kind.lower()) for a in split(line)]
            for kind in ("To", "Cc", "Bcc")
        },
    }
    given = {name: value for name, value in request.items() if value}
    return {name: value for name, value in found.items() if value} | given


def compose(request: Json, trace: mime.Fields) -> Composed:
    """Return the message with SES's own fields in place of its sender's, or raise `SesError`."""
    data: bytes = request["Content"]["Raw"]["Data"]
    if max(map(len, data.splitlines(keepends=True)), default=0) > _LONGEST_LINE:
        raise bad_request(f"A line of the message is over {_LONGEST_LINE} characters long.")
    head, body = _halves(data)
    kept = b"".join(
        match[0].rstrip(b"\r\n") + b"\r\n"
        for match in _FIELD.finditer(head)
        if not _is_own(match[1])
    )
    source = mime.header(trace).removesuffix(b"\r\n") + kept + b"\r\n" + body
    fields = headers(data)
    subject = decoded(_first(fields, "subject"))
    return Composed(tuple(fields), source, subject, tuple(_attachments(data)))


def headers(data: bytes) -> list[tuple[str, str]]:
    """Return the fields of a message, unfolded (RFC 5322 §2.2.3)."""
    head, _ = _halves(data)
    return [
        (
            match[1].decode("ascii"),
            re.sub(rb"\r?\n", b"", match[2]).strip().decode("utf-8", "replace"),
        )
        for match in _FIELD.finditer(head)
    ]


def _halves(data: bytes) -> tuple[bytes, bytes]:
    found = re.search(rb"\r?\n\r?\n", data)
    if not found or not _FIELD.match(data):
        raise bad_request("Content.Raw.Data needs a header, an empty line and a body.")
    return data[: found.start()] + b"\r\n", data[found.end() :]


def _is_own(name: bytes) -> bool:
    lower = name.decode("ascii").lower()
    return lower in _OWN or lower.startswith("x-ses-")


def _all(fields: Iterable[tuple[str, str]], name: str) -> list[str]:
    return [value for key, value in fields if key.lower() == name]


def _first(fields: Iterable[tuple[str, str]], name: str) -> str:
    return next(iter(_all(fields, name)), "")


def _attachments(data: bytes) -> Iterable[Attachment]:
    for part in message_from_bytes(data).walk():
        if name := part.get_filename():
            content = part.get_payload(decode=True)
            content = content if isinstance(content, bytes) else part.as_bytes()
            digest = hashlib.sha256(content).hexdigest()
            yield Attachment(decoded(name), part.get_content_type(), len(content), digest)
