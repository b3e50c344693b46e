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
    MAX_CONTENT_TYPE_LENGTH,
    MAX_ITEMS,
    MAX_NAME_LENGTH,
)
from core.message.mail import REFUSED_EXTENSIONS, AttachmentHead
from core.submission.characters import faults_in

_MEDIA_TYPE = re.compile(r"([\w.+-]++/[\w.+-]++)\s*+((?:;[\x20-\x7e]*+)?)\Z", re.ASCII)
_PARAMETER = (
    r';\s*+(?:(charset|method)\s*+=\s*+"?+([\w.:+-]++)"?+\s*+(?=;|\Z)'
    r'|(?:[^;"]|"(?:[^"\\]|\\.)*+"?)*+)'  # Passed over, with what is in quotes.
)
_MAX_CONTENT_TYPE = 78  # SES v2 API, shape Attachment
_UNKNOWN_TYPE = "application/octet-stream"
_LOOKED_AT = 4_096
"""Characters at the end of a path: no name is that long, with all that is stripped from it."""
_COMPOSITE = ("multipart/", "message/")
"""Types of what is made of parts. They may not be in base64 (RFC 2045 §6.4, RFC 2046 §5.2.1),
which is what SES writes an attachment in; and a reader would take their content apart."""
_SPACES = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""All that Unicode calls white space, as `str.isspace` does."""
_IGNORABLE = (
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""What shows nothing besides the format characters (Unicode, Default_Ignorable_Code_Point)."""


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
        name = _file_name(attachment.name or "")
        faults.extend(_faults(f"Attachments[{number}]", attachment, name))
        heads.append(_head(attachment, name, number + 1))
        contents.append(attachment.bytes_ if isinstance(attachment.bytes_, bytes) else b"")
    if sum(map(len, contents)) > MAX_ATTACHMENTS_BYTES:
        message = f"'Attachments' must not be larger than {MAX_ATTACHMENTS_BYTES} bytes in all."
        faults.append(Fault("Attachments", "TooLarge", message))
    return tuple(heads), tuple(contents)


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
    yield from faults_in(f"{where}.Name", name, max_length=MAX_NAME_LENGTH)
    if len(name) <= MAX_NAME_LENGTH and _extensions(name) & REFUSED_EXTENSIONS:
        message = f"'{where}.Name' has a file name extension that SES refuses."
        yield Fault(f"{where}.Name", "RefusedExtension", message)
    kind = attachment.content_type or ""
    yield from faults_in(f"{where}.ContentType", kind.strip(), max_length=MAX_CONTENT_TYPE_LENGTH)


def _head(attachment: Attachment, name: str, number: int) -> AttachmentHead:
    content_type = _content_type(attachment.content_type or "") or _guessed(name)
    kind = content_type.partition(";")[0].lower()
    if not name:
        extension = _types().guess_extension(kind) or ".bin"
        safe = extension if extension[1:] not in REFUSED_EXTENSIONS else ".bin"
        name = f"attachment-{number}{safe}"
    if kind.startswith(_COMPOSITE):
        content_type = _UNKNOWN_TYPE
    return AttachmentHead(name=name, content_type=content_type)


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


def _file_name(path: str) -> str:
    """Return the file name at the end of a path, without dots and white space at its own end.

    Windows ignores those: a file that is called `x.exe.` would be run as a program. A name that is
    far too long stays as it is, to be refused: work on it would be for nothing.
    """
    end = path[-_LOOKED_AT:]
    start = max(end.rfind("/"), end.rfind("\\")) + 1
    if not start and len(path) > len(end):
        return end
    return end[start:].strip().rstrip(f".{_SPACES}")


def _extensions(name: str) -> set[str]:
    """Return the extensions that a file may be taken to have, in lower case.

    Programs differ in what they see: some replace characters by those that look or mean the same
    (NFKC), such as wide letters, or drop those that show nothing. Windows takes what follows a
    colon for the name of a stream within the file: `x.exe::$DATA` is `x.exe`.
    """
    if not name.isascii():
        import unicodedata  # noqa: PLC0415 - most names are in ASCII

        shown = re.sub(_IGNORABLE, "", unicodedata.normalize("NFKC", name))
        name = "".join(c for c in shown if unicodedata.category(c) != "Cf")
    parts = (part.rstrip(f".{_SPACES}") for part in name.split(":"))
    return {part.rpartition(".")[2].lower() for part in parts if "." in part}


def _guessed(name: str) -> str:
    kind, encoding = _types().guess_type(name)
    if encoding:  # Python says application/x-tar for `x.tar.gz`; what the reader gets is gzip.
        return "application/gzip" if encoding == "gzip" else _UNKNOWN_TYPE
    return kind or _UNKNOWN_TYPE


@cache
def _types() -> mimetypes.MimeTypes:
    # Python's own tables, not those of the machine: every machine guesses the same.
    return mimetypes.MimeTypes()
