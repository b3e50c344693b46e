"""Reads forms with files: `multipart/form-data` (RFC 7578), as browsers and C# post it."""

import binascii
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from core.contract.binary import decode_base64
from core.contract.contract import Attachment
from core.contract.errors import Unreadable
from core.contract.limits import MAX_FORM_FIELDS, require_few
from core.contract.members import Contract, members
from core.formats.form import bind, codec_of, too_many_fields

_MAX_BOUNDARY = 200  # RFC 2046 §5.1.1 has 70.
_MAX_HEADERS = 8_192
_HEADERS = re.compile(rb"\r?\n((?:[^\r\n]++\r?\n)*+)\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]+")
_PARAMETER = re.compile(r';\s*+([^\s=;"]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^;]*+))')
_ESCAPED = re.compile(r'\\(["\\])')


def read[C: Contract](body: bytes, content_type: str, contract: type[C]) -> C:
    """Bind the fields of a form as `form.bind` does, and attach its files.

    Every part with a file name becomes a further attachment, whatever its field is called: the
    original passes over files, and sends a mail without them. UTF-8, unless a part's Content-Type
    says otherwise; what is not becomes U+FFFD. `content_type` is the whole header, for its
    boundary. Raises `Unreadable` for what is malformed or cut off, and `Invalid` for too many
    attachments.
    """
    fields, files = [], []
    for part in _parts(body, _boundary(content_type)):
        if part.file_name is None:
            fields.append((part.name, part.text))
        elif part.file_name or part.content:  # A browser sends an empty part for no file.
            files.append(part.as_attachment())
    bound = bind(fields, contract)
    for member in members(contract):
        if files and member.item is Attachment:
            attached = (*(getattr(bound, member.field) or ()), *files)
            require_few(member.name, attached)
            return bound.model_copy(update={member.field: attached})
    return bound


class _Part(NamedTuple):
    """One part of a form: a field, or a file if it has a file name."""

    name: str
    file_name: str | None
    content_type: str
    content: bytes

    @property
    def text(self) -> str:
        charset = _parameters(self.content_type).get("charset", "")
        return self.content.decode(codec_of(charset), "replace")

    def as_attachment(self) -> Attachment:
        return Attachment(
            bytes_=self.content,
            name=self.file_name or None,
            content_type=self.content_type or None,
        )


def _parts(body: bytes, boundary: bytes) -> Iterator[_Part]:
    """Split at the delimiter lines: `--boundary`, the last with two more dashes behind it.

    Lines may also end with LF alone. What stands before the first and after the last is ignored.
    """
    delimiter = re.compile(rb"\r?\n--" + re.escape(boundary) + rb"(--)?[ \t]*+(?=\r?\n|\Z)")
    text = b"\n" + body  # The first delimiter has no line end of its own.
    start = None
    for number, match in enumerate(delimiter.finditer(text)):
        if number > MAX_FORM_FIELDS:
            raise too_many_fields()
        if start is not None:
            yield _part(text, start, match.start())
        if match[1]:
            return
        start = match.end()
    raise Unreadable("The form's last delimiter is missing: it is cut off, or not multipart.")


def _part(text: bytes, start: int, end: int) -> _Part:
    match = _HEADERS.match(text, start, min(end, start + _MAX_HEADERS))
    if match is None:
        raise Unreadable("A part of the form has malformed headers, or more than 8 KB of them.")
    headers = _headers(match[1])
    disposition = _parameters(headers.get("content-disposition", ""))
    file_name = _file_name(disposition)
    if file_name is None and "name" not in disposition:
        raise Unreadable("A part of the form has no name.")
    return _Part(
        name=disposition.get("name", ""),
        file_name=file_name,
        content_type=headers.get("content-type", ""),
        content=_decoded(text[match.end() : end], headers.get("content-transfer-encoding", "")),
    )


def _headers(lines: bytes) -> dict[str, str]:
    unfolded = _FOLD.sub(" ", lines.decode("utf-8", "replace"))  # RFC 7578 §5.1: UTF-8 as it is.
    pairs = (line.partition(":") for line in unfolded.split("\n"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _parameters(header: str) -> dict[str, str]:
    """Read the parameters of a header, such as C#'s `form-data;name="Domain"`; the first counts."""
    parameters: dict[str, str] = {}
    for name, quoted, plain in _PARAMETER.findall(header):
        parameters.setdefault(name.lower(), _ESCAPED.sub(r"\1", quoted) or plain.strip())
    return parameters


def _file_name(disposition: dict[str, str]) -> str | None:
    """Return the file name, from `filename*` (RFC 5987) if it is there; None: it is no file."""
    extended = disposition.get("filename*", "")
    charset, _, rest = extended.partition("'")
    if encoded := rest.partition("'")[2]:
        return unquote(encoded, codec_of(charset), "replace")
    name = disposition.get("filename", extended or None)
    return name and name.replace("%22", '"')  # Browsers escape nothing else (HTML, form data).


def _decoded(content: bytes, transfer_encoding: str) -> bytes:
    match transfer_encoding.lower():
        case "" | "7bit" | "8bit" | "binary":
            return content
        case "quoted-printable":
            return binascii.a2b_qp(content)
        case "base64":
            decoded = decode_base64(content.decode("utf-8", "replace"))
            if isinstance(decoded, bytes):
                return decoded
    raise Unreadable("A part of the form is not in the transfer encoding that it names.")


def _boundary(content_type: str) -> bytes:
    boundary = _parameters(content_type).get("boundary", "")
    if not 0 < len(boundary) <= _MAX_BOUNDARY:
        raise Unreadable("The Content-Type 'multipart/form-data' needs its 'boundary'.")
    return boundary.encode("utf-8", "replace")
