"""Composes the message of a `Content.Simple` request: RFC 5322 and MIME, as SES writes them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from mimetypes import MimeTypes
from typing import Final

from local.ses import mime
from local.ses.errors import bad_request
from local.ses.mailbox import Attachment
from local.ses.model import Json

# A table of its own: the module's functions read the system's files too, which differ.
_TYPES: Final = MimeTypes()


@dataclass(frozen=True, slots=True)
class Composed:
    """A composed message; `headers` are its fields without those that SES sets on every mail."""

    headers: tuple[tuple[str, str], ...]
    source: bytes
    subject: str
    attachments: tuple[Attachment, ...] = ()
    """In the order of their parts: those within the HTML come first."""


def simple(request: Json, trace: mime.Fields) -> Composed:
    """Compose the message of a checked `request`, or raise `SesError`.

    `trace` are the fields that SES sets on every mail: they come first.
    """
    message = request["Content"]["Simple"]
    inline, beside = _sorted(message)
    content_type, transfer, body = _body(message["Body"], [part for part, _ in inline])
    if beside:
        first = _part(content_type, transfer, body)
        content_type, body = mime.multipart("mixed", [first, *(part for part, _ in beside)])
        transfer = ""
    subject = text_of(message["Subject"], "Content.Simple.Subject")
    fields = [
        *_address_fields(request),
        ("Subject", mime.unstructured(subject)),
        *((field["Name"], field["Value"]) for field in message.get("Headers", [])),
        ("MIME-Version", "1.0"),
        *_content_fields(content_type, transfer),
    ]
    source = mime.header([*trace, *fields]) + body
    attachments = tuple(facts for _, facts in (*inline, *beside))
    return Composed(tuple(fields), source, subject, attachments)


def trace_fields(message_id: str, region: str, moment: datetime) -> mime.Fields:
    """Return Message-ID and Date, which SES sets on every message."""
    host = "email" if region == "us-east-1" else region
    return (
        ("Message-ID", f"<{message_id}@{host}.amazonses.com>"),
        ("Date", format_datetime(moment)),
    )


def text_of(content: Json, path: str) -> str:
    """Return the text of `content`; raise `SesError` if its charset cannot write it.

    Without a charset SES assumes 7-bit ASCII (API reference, Content).
    """
    charset = content.get("Charset", "us-ascii")
    try:
        content["Data"].encode(charset)
    except UnicodeError:
        raise bad_request(f"{path}.Data has characters outside of {charset}.") from None
    except LookupError:
        raise bad_request(f"{path}.Charset is not known.") from None
    return str(content["Data"])


def _address_fields(request: Json) -> mime.Fields:
    """Return From, To, Cc and Reply-To. Bcc is left out: no recipient may see it."""
    destination = request.get("Destination", {})
    lists = (
        ("To", destination.get("ToAddresses")),
        ("Cc", destination.get("CcAddresses")),
        ("Reply-To", request.get("ReplyToAddresses")),
    )
    given = [(name, ", ".join(addresses)) for name, addresses in lists if addresses]
    return [("From", request["FromEmailAddress"]), *given]


def _content_fields(content_type: str, transfer: str) -> mime.Fields:
    """Return the fields of a part; a multipart has no transfer encoding of its own."""
    fields = [("Content-Type", content_type)]
    return [*fields, ("Content-Transfer-Encoding", transfer)] if transfer else fields


type _Parts = list[tuple[bytes, Attachment]]


def _sorted(message: Json) -> tuple[_Parts, _Parts]:
    """Return the attachments that stand within the HTML, and those beside the mail.

    AWS does not say how SES composes the former; as mail programs do it, they are related to the
    HTML (RFC 2387). Without HTML all are beside the mail.
    """
    inline: _Parts = []
    beside: _Parts = []
    for given in message.get("Attachments", []):
        is_inline = given.get("ContentDisposition") == "INLINE" and "Html" in message["Body"]
        (inline if is_inline else beside).append(_attachment(given))
    return inline, beside


def _body(body: Json, inline: list[bytes]) -> tuple[str, str, bytes]:
    """Return content type, transfer encoding and body of the text, the HTML, or both.

    The HTML comes with its `inline` parts.
    """
    texts = [
        _text(body[member], member, f"text/{subtype}")
        for member, subtype in (("Text", "plain"), ("Html", "html"))
        if member in body
    ]
    if not texts:
        raise bad_request("Content.Simple.Body needs Text or Html.")
    if inline:
        content_type, data = mime.multipart("related", [_part(*texts[-1]), *inline])
        texts[-1] = (f'{content_type}; type="text/html"', "", data)
    if len(texts) == 1:
        return texts[0]
    content_type, data = mime.multipart("alternative", [_part(*text) for text in texts])
    return content_type, "", data


def _part(content_type: str, transfer: str, body: bytes) -> bytes:
    return mime.header(_content_fields(content_type, transfer)) + body


def _text(content: Json, member: str, content_type: str) -> tuple[str, str, bytes]:
    text = mime.canonical(text_of(content, f"Content.Simple.Body.{member}"))
    charset = content.get("Charset", "us-ascii")
    transfer, data = mime.text_body(text.encode(charset), charset)
    return f"{content_type}; charset={charset}", transfer, data


def _attachment(given: Json) -> tuple[bytes, Attachment]:
    """Return an attachment as a part, and its name, type and digest as the recipient gets them."""
    transfer, body, content = _encoded(given)
    content_type = given.get("ContentType") or _guessed(given["FileName"])
    disposition = given.get("ContentDisposition", "ATTACHMENT").lower()
    fields = [
        *_content_fields(content_type, transfer),
        ("Content-Disposition", disposition + mime.parameter("filename", given["FileName"])),
    ]
    if "ContentId" in given:
        fields.append(("Content-ID", f"<{given['ContentId'].strip('<>')}>"))
    if "ContentDescription" in given:
        fields.append(("Content-Description", mime.unstructured(given["ContentDescription"])))
    kind = content_type.partition(";")[0].strip().lower()
    digest = hashlib.sha256(content).hexdigest()
    return mime.header(fields) + body, Attachment(given["FileName"], kind, len(content), digest)


def _encoded(given: Json) -> tuple[str, bytes, bytes]:
    """Return transfer encoding, encoded content, and the content that this decodes to.

    The default is SEVEN_BIT (SES developer guide, attachments). It is for text with line ends of
    CRLF only, so a binary file is refused: SES would not deliver its bytes.
    """
    content: bytes = given["RawContent"]
    match given.get("ContentTransferEncoding", "SEVEN_BIT"):
        case "BASE64":
            return "base64", mime.base64_lines(content), content
        case "QUOTED_PRINTABLE":
            return "quoted-printable", mime.quoted_printable(content), content
    text = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if not mime.is_7bit(text):
        raise bad_request(
            "An attachment is not 7-bit text, but its ContentTransferEncoding is SEVEN_BIT "
            "(the default). Set it to BASE64."
        )
    return "7bit", text, text


def _guessed(file_name: str) -> str:
    return _TYPES.guess_type(file_name)[0] or "application/octet-stream"
