"""XML as .NET's DataContractSerializer writes and reads it, but in any member order (B5 A)."""

import base64
import re
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.parsers import expat

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from core.contract import Contract, Kind, Member, decode_base64, members, require_few
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
    r"<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>|&#(?:x0*([0-9a-fA-F]{1,6})|0*([0-9]{1,7}));",
    re.DOTALL,
)
_PRIVATE_USE = 0xF0000
"""Supplementary private use area A, for the moment between two parses."""
_OF_PRIVATE_USE = re.compile("[\U000f0000-\U000fffff]|\xf3[\xb0-\xbf]")
"""One of those characters, also in UTF-8 whose bytes were read as Latin-1."""
_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
"""How a document in UTF-16 starts."""
_MAX_DEPTH = 256


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
    counts where the document declares no encoding and is not UTF-8. Raises `Unreadable` for DTDs,
    processing instructions, malformed documents and foreign roots. Nothing external is fetched.
    """
    root = _parse(body, contract, charset)
    _expect(root, contract.__name__, contract.namespace)
    return contract() if _is_nil(root) else _bound(root, contract, _identified(root))


def read_array[C: Contract](body: bytes, contract: type[C], charset: str = "") -> list[C]:
    """Bind an array of documents, `ArrayOfSendMail`; what is in it and not one is skipped."""
    root = _parse(body, contract, charset)
    _expect(root, f"ArrayOf{contract.__name__}", contract.namespace)
    known, tag = _identified(root), f"{{{contract.namespace}}}{contract.__name__}"
    return [
        contract() if _is_nil(element) else _bound(element, contract, known)
        for element in root
        if element.tag == tag
    ]


def _expect(root: Element, name: str, namespace: str) -> None:
    if root.tag != f"{{{namespace}}}{name}":
        found_namespace, _, found = root.tag.rpartition("}")
        raise Unreadable(
            f"Expecting element '{name}' from namespace '{namespace}'.. Encountered 'Element'  "
            f"with name '{found}', namespace '{found_namespace.removeprefix('{')}'."
        )


def _identified(root: Element) -> dict[str, Element]:
    return {key: element for element in root.iter() if (key := element.get(_ID))}


_TYPES = {
    *("string", "int", "long", "short", "byte", "boolean", "decimal", "double", "float"),
    *("dateTime", "duration", "anyURI", "QName", "base64Binary", "anyType", "unsignedInt"),
    *("SendMail", "Attachment", "ArrayOfAttachment"),
}
_ID = f"{{{_SERIALIZATION}}}Id"
_REF = f"{{{_SERIALIZATION}}}Ref"


def _bound[C: Contract](element: Element, contract: type[C], known: dict[str, Element]) -> C:
    _refuse_text(element)
    wanted = {f"{{{contract.namespace}}}{member.name}": member for member in members(contract)}
    bound: dict[str, Any] = {}
    for child in element:
        member = wanted.get(child.tag)
        if member is None or member.name in bound:
            continue
        _refuse_unknown_type(child)
        source = known.get(child.get(_REF, ""), child)
        bound[member.name] = None if _is_nil(source) else _value(source, member, known)
    return contract.model_validate({name: held for name, held in bound.items() if held is not None})


def _value(element: Element, member: Member, known: dict[str, Element]) -> Any:
    if member.kind is Kind.LIST and member.item is not None:
        _refuse_text(element)
        tag = f"{{{member.item.namespace}}}{member.item.__name__}"
        items = [item for item in element if item.tag == tag and not _is_nil(item)]
        require_few(member.name, items)
        return tuple(_bound(item, member.item, known) for item in items)
    if len(element):
        raise Unreadable(f"End element '{member.name}' expected. Found another element in it.")
    text = element.text or ""
    return decode_base64(text) if member.kind is Kind.BYTES else text


def _refuse_text(element: Element) -> None:
    texts = (element.text, *(child.tail for child in element))
    if any(text and not text.isspace() for text in texts):
        raise Unreadable("Text was found where only elements may be.")


def _refuse_unknown_type(element: Element) -> None:
    """Refuse an `i:type` that is none of XML Schema's or of the contract's, by its local name."""
    name = element.get(f"{{{_XSI}}}type", "string").rpartition(":")[2]
    if name not in _TYPES:
        raise Unreadable("An i:type attribute names a type that is not known.")


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


def _tree(body: bytes, charset: str) -> Element:
    declared = [""]

    def check_declaration(version: str, encoding: str | None, _standalone: int) -> None:
        declared[0] = encoding or ""
        if version != "1.0":
            raise ValueError("XML version must be '1.0'.")
        if encoding and encoding.lower() not in _ENCODINGS:
            raise ValueError("The encoding in the declaration is not supported.")

    encoding = charset if _counts(charset, body) else None
    parser = DefusedXMLParser(target=_Builder(), encoding=encoding, forbid_dtd=True)
    parser.parser.XmlDeclHandler = check_declaration
    parser.feed(body)
    root: Element = parser.close()
    if body.startswith(_UTF_16) and not declared[0]:
        raise ValueError("UTF-16 needs an XML declaration that names it.")
    return root


def _counts(charset: str, body: bytes) -> bool:
    """Say whether the Content-Type's charset is needed: none is declared, and it is not UTF-8."""
    if charset not in ("iso-8859-1", "us-ascii"):
        return False
    if body.startswith(b"<?xml") and b"encoding" in body[: body.find(b"?>")]:
        return False
    try:
        body.decode()
    except UnicodeDecodeError:
        return True
    return False


class _Builder(TreeBuilder):
    """Builds the tree, of bounded depth and without processing instructions."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ValueError("The elements are nested too deeply.")
        return super().start(tag, attrs)

    def end(self, tag: str) -> Element:
        self._depth -= 1
        return super().end(tag)

    def pi(self, target: str, text: str | None = None) -> Element:  # noqa: ARG002
        raise ValueError(
            "Processing instructions (other than the XML declaration) and DTDs are not supported."
        )


def _with_odd_references(body: bytes, charset: str) -> Element:
    """Parse a document with references such as `&#x1;`, which .NET takes and XML 1.0 forbids.

    They become references to private-use characters for the parse, and what they mean after it.
    Where the document itself has such characters, it stays the error that it is in XML.
    """
    encoding = (
        "latin-1"  # For bytes as they are: in what is ASCII-compatible, references are ASCII.
    )
    if body.startswith(_UTF_16):
        encoding = "utf-16-le" if body[:2] in (b"\xff\xfe", b"<\0") else "utf-16-be"
    text = body.decode(encoding)
    if _OF_PRIVATE_USE.search(text):
        raise ValueError("Character reference not valid.")
    root = _tree(_PASSED_OVER_OR_REFERENCE.sub(_stand_in, text).encode(encoding), charset)
    for element in root.iter():
        element.text = element.text and _restored(element.text)
    return root


def _stand_in(match: re.Match[str]) -> str:
    hexadecimal, decimal = match.groups()
    if hexadecimal is None and decimal is None:
        return match[0]
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    if _PRIVATE_USE <= code <= _PRIVATE_USE + 0xFFFF:
        raise ValueError("Character reference not valid.")
    odd = code <= 0xFFFF and _ILLEGAL.match(chr(code)) is not None
    return f"&#{_PRIVATE_USE + code};" if odd else match[0]


def _restored(text: str) -> str:
    """Put the odd characters in place; two halves of a surrogate pair are one character again."""
    odd = "".join(
        chr(ord(character) - _PRIVATE_USE)
        if _PRIVATE_USE <= ord(character) <= _PRIVATE_USE + 0xFFFF
        else character
        for character in text
    )
    return odd.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
