"""Reads forms as browsers and C#'s clients post them: `application/x-www-form-urlencoded`.

The rules are in docs/contract.md A3.2 and A5.1. `multipart` reads those with files.
"""

import binascii
import re
from collections.abc import Iterable

from core.contract.binary import Undecodable, decode_base64
from core.contract.errors import Unreadable
from core.contract.limits import MAX_ELEMENTS, MAX_FORM_FIELDS
from core.contract.members import Contract
from core.formats import jsv

_LONE_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CODECS = {"iso-8859-1": "iso-8859-1", "us-ascii": "iso-8859-1", "windows-1252": "cp1252"}


def read[C: Contract](body: bytes, contract: type[C], charset: str = "") -> C:
    """Bind the fields of a form to `contract`, as `bind` does.

    `charset` is the Content-Type's; "" is UTF-8. A percent sign that begins no escape stands for
    itself. Raises `Unreadable` for too many fields, and for thousands of such percent signs.
    """
    codec = codec_of(charset)
    fields = body.split(b"&", MAX_FORM_FIELDS)
    if len(fields) > MAX_FORM_FIELDS:
        raise too_many_fields()
    pairs = (field.replace(b"+", b" ").partition(b"=") for field in fields)
    return bind(
        ((_unescaped(name, codec), _unescaped(value, codec)) for name, _, value in pairs), contract
    )


def bind[C: Contract](fields: Iterable[tuple[str, str]], contract: type[C]) -> C:
    """Bind the names and values of a form's fields to `contract`.

    Names match in any case, unknown ones are noted, what is empty stays null, values of a repeated
    one are joined with a comma. `Attachments` is JSV, or JSON, which the original takes
    for attachments without content.
    """
    values: dict[str, tuple[str, list[str]]] = {}
    for name, value in fields:
        if value:
            values.setdefault(name.lower(), (name, []))[1].append(value)
    joined = {name: ",".join(texts) for name, texts in values.values()}
    return jsv.bind(joined, contract, _decode)


def codec_of(charset: str) -> str:
    """Return Python's name of a form's charset; every charset that we do not know is UTF-8."""
    return _CODECS.get(charset.lower(), "utf-8")


def too_many_fields() -> Unreadable:
    """Return the refusal of a form of more than `MAX_FORM_FIELDS` fields."""
    return Unreadable(f"A form must not have more than {MAX_FORM_FIELDS} fields.")


def _unescaped(text: bytes, codec: str) -> str:
    text, lone = _LONE_PERCENT.subn(b"%25", text, MAX_ELEMENTS + 1)
    if lone > MAX_ELEMENTS:
        raise Unreadable("The form is not escaped: write a percent sign in it as '%25'.")
    # Quoted-printable has the same escapes with another sign. urllib makes an object of each, which
    # for a form of megabytes takes seconds and hundreds of megabytes.
    quoted = text.replace(b"=", b"=3D").replace(b"%", b"=")
    return binascii.a2b_qp(quoted).decode(codec, "replace")


def _decode(text: str) -> bytes | Undecodable:
    """Decode base64 in which a space was a `+` that nobody escaped, as in C#'s file posts."""
    mended = decode_base64(text.replace(" ", "+"))
    return mended if isinstance(mended, bytes) else decode_base64(text)
