"""Reads forms with files: `multipart/form-data` (RFC 7578), as browsers and C# post it."""

import binascii
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from core.contract.binary import decode_base64
from core.contract.charsets import codec_of, decode
from core.contract.contract import Attachment
from core.contract.errors import Unreadable
from core.contract.limits import MAX_FORM_FIELDS, require_few
from core.contract.members import Contract, members, members_by_name
from core.formats.body import Body
from core.formats.form import bind, too_many_fields

_MAX_BOUNDARY = 200  # RFC 2046 §5.1.1 has 70.
_MAX_HEADERS = 8_192
_HEADERS = re.compile(rb"\r?\n((?:[^\r\n]++\r?\n)*+)\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]+")
_PARAMETER = re.compile(r';\s*+([^\s=;"]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^;]*+))')
_ESCAPED = re.compile(r'\\(["\\])')


def read[C: Contract](body: Body, contract: type[C]) -> C:
    """Bind the fields of a form as `form.bind` does, and attach its files.

    Every part with a file name becomes a further attachment, whatever its field is called, and so
    does one without that is no member's and no text by its Content-Type: the original passes over
    files, and sends a mail without them. Texts are in the charset of their part, else in the
    form's, else in UTF-8. Raises `Unreadable` for what is malformed, cut off or not in its charset,
    and `Invalid` for too many attachments.
    """
    parts = list(_parts(body))
    document = _only_document(parts, contract)
    fields, files = [], []
    for part in parts:
        if part is document or not part.is_file(contract):
            fields.append((part.name, part.text(body.charset)))
        elif part.file_name or part.content:  # A browser sends an empty part for no file.
            files.append(part.as_attachment())
    bound = bind(fields, contract)
    for member in members(contract):
        if files and member.item is Attachment:
            attached = (*(getattr(bound, member.field) or ()), *files)
            require_few(member.name, attached)
            return bound.model_copy(update={member.field: attached})
    return bound


def _only_document(parts: Sequence["_Part"], contract: type[Contract]) -> "_Part | None":
    """Return the part that is the whole request as JSON, beside which there are only files.

    A browser's script names a part of a type `blob` (XMLHttpRequest, `FormData.append`).
    """
    known = members_by_name(contract)
    if any(part.file_name is None and part.name.lower() in known for part in parts):
        return None
    documents = [
        part
        for part in parts
        if part.file_name in (None, "blob")
        and part.media_type in _LISTS
        and part.content.lstrip().startswith(b"{")
    ]
    return documents[0] if len(documents) == 1 else None


_LISTS = ("application/json", "text/json", "application/jsv", "text/jsv")
"""In what a list of attachments may be, or a whole request."""
_IF_FILE = "If this part of the form is a file, give the part a file name."


class _Part(NamedTuple):
    """One part of a form: a field, or a file."""

    name: str
    file_name: str | None
    content_type: str
    content: bytes

    @property
    def media_type(self) -> str:
        return self.content_type.partition(";")[0].strip().lower()

    def is_file(self, contract: type[Contract]) -> bool:
        """Say whether this is a file of a form for `contract`, and no value of a field.

        Programs forget the name of a file. What is no text by its type is one then; in the place of
        a member only if it is a member of files and this none of their list.
        """
        if self.file_name is not None:
            return True
        if self.media_type.startswith("text/") or not self.media_type:
            return False
        member = members_by_name(contract).get(self.name.lower())
        if member is None:
            return True
        return member.item is Attachment and self.media_type not in _LISTS

    def text(self, charset: str) -> str:
        """Return the value of a field; `charset` counts if the part does not name its own."""
        own = _parameters(self.content_type).get("charset", "")
        codec = codec_of(own or charset)
        try:
            return decode(self.content, codec)
        except Unreadable as error:
            raise Unreadable(f"{error.message} {_IF_FILE}", *error.faults) from None

    def as_attachment(self) -> Attachment:
        return Attachment(
            bytes_=self.content,
            name=self.file_name or None,
            content_type=self.content_type or None,
        )


def _parts(body: Body) -> Iterator[_Part]:
    """Split at the delimiter lines: `--boundary`, the last with two more dashes behind it.

    Lines may also end with LF alone. What stands before the first and after the last is ignored.
    """
    boundary = re.escape(_boundary(body.content_type))
    delimiter = re.compile(rb"\r?\n--" + boundary + rb"(--)?[ \t]*+(?=\r?\n|\Z)")
    codec = codec_of(body.charset)
    # The first delimiter has no line end of its own.
    text = b"\n" + body.encoded
    start = None
    for number, match in enumerate(delimiter.finditer(text)):
        if number > MAX_FORM_FIELDS:
            raise too_many_fields()
        if start is not None:
            yield _part(text, start, match.start(), codec)
        if match[1]:
            return
        start = match.end()
    raise Unreadable("The form's last delimiter is missing: it is cut off, or not multipart.")


def _part(text: bytes, start: int, end: int, codec: str) -> _Part:
    match = _HEADERS.match(text, start, min(end, start + _MAX_HEADERS))
    if match is None:
        raise Unreadable("A part of the form has malformed headers, or more than 8 KB of them.")
    headers = _headers(decode(match[1], codec))
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


def _headers(lines: str) -> dict[str, str]:
    """Read a part's headers: their texts are in the form's charset as they are (RFC 7578 §5.1)."""
    unfolded = _FOLD.sub(" ", lines)
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
    if escaped := rest.partition("'")[2]:
        return decode(unquote_to_bytes(escaped), codec_of(charset))
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
