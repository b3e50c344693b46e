"""Reads and writes XML as .NET's DataContractSerializer does, but with members in any order.

The rules are in docs/contract.md A4; that the order does not matter is B5 A.
"""

import base64
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any
from xml.etree.ElementTree import Element  # A type. # nosec B405

from core.contract.binary import Undecodable, decode_base64
from core.contract.errors import Fault, TooLarge, Unreadable
from core.contract.limits import BODY, GATEWAY_BYTES, require_batch, require_few
from core.contract.members import Contract, Kind, Member, members
from core.formats.body import Body
from core.formats.xml_document import ILLEGAL, parse

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
_SERIALIZATION = "http://schemas.microsoft.com/2003/10/Serialization/"


def write(answer: Contract) -> str:
    """Write `answer` byte for byte as .NET does on Linux: one line, nulls as `i:nil`."""
    name, namespace = type(answer).__name__, type(answer).namespace
    parts = [DECLARATION, f'<{name} xmlns:i="{_XSI}" xmlns="{namespace}">']
    parts += _written(answer, depth=2, prefix="")
    parts.append(f"</{name}>")
    return "".join(parts)


def write_array(answers: Sequence[Contract], contract: type[Contract]) -> str:
    """Write the array of a batch's answers, all of type `contract`: `ArrayOfSendResponse`."""
    name = contract.__name__
    start = f'{DECLARATION}<ArrayOf{name} xmlns:i="{_XSI}" xmlns="{contract.namespace}"'
    if not answers:
        return f"{start} />"
    parts = [f"{start}>"]
    for answer in answers:
        parts += (f"<{name}>", *_written(answer, depth=3, prefix=""), f"</{name}>")
    parts.append(f"</ArrayOf{name}>")
    return "".join(parts)


def _written(answer: Contract, depth: int, prefix: str) -> Iterator[str]:
    """Write the members of `answer`, whose elements stand at `depth` (the root is 1)."""
    contract = type(answer)
    given = ((member, getattr(answer, member.field)) for member in members(contract))
    ordered = [
        (member, value) for member, value in given if value is not None or not member.is_ours
    ]
    if contract.alphabetical:
        ordered.sort(key=lambda pair: pair[0].name)  # By code points: "HTML" before "Reference".
    for member, value in ordered:
        yield from _element(value, member, contract, depth, prefix)


def _element(
    value: Any, member: Member, owner: type[Contract], depth: int, prefix: str
) -> Iterator[str]:
    """Write one member. A namespace that its owner has not is declared on it, as `d<depth>p1`."""
    is_of_texts = member.kind in (Kind.MAP, Kind.TEXTS)
    namespace = ARRAYS if is_of_texts else member.item and member.item.namespace
    tag, inner, declared = prefix + member.name, prefix, ""
    if namespace not in (None, owner.namespace):
        inner = f"d{depth}p1:"
        declared = f' xmlns:d{depth}p1="{namespace}"'
    content = None if value is None else "".join(_content(value, member, depth, inner))
    if content is None:
        yield f'<{tag}{declared} i:nil="true" />'
    elif content == "" and member.kind is not Kind.STRING:
        yield f"<{tag}{declared} />"
    else:
        yield f"<{tag}{declared}>{content}</{tag}>"


def _content(value: Any, member: Member, depth: int, prefix: str) -> Iterator[str]:
    match member.kind:
        case Kind.BYTES:
            yield base64.b64encode(value).decode()
        case Kind.BOOLEAN:
            yield "true" if value else "false"
        case Kind.OBJECT:
            yield from _written(value, depth + 1, prefix)
        case Kind.LIST:
            for item in value:
                tag = prefix + type(item).__name__
                yield f"<{tag}>"
                yield from _written(item, depth + 2, prefix)
                yield f"</{tag}>"
        case Kind.TEXTS:
            for text in value:
                yield f"<{prefix}string>{_text(text)}</{prefix}string>"
        case Kind.MAP:
            item = f"{prefix}KeyValueOfstringstring"
            for key, text in value.items():
                pair = f"<{prefix}Key>{_text(key)}</{prefix}Key>"
                yield f"<{item}>{pair}<{prefix}Value>{_text(text)}</{prefix}Value></{item}>"
        case _:
            yield _text(str(value))


def _text(value: str) -> str:
    legal = ILLEGAL.sub("\ufffd", value.replace("\r\n", "\n").replace("\r", "\n"))
    return legal.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def read[C: Contract](body: Body, contract: type[C]) -> C:
    """Bind an XML document to `contract` (docs/contract.md A4), whatever the order of its members.

    The root's name and namespace must be the contract's; elements that are not in it are noted,
    attributes skipped, of duplicates the first wins and the others are noted, `i:nil` is null.
    Raises `Unreadable` for DTDs,
    processing instructions, malformed documents and foreign roots. Nothing external is fetched.
    """
    root = parse(body, contract.__name__)
    _expect(root, contract.__name__, contract.namespace)
    return _request(root, contract)


def read_array[C: Contract](body: Body, contract: type[C]) -> list[C]:
    """Bind an array of documents, `ArrayOfSendMail`. Raises `Unreadable` for any other element.

    .NET skips those in silence: whole mails (docs/contract.md B5 L). Each document refers to its
    own elements only: a hundred could otherwise all have the files of one.
    """
    root = parse(body, contract.__name__)
    _expect(root, f"ArrayOf{contract.__name__}", contract.namespace)
    require_batch(contract.__name__, root)
    for item in root:
        _expect(item, contract.__name__, contract.namespace)
    return [_request(item, contract) for item in root]


def _request[C: Contract](element: Element, contract: type[C]) -> C:
    return contract() if _is_nil(element) else _bound(element, contract, _Shared(element, contract))


def _expect(root: Element, name: str, namespace: str) -> None:
    if root.tag != f"{{{namespace}}}{name}":
        root_namespace, _, root_name = root.tag.rpartition("}")
        raise Unreadable(
            f"Expecting element '{name}' from namespace '{namespace}'.. Encountered 'Element'  "
            f"with name '{root_name}', namespace '{root_namespace.removeprefix('{')}'."
            f" {_advice(root_name, name, namespace)}"
        )


def _advice(root: str, name: str, namespace: str) -> str:
    """Say what to send instead of an element that is called `root`."""
    if root == "Envelope":
        return f"This is SOAP: send the {name} element alone, with its namespace."
    return f'Write <{name} xmlns="{namespace}">.'


class _Shared:
    """What one request has for all its elements: those with a `z:Id`, to which others refer."""

    def __init__(self, request: Element, contract: type[Contract]) -> None:
        self._elements = {key: element for element in request.iter() if (key := element.get(_ID))}
        self._decoded: dict[Element, bytes | Undecodable] = {}
        self._characters = 0
        self.types = _type_names(contract)
        """What an `i:type` may name."""

    def source(self, element: Element) -> Element:
        """Return what holds the value of `element`: itself, or that to which it refers."""
        reference = element.get(_REF)
        if reference is None:
            return element
        if reference not in self._elements:
            raise Unreadable("A z:Ref attribute refers to no element of the same request.")
        return self._elements[reference]

    def text(self, element: Element) -> str:
        """Return the text of an element; all texts together are no more than a body can hold."""
        text = element.text or ""
        self._characters += len(text)
        if self._characters > GATEWAY_BYTES:
            message = (
                f"With its references, a request must not be larger than {GATEWAY_BYTES} bytes."
            )
            raise TooLarge(message, Fault(BODY, "TooLarge", message))
        return text

    def decoded(self, element: Element) -> bytes | Undecodable:
        """Return the bytes of an element, decoded once: many refer to one without being copies."""
        text = self.text(element)
        if element not in self._decoded:
            self._decoded[element] = decode_base64(text)
        return self._decoded[element]


_SCHEMA_TYPES = {
    *("string", "int", "long", "short", "byte", "boolean", "decimal", "double", "float"),
    *("dateTime", "duration", "anyURI", "QName", "base64Binary", "anyType", "unsignedInt"),
}
"""Names of XML Schema's types that an `i:type` may have."""


@cache
def _type_names(contract: type[Contract]) -> frozenset[str]:
    """Return what an `i:type` may name in a document of `contract`: its types and XML Schema's."""
    items = [member.item for member in members(contract) if member.item]
    names = {contract.__name__, *(f"ArrayOf{item.__name__}" for item in items)}
    return frozenset(names.union(_SCHEMA_TYPES, *map(_type_names, items)))


_ID = f"{{{_SERIALIZATION}}}Id"
_REF = f"{{{_SERIALIZATION}}}Ref"


def _bound[C: Contract](element: Element, contract: type[C], shared: _Shared) -> C:
    _refuse_text(element)
    wanted = {f"{{{contract.namespace}}}{member.name}": member for member in members(contract)}
    values: dict[str, Any] = {}
    unknown: list[str] = []
    for child in element:
        member = wanted.get(child.tag)
        if member is None or member.name in values:
            unknown += _named(child)
            continue
        _refuse_unknown_type(child, shared.types)
        source = shared.source(child)
        values[member.name] = None if _is_nil(source) else _value(source, member, shared)
        if member.item:
            tag = _tag(member.item)
            others = (_named(item) for item in source if item.tag != tag)
            unknown += (f"{member.name}.{name}" for names in others for name in names)
    return contract.of(values, unknown)


def _named(element: Element) -> list[str]:
    """Return the local name of an element that nobody knows, unless it is null."""
    is_nil = element.get(f"{{{_XSI}}}nil", "").strip() in ("true", "1")
    return [] if is_nil else [element.tag.rpartition("}")[2]]


def _tag(contract: type[Contract]) -> str:
    return f"{{{contract.namespace}}}{contract.__name__}"


def _value(element: Element, member: Member, shared: _Shared) -> Any:
    if member.kind is Kind.LIST and member.item is not None:
        _refuse_text(element)
        tag = _tag(member.item)
        items = [item for item in element if item.tag == tag and not _is_nil(item)]
        require_few(member.name, items)
        return tuple(_bound(item, member.item, shared) for item in items)
    if len(element):
        raise Unreadable(f"End element '{member.name}' expected. Found another element in it.")
    return shared.decoded(element) if member.kind is Kind.BYTES else shared.text(element)


def _refuse_text(element: Element) -> None:
    texts = (element.text, *(child.tail for child in element))
    if any(text and not text.isspace() for text in texts):
        raise Unreadable("Text was found where only elements may be.")


def _refuse_unknown_type(element: Element, types: frozenset[str]) -> None:
    """Refuse an `i:type` that names none of `types`, by its local name."""
    name = element.get(f"{{{_XSI}}}type", "string").rpartition(":")[2]
    if name not in types:
        raise Unreadable("An i:type attribute names a type that is not known.")


def _is_nil(element: Element) -> bool:
    value = element.get(f"{{{_XSI}}}nil", "false").strip()
    if value not in ("true", "1", "false", "0"):
        raise Unreadable("An i:nil attribute cannot be parsed as the type 'Boolean'.")
    return value in ("true", "1")
