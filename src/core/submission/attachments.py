"""Checks, names and types the attachments of a mail (docs/contract.md B2)."""

import mimetypes
import re
from collections.abc import Iterable, Sequence
from functools import cache

from core.contract.contract import Attachment
from core.contract.errors import Fault
from core.contract.limits import (
    MAX_ATTACHMENT_BYTES,
    MAX_ATTACHMENTS_BYTES,
    MAX_ITEMS,
    MAX_NAME_LENGTH,
)
from core.message.mail import REFUSED_EXTENSIONS, AttachmentHead
from core.submission.characters import faults_in

_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(\s*;[\x20-\x7e]*)?\Z", re.ASCII)
_MAX_CONTENT_TYPE = 78  # SES v2 API, shape Attachment
_UNKNOWN_TYPE = "application/octet-stream"


def read(
    sent: Sequence[Attachment], faults: list[Fault]
) -> tuple[tuple[AttachmentHead, ...], tuple[bytes, ...]]:
    """Return name, media type and bytes of each attachment.

    Faults go to `faults`, with field names such as `Attachments[0].Name`.
    """
    if len(sent) > MAX_ITEMS:
        message = f"A mail must not have more than {MAX_ITEMS} attachments."
        faults.append(Fault("Attachments", "TooManyItems", message))
        return (), ()  # The faults of thousands would help nobody.
    heads, contents = [], []
    for number, attachment in enumerate(sent):
        faults.extend(_faults(f"Attachments[{number}]", attachment))
        heads.append(_head(attachment, number + 1))
        contents.append(attachment.bytes_ if isinstance(attachment.bytes_, bytes) else b"")
    if sum(map(len, contents)) > MAX_ATTACHMENTS_BYTES:
        message = f"'Attachments' must not be larger than {MAX_ATTACHMENTS_BYTES} bytes in all."
        faults.append(Fault("Attachments", "TooLarge", message))
    return tuple(heads), tuple(contents)


def _faults(where: str, attachment: Attachment) -> Iterable[Fault]:
    if attachment.bytes_ is None:
        yield Fault(f"{where}.Bytes", "NotEmpty", f"'{where}.Bytes' must be given.")
    elif not isinstance(attachment.bytes_, bytes):
        yield Fault(f"{where}.Bytes", "Base64", f"'{where}.Bytes' must be valid base64.")
    elif len(attachment.bytes_) > MAX_ATTACHMENT_BYTES:
        message = f"'{where}.Bytes' must not be larger than {MAX_ATTACHMENT_BYTES} bytes."
        yield Fault(f"{where}.Bytes", "TooLarge", message)
    name = _file_name(attachment.name or "")
    yield from faults_in(f"{where}.Name", name, max_length=MAX_NAME_LENGTH)
    if _extension(name) in REFUSED_EXTENSIONS:
        message = f"'{where}.Name' has a file name extension that SES refuses."
        yield Fault(f"{where}.Name", "RefusedExtension", message)
    yield from faults_in(f"{where}.ContentType", (attachment.content_type or "").strip())


def _head(attachment: Attachment, number: int) -> AttachmentHead:
    name = _file_name(attachment.name or "")
    content_type = _content_type(attachment.content_type or "") or _guessed(name)
    if not name:
        kind = content_type.partition(";")[0].strip().lower()
        extension = _types().guess_extension(kind) or ".bin"
        safe = extension if extension[1:] not in REFUSED_EXTENSIONS else ".bin"
        name = f"attachment-{number}{safe}"
    return AttachmentHead(name=name, content_type=content_type)


def _content_type(text: str) -> str:
    """Return a media type as SES takes it; "" for what is no media type (`pdf`, `String`)."""
    text = text.strip()
    if len(text) > _MAX_CONTENT_TYPE:
        text = text.partition(";")[0].strip()
    usable = len(text) <= _MAX_CONTENT_TYPE and _CONTENT_TYPE.match(text)
    return text if usable else ""


def _file_name(name: str) -> str:
    """Return the file name at the end of a path, without dots and spaces at its own end.

    Windows ignores those: a file that is called `x.exe.` would be run as a program.
    """
    last = re.split(r"[/\\]", name)[-1].strip()
    while last != (last := last.rstrip(".").rstrip()):
        pass
    return last


def _extension(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def _guessed(name: str) -> str:
    kind, encoding = _types().guess_type(name)
    if encoding:  # Python says application/x-tar for `x.tar.gz`; what the reader gets is gzip.
        return "application/gzip" if encoding == "gzip" else _UNKNOWN_TYPE
    return kind or _UNKNOWN_TYPE


@cache
def _types() -> mimetypes.MimeTypes:
    # Python's own tables, not those of the machine: every machine guesses the same.
    return mimetypes.MimeTypes()
