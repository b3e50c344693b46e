"""XML as .NET's DataContractSerializer writes and reads it, but in any member order (B5 A)."""

import base64
import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError
from xml.parsers import expat

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from core.contract import Contract, Kind, Member, decode_base64, members
from core.errors import Unreadable

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
_SERIALIZATION = "http://schemas.microsoft.com/2003/10/Serialization/"

# XML 1.0 §2.2. .NET's writer would throw half-way through its answer (B5 F).
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENCODINGS = {"utf-8", "utf-16", "utf-16le", "utf-16be", "iso-8859-1", "latin1", "us-ascii"}
_BAD_CHARACTER_REFERENCE = expat.errors.codes[expat.errors.XML_ERROR_BAD_CHAR_REF]
_PASSED_OVER_OR_REFERENCE = re.compile(
    r"<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>|&#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}));", re.DOTALL
)
_PRIVATE_USE = 0xF0000  # Supplementary private use area A, for the moment between two parses.


def write(answer: Contract) -> str:
    """Write `answer` byte for byte as .NET does on Linux: one line, nulls as `i:nil`."""
    name, namespace = type(answer).__name__, type(answer).namespace
    parts = [DECLARATION, f'<{name} xmlns:i="{_XSI}" xmlns="{namespace}">']
    parts += _written(answer, depth=2, prefix="")
    parts.append(f"</{name}>")
    return "".join(parts)


def _written(answer: Contract, depth: int, prefix: str) -> Iterator[str]:
    """Write the members of `answer`, whose elements stand at `depth` (the root is 1)."""
    contract = type(answer)
    ordered = members(contract)
    if contract.alphabetical:
        ordered = tuple(
            sorted(ordered, key=lambda member: member.name)
        )  # Ordinal: HTML < Reference.
    for member in ordered:
        yield from _element(getattr(answer, member.field), member, contract, depth, prefix)


def _element(
    value: Any, member: Member, owner: type[Contract], depth: int, prefix: str
) -> Iterator[str]:
    """Write one member. A namespace that its owner has not is declared on it, as `d<depth>p1`."""
    namespace = _ARRAYS if member.kind is Kind.MAP else member.item and member.item.namespace
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
        case Kind.MAP:
            item = f"{prefix}KeyValueOfstringstring"
            for key, held in value.items():
                pair = f"<{prefix}Key>{_text(key)}</{prefix}Key>"
                yield f"<{item}>{pair}<{prefix}Value>{_text(held)}</{prefix}Value></{item}>"
        case _:
            yield _text(str(value))


def _text(value: str) -> str:
    legal = _ILLEGAL.sub("\ufffd", value.replace("\r\n", "\n").replace("\r", "\n"))
    return legal.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def read[C: Contract](body: bytes, contract: type[C], charset: str = "") -> C:
    """Bind an XML document to `contract` (CONTRACT.md A4), whatever the order of its members.

    The root's name and namespace must be the contract's; elements and attributes that are not in
    it are skipped, of duplicates the first wins, `i:nil` is null. `charset`, from the Content-Type,
    counts where the document declares no encoding. Raises `Unreadable` for DTDs, processing
    instructions, malformed documents and foreign roots. Nothing external is ever fetched.
    """
    root = _parse(body, contract, charset)
    if root.tag != f"{{{contract.namespace}}}{contract.__name__}":
        namespace, _, name = root.tag.rpartition("}")
        raise Unreadable(
            f"Expecting element '{contract.__name__}' from namespace '{contract.namespace}'.. "
            f"Encountered 'Element'  with name '{name}', namespace '{namespace.removeprefix('{')}'."
        )
    identified = {key: element for element in root.iter() if (key := element.get(_ID))}
    return contract() if _is_nil(root) else _bound(root, contract, identified)


_ID = f"{{{_SERIALIZATION}}}Id"
_REF = f"{{{_SERIALIZATION}}}Ref"


def _bound[C: Contract](element: Element, contract: type[C], known: dict[str, Element]) -> C:
    wanted = {f"{{{contract.namespace}}}{member.name}": member for member in members(contract)}
    bound: dict[str, Any] = {}
    for child in element:
        member = wanted.get(child.tag)
        if member is None or member.name in bound:
            continue
        source = known.get(child.get(_REF, ""), child)
        bound[member.name] = None if _is_nil(source) else _value(source, member, known)
    return contract.model_validate({name: held for name, held in bound.items() if held is not None})


def _value(element: Element, member: Member, known: dict[str, Element]) -> Any:
    if member.kind is Kind.LIST and member.item is not None:
        tag = f"{{{member.item.namespace}}}{member.item.__name__}"
        items = (item for item in element if item.tag == tag and not _is_nil(item))
        return tuple(_bound(item, member.item, known) for item in items)
    if len(element):
        raise Unreadable(f"End element '{member.name}' expected. Found another element in it.")
    text = element.text or ""
    return decode_base64(text) if member.kind is Kind.BYTES else text


def _is_nil(element: Element) -> bool:
    value = element.get(f"{{{_XSI}}}nil", "false").strip()
    if value not in ("true", "1", "false", "0"):
        raise Unreadable("An i:nil attribute cannot be parsed as the type 'Boolean'.")
    return value in ("true", "1")


def _parse(body: bytes, contract: type[Contract], charset: str) -> Element:
    """Parse with everything forbidden that the original forbids, and entity tricks besides."""
    try:
        try:
            return _tree(body, charset)
        except ParseError as error:
            if error.code != _BAD_CHARACTER_REFERENCE:
                raise
            return _with_odd_references(body, charset)
    except (ParseError, DefusedXmlException, LookupError, ValueError) as error:
        raise Unreadable(
            "There was an error deserializing the object of type "
            f"CommunicationHub.APIModel.{contract.__name__}. {_reason(error)}"
        ) from None


def _reason(error: Exception) -> str:
    if isinstance(error, ParseError):
        line, column = error.position
        return f"{expat.ErrorString(error.code)}. Line {line}, position {column + 1}."
    if isinstance(error, DefusedXmlException):
        return "DTDs and entities are not supported."
    return f"{error}"


def _tree(body: bytes | str, charset: str) -> Element:
    declared = b"encoding" in body[:100] if isinstance(body, bytes) else True
    override = charset if charset in ("iso-8859-1", "us-ascii") and not declared else None
    parser = DefusedXMLParser(encoding=override, forbid_dtd=True)
    parser.parser.ProcessingInstructionHandler = _refuse_instruction
    parser.parser.XmlDeclHandler = _check_declaration
    parser.feed(body)
    root: Element = parser.close()
    return root


def _refuse_instruction(_target: str, _data: str) -> None:
    raise ValueError(
        "Processing instructions (other than the XML declaration) and DTDs are not supported."
    )


def _check_declaration(version: str, encoding: str | None, _standalone: int) -> None:
    if version != "1.0":
        raise ValueError("XML version must be '1.0'.")
    if encoding and encoding.lower() not in _ENCODINGS:
        raise ValueError("The encoding in the declaration is not supported.")


def _with_odd_references(body: bytes, charset: str) -> Element:
    """Parse a document with references such as `&#x1;`, which .NET takes and XML 1.0 forbids.

    They become private-use characters for the parse and what they mean after it. Where the
    document itself has such characters, it stays the error that it is in XML.
    """
    encoding = "utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else charset or "utf-8"
    text = body.decode(encoding)
    if any(_PRIVATE_USE <= ord(character) <= _PRIVATE_USE + 0xFFFF for character in text):
        raise ValueError("Character reference not valid.")
    root = _tree(_PASSED_OVER_OR_REFERENCE.sub(_stand_in, text), "")
    for element in root.iter():
        element.text = element.text and _restored(element.text)
    return root


def _stand_in(match: re.Match[str]) -> str:
    hexadecimal, decimal = match.groups()
    if hexadecimal is None and decimal is None:
        return match[0]
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    odd = code <= 0xFFFF and _ILLEGAL.match(chr(code)) is not None
    return chr(_PRIVATE_USE + code) if odd else match[0]


def _restored(text: str) -> str:
    return "".join(
        chr(ord(character) - _PRIVATE_USE)
        if _PRIVATE_USE <= ord(character) <= _PRIVATE_USE + 0xFFFF
        else character
        for character in text
    )
