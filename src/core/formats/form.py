"""Reads forms as browsers and C#'s clients post them: `application/x-www-form-urlencoded`.

The rules are in docs/contract.md A3.2 and A5.1. `multipart` reads those with files.
"""

import binascii
import re
from collections.abc import Sequence

from core.contract.binary import Undecodable, decode_base64
from core.contract.charsets import codec_of, decode
from core.contract.errors import Unreadable
from core.contract.limits import MAX_ELEMENTS, MAX_FORM_FIELDS
from core.contract.members import Contract, members_by_name
from core.formats import json, jsv
from core.formats.body import Body

_PEEK = 1_000
"""Characters at either end of a body: there is no more white space before or after a document."""
_CLOSINGS = {"{": "}", "[": "]", "<": ">"}
_ESCAPED_OPENINGS = ("%7B", "%5B", "%3C")
_LONE_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def read[C: Contract](body: Body, contract: type[C]) -> C:
    """Bind the fields of a form to `contract`, as `bind` does.

    Escapes stand for bytes in the body's charset; a percent sign that begins no escape stands for
    itself. A field without '=' is the name of a member that is left empty, or nothing. Raises
    `Unreadable` for any other, which a raw '&' has cut off (docs/contract.md B5 Q), for too many
    fields, for thousands of such percent signs, and for what is not in the charset.
    """
    codec = codec_of(body.charset)
    fields = body.encoded.split(b"&", MAX_FORM_FIELDS)
    if len(fields) > MAX_FORM_FIELDS:
        raise too_many_fields()
    known = members_by_name(contract)
    pairs: list[tuple[str, str]] = []
    for field in fields:
        name, equals, value = field.replace(b"+", b" ").partition(b"=")
        pairs.append((_unescaped(name, codec), _unescaped(value, codec)))
        bare = pairs[-1][0].strip().lower()
        if not equals and bare and bare not in known:
            raise Unreadable(_CUT_OFF)
    return bind(pairs, contract)


_CUT_OFF = (
    "A field of the form has no '=': in a value, write '&' as '%26', as 'curl --data-urlencode' "
    "does."
)


def document(body: Body) -> Body:
    """Return a form that is no form, but one whole JSON or XML document, as that document.

    `curl -d '{...}'` sends JSON with a form's Content-Type, and other programs escape it besides.
    No form has a field of such a name (docs/contract.md B5 Q). Any other form is returned as it is.
    Raises `Unreadable` for what is not in its charset.
    """
    text = body.text
    opening = text[:_PEEK].lstrip()
    if opening[:3].upper() in _ESCAPED_OPENINGS and "=" not in text and "&" not in text:
        text = _unescaped(body.encoded.replace(b"+", b" "), codec_of(body.charset))
        opening = text[:_PEEK].lstrip()
    closing = _CLOSINGS.get(opening[:1])
    is_whole = closing is not None and text[-_PEEK:].rstrip().endswith(closing)
    return Body(text) if is_whole else body


def bind[C: Contract](fields: Sequence[tuple[str, str]], contract: type[C]) -> C:
    """Bind the names and values of a form's fields to `contract`.

    A form whose only value is a JSON object, and no member's (`payload={...}`), is that object.

    Names match in any case, unknown ones are noted, what is empty stays null, values of a repeated
    one are joined with a comma. `Attachments` is JSV, or JSON, which the original takes
    for attachments without content.
    """
    if document := _only_document(fields, contract):
        return json.read(Body(document), contract)
    values: dict[str, tuple[str, list[str]]] = {}
    for name, value in fields:
        if value:
            values.setdefault(name.lower(), (name, []))[1].append(value)
    joined = {name: ",".join(texts) for name, texts in values.values()}
    return jsv.bind(joined.items(), contract, _decode)


def _only_document(fields: Sequence[tuple[str, str]], contract: type[Contract]) -> str:
    """Return the JSON object that is all a form holds, under a name that nobody knows; else ""."""
    given = [(name, value) for name, value in fields if value]
    if len(given) != 1 or given[0][0].lower() in members_by_name(contract):
        return ""
    value = given[0][1]
    is_object = value[:_PEEK].lstrip().startswith("{") and value[-_PEEK:].rstrip().endswith("}")
    return value if is_object else ""


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
    return decode(binascii.a2b_qp(quoted), codec)


def _decode(text: str) -> bytes | Undecodable:
    """Decode base64 in which a space was a `+` that nobody escaped, as in C#'s file posts."""
    mended = decode_base64(text.replace(" ", "+"))
    return mended if isinstance(mended, bytes) else decode_base64(text)
