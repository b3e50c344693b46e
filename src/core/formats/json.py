"""Reads JSON leniently, as long as nothing is lost, and writes it as the original does."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from core.contract.binary import UNDECODABLE, Undecodable, decode_base64
from core.contract.contract import ErrorResponse
from core.contract.errors import Fault, Unbindable, Unreadable
from core.contract.limits import require_batch, require_few
from core.contract.members import Contract, Kind, Member, members, members_by_name
from core.formats.body import Body
from core.formats.json_document import Number, parse
from core.formats.jsv import quoted
from core.formats.text import TYPE_NAME, encodable
from core.lazily import lazily
from core.message.status import Status

if TYPE_CHECKING:
    from core.message import pasted
else:  # Few requests hold arrays of addresses.
    pasted = lazily("core.message.pasted")


class Style(NamedTuple):
    """How an answer is written: as by the original, or as `?jsconfig=` asks.

    The rules are in docs/contract.md A3.4.
    """

    camel_case: bool = False
    nulls: bool = False
    """Write members without a value, as null."""
    defaults: bool = True
    """Write members that hold false, 0 or the first status."""
    enum_numbers: bool = False
    """Write a status as its number in the contract's order."""


PLAIN = Style()


def read[C: Contract](body: Body, contract: type[C]) -> C:
    """Bind a JSON object to `contract` (docs/contract.md A3.3, with B5 D, E, J and Q).

    Member names match in any case, unknown ones are noted (`Contract.ignored`), of duplicates the
    last wins, and a number or boolean in place of a string is taken as it is written. Raises
    `Unreadable` for all that is not one JSON object of the contract's shape.
    """
    return _object(parse(body.text), contract)


def read_array[C: Contract](body: Body, contract: type[C]) -> list[C]:
    """Bind a JSON array of objects, each as `read` does. Raises `Invalid` for too many."""
    document = parse(body.text)
    if not isinstance(document, list):
        raise Unreadable("An array of requests should start with a '['.")
    require_batch(contract.__name__, document)
    return [_object(item, contract) for item in document]


def _object[C: Contract](document: Any, contract: type[C]) -> C:
    if isinstance(document, str) and document.lstrip().startswith("{"):
        raise Unreadable("The body is JSON within a JSON text: serialize the request once only.")
    if not isinstance(document, dict):
        name = contract.__name__
        advice = f" Send an array to /json/reply/{name}[]." if isinstance(document, list) else ""
        raise Unreadable(
            "Type definitions should start with a '{', expecting serialized type "
            f"'{name}'.{advice}"
        )
    return _bind(document, contract)


def write(answer: Contract, style: Style = PLAIN) -> str:
    """Write `answer` as ServiceStack.Text does: in the order of declaration, without nulls.

    The rules are in docs/contract.md A3.4.
    """
    document = _members(answer, style)
    if isinstance(answer, ErrorResponse):
        # A hand-written client that never looks at the HTTP status must see the failure
        # (docs/contract.md B4).
        status = answer.response_status
        message = (status and status.message) or ""
        failure = {"Status": Status.FAILED.value, "ErrorMessage": message, "Retry": False}
        document |= {_name(name, style): value for name, value in failure.items()}
    return encodable(json.dumps(document, ensure_ascii=False, separators=(",", ":")))


def write_array(
    answers: Sequence[Contract], _contract: type[Contract], style: Style = PLAIN
) -> str:
    """Write the array of a batch's answers."""
    return f"[{','.join(write(answer, style) for answer in answers)}]"


def _bind[C: Contract](document: Mapping[str, Any], contract: type[C]) -> C:
    by_name = members_by_name(contract)
    values, unknown = {}, []
    for name, value in document.items():
        member = by_name.get(name.lower())
        if member is not None:
            if isinstance(value, list) and member.name in contract.mailboxes:
                value = pasted.joined(map(_raw_text, value))  # noqa: PLW2901
            values[member.name] = None if value is None else _value(value, member)
        elif value is not None and name != TYPE_NAME:
            unknown.append(name)
    return contract.of(values, unknown)


def _value(value: Any, member: Member) -> Any:
    match member.kind:
        case Kind.STRING:
            return _raw_text(value)
        case Kind.BYTES:
            return _bytes(value)
        case Kind.LIST if member.item:
            return _items(value, member.name, member.item)
        case _:
            return value


def _items(value: Any, name: str, contract: type[Contract]) -> tuple[Contract, ...]:
    if isinstance(value, dict):
        value = [value]  # A single item without its list, as the original takes it.
    elif isinstance(value, str) and not value.strip():
        value = []  # docs/contract.md B2
    if not isinstance(value, list) or not all(isinstance(item, dict | None) for item in value):
        shape = ", ".join(f'"{member.name}": "..."' for member in members(contract))
        message = f"'{name}' must be a list of objects: [{{{shape}}}]."
        raise Unbindable(Fault(name, Unbindable.code, message))
    require_few(name, value)
    return tuple(_bind(item, contract) for item in value if item is not None)


def _bytes(value: Any) -> bytes | Undecodable:
    """Decode base64, a list of (signed) byte values, or JavaScript's `{"0":65,...}`.

    Of Node's `{"type":"Buffer","data":[65,...]}` the data count.

    docs/contract.md B5 J. What is none of these is `UNDECODABLE`.
    """
    if isinstance(value, dict) and value.get("type") == "Buffer" and len(value) == _BUFFER:
        value = value.get("data")
    if isinstance(value, str) and not isinstance(value, Number):
        return decode_base64(value)
    try:
        if isinstance(value, dict):
            value = [value[str(index)] for index in range(len(value))]
        if isinstance(value, list) and set(map(type, value)) <= {Number}:
            return bytes(map(_BYTES.__getitem__, value))
    except KeyError:
        pass  # An index is missing, or a number is no byte.
    return UNDECODABLE


_BUFFER = 2
"""Members of a `Buffer` of Node's: its type and its data."""
_BYTES = {"-0": 0} | {str(number): number & 0xFF for number in range(-128, 256)}
"""What each number stands for that is a byte, signed or not."""


def _raw_text(value: Any) -> str:
    """Return the text that ServiceStack binds to a string member for any value: JSV, unquoted."""
    match value:
        case str():
            return str(value)
        case bool():
            return "true" if value else "false"
        case dict():
            pairs = (f"{quoted(name)}:{_nested(inner)}" for name, inner in value.items())
            return f"{{{','.join(pairs)}}}"
        case list():
            texts = [item if type(item) is Number else _nested(item) for item in value]
            return f"[{','.join(texts)}]"
        case _:
            return ""


def _nested(value: Any) -> str:
    is_text = isinstance(value, str) and not isinstance(value, Number)
    return quoted(value) if is_text else _raw_text(value)


def _members(answer: Contract, style: Style) -> dict[str, Any]:
    return {
        _name(member.name, style): None if value is None else _plain(value, member, style)
        for member in members(type(answer))
        if _is_shown(value := getattr(answer, member.field), style)
    }


def _is_shown(value: Any, style: Style) -> bool:
    if value is None:
        return style.nulls
    return style.defaults or value not in (False, 0, Status.ACCEPTED)


def _name(name: str, style: Style) -> str:
    """Write a member's name; in camel case a leading run of capitals is lowered (CC → cc)."""
    if not style.camel_case:
        return name
    capitals = len(name) - len(name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    lowered = capitals if capitals in (1, len(name)) else capitals - 1
    return name[:lowered].lower() + name[lowered:]


def _plain(value: Any, member: Member, style: Style) -> Any:
    match member.kind:
        case Kind.BYTES:
            return base64.b64encode(value).decode()
        case Kind.OBJECT:
            return _members(value, style)
        case Kind.LIST:
            return [_members(item, style) for item in value]
        case Kind.MAP:
            return dict(value)
        case Kind.STATUS if style.enum_numbers:
            return list(Status).index(value)
        case _:
            return value
