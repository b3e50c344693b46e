"""Checks, names and types the attachments of a mail (docs/contract.md B2)."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from core.contract.contract import Attachment
from core.contract.errors import Fault
from core.contract.limits import (
    MAX_ATTACHMENT_BYTES,
    MAX_ATTACHMENTS_BYTES,
    MAX_CONTENT_TYPE_LENGTH,
    MAX_FILE_NAME_LENGTH,
    MAX_ITEMS,
)
from core.lazily import lazily
from core.message.mail import REFUSED_EXTENSIONS, AttachmentHead
from core.submission.characters import faults_in

if TYPE_CHECKING:
    from core.submission import content_ids, file_names, media_types
else:  # Most mails have no attachments: a cold start does not pay for them.
    content_ids = lazily("core.submission.content_ids")
    file_names = lazily("core.submission.file_names")
    media_types = lazily("core.submission.media_types")

_MEDIA_TYPE = re.compile(r"([\w.+-]++/[\w.+-]++)\s*+((?:;[\x20-\x7e]*+)?)\Z", re.ASCII)
_PARAMETER = (
    r';\s*+(?:(charset|method)\s*+=\s*+"?+([\w.:+-]++)"?+\s*+(?=;|\Z)'
    r'|(?:[^;"]|"(?:[^"\\]|\\.)*+"?)*+)'  # Passed over, with what is in quotes.
)
_MAX_CONTENT_TYPE = 78  # SES v2 API, shape Attachment
_COMPOSITE = ("multipart/", "message/")
"""Types of what is made of parts. They may not be in base64 (RFC 2045 §6.4, RFC 2046 §5.2.1),
which is what SES writes an attachment in; and a reader would take their content apart."""


class Attached(NamedTuple):
    """The attachments of a mail, and its HTML, which may show some of them."""

    heads: tuple[AttachmentHead, ...] = ()
    contents: tuple[bytes, ...] = ()
    """Their bytes, in the same order."""
    html: str = ""
    is_complete: bool = True
    """Whether there is an attachment for each `cid:` of the HTML."""


def read(sent: Sequence[Attachment], html: str, faults: list[Fault]) -> Attached:
    """Name and type the attachments of a mail, and put those inline that its HTML shows.

    Faults go to `faults`, with field names such as `Attachments[0].Name`.
    """
    if not sent:
        return Attached(html=html)
    if len(sent) > MAX_ITEMS:
        message = f"A mail must not have more than {MAX_ITEMS} attachments."
        faults.append(Fault("Attachments", "TooManyItems", message))
        return Attached()  # The faults of thousands would help nobody.
    heads, contents, seen = [], [], set[str]()
    for number, attachment in enumerate(sent):
        where = f"Attachments[{number}]"
        name = _file_name(attachment.name or "")
        content_id = content_ids.given(attachment.content_id or "")
        faults.extend(_faults(where, attachment, name))
        faults.extend(_content_id_faults(where, content_id, seen))
        seen.add(content_id)
        heads.append(_head(attachment, name, content_id, number + 1))
        contents.append(attachment.bytes_ if isinstance(attachment.bytes_, bytes) else b"")
    if sum(map(len, contents)) > MAX_ATTACHMENTS_BYTES:
        message = f"'Attachments' must not be larger than {MAX_ATTACHMENTS_BYTES} bytes in all."
        faults.append(Fault("Attachments", "TooLarge", message))
    names = [attachment.name or "" for attachment in sent]
    inline = content_ids.place(heads, names, html)
    return Attached(inline.heads, tuple(contents), inline.html, inline.is_complete)


def _file_name(given: str) -> str:
    """Return the file name that a caller means, which is "" for none."""
    return file_names.of_path(given) if given else ""


def _faults(where: str, attachment: Attachment, name: str) -> Iterable[Fault]:
    if attachment.bytes_ is None:
        message = f"'{where}.Bytes' must be given: the file in base64, or '' for an empty one."
        yield Fault(f"{where}.Bytes", "NotEmpty", message)
    elif not isinstance(attachment.bytes_, bytes):
        message = f"'{where}.Bytes' must be {attachment.bytes_.wanted}."
        yield Fault(f"{where}.Bytes", "Base64", message)
    elif len(attachment.bytes_) > MAX_ATTACHMENT_BYTES:
        message = f"'{where}.Bytes' must not be larger than {MAX_ATTACHMENT_BYTES} bytes."
        yield Fault(f"{where}.Bytes", "TooLarge", message)
    yield from faults_in(f"{where}.Name", name, max_length=MAX_FILE_NAME_LENGTH)
    if len(name) <= MAX_FILE_NAME_LENGTH and file_names.extensions(name) & REFUSED_EXTENSIONS:
        message = f"'{where}.Name' has a file name extension that SES refuses."
        yield Fault(f"{where}.Name", "RefusedExtension", message)
    kind = attachment.content_type or ""
    yield from faults_in(f"{where}.ContentType", kind.strip(), max_length=MAX_CONTENT_TYPE_LENGTH)


def _content_id_faults(where: str, content_id: str, earlier: Collection[str]) -> Iterable[Fault]:
    if content_id and not content_ids.is_allowed(content_id):
        message = (
            f"'{where}.ContentId' must have 1 to 78 characters of ASCII, without spaces and "
            "angle brackets."
        )
        yield Fault(f"{where}.ContentId", "ContentId", message)
    elif content_id and content_id in earlier:
        message = f"'{where}.ContentId' must not be that of an earlier attachment."
        yield Fault(f"{where}.ContentId", "Duplicate", message)


def _head(attachment: Attachment, name: str, content_id: str, number: int) -> AttachmentHead:
    guessed = media_types.type_of(file_names.extension(name))
    content_type = _content_type(attachment.content_type or "") or guessed
    kind = content_type.partition(";")[0].lower()
    name = file_names.completed(name, _usual_extension(kind), number)
    if kind.startswith(_COMPOSITE):
        content_type = media_types.UNKNOWN
    return AttachmentHead(
        name=name,
        content_type=content_type,
        size=len(attachment.bytes_) if isinstance(attachment.bytes_, bytes) else None,
        content_id=content_id or None,
    )


def _usual_extension(kind: str) -> str:
    """Return the extension that files of a type get here; "" where none says more than none."""
    extension = media_types.extension_of(kind)
    return "" if kind == media_types.UNKNOWN or extension in REFUSED_EXTENSIONS else extension


def _content_type(text: str) -> str:
    """Return a media type as SES takes it; "" for what is no media type (`pdf`, `String`).

    Of its parameters only those stay that say how to read the content: the charset, and the method
    of a calendar (RFC 6047 §2.4). Another, such as `name`, could tell a reader another file name
    than the one that was checked.
    """
    if len(text) > MAX_CONTENT_TYPE_LENGTH:
        return ""  # It is refused.
    match = _MEDIA_TYPE.match(text.strip())
    if match is None or len(match[1]) > _MAX_CONTENT_TYPE:
        return ""
    whole = "; ".join([match[1], *_kept(match[1], match[2])])
    return whole if len(whole) <= _MAX_CONTENT_TYPE else match[1]


def _kept(kind: str, parameters: str) -> Iterable[str]:
    """Return which parameters of a media type go out; of those given twice the first."""
    if not parameters:
        return ()
    found: dict[str, str] = {}
    for match in re.finditer(_PARAMETER, parameters, re.ASCII | re.IGNORECASE):
        if match[1]:
            found.setdefault(match[1].lower(), match[2])
    if kind.lower() != "text/calendar":
        found.pop("method", None)
    return (f"{name}={value}" for name, value in found.items())
