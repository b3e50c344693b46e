"""Parses XML documents safely: no DTD, no entity, nothing external, and of bounded depth.

.NET's reader takes some references that XML 1.0 forbids, such as `&#x1;`: they are taken here too.
"""

import re
from xml.etree.ElementTree import Element, ParseError, TreeBuilder  # Reads nothing. # nosec B405
from xml.parsers import expat

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from core.contract.errors import Unreadable
from core.contract.limits import check_nesting

# What XML 1.0 §2.2 does not allow. .NET's writer would fail half-way through its answer; we write
# U+FFFD instead (docs/contract.md B5 F).
ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
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


def parse(body: bytes, type_name: str, charset: str) -> Element:
    """Parse with everything forbidden that the original forbids, and entity tricks besides.

    How deep and how many its elements may be: see `contract/limits.py`. Raises `Unreadable`.
    """
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
            f"CommunicationHub.APIModel.{type_name}. {_reason(error)}"
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
    """Builds the tree, of bounded depth and size and without processing instructions."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0
        self._elements = 0

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        self._depth += 1
        self._elements += 1
        check_nesting(self._depth, self._elements)
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
    # Latin-1 maps bytes to characters one to one and back, so a reference can be replaced in the
    # text of any encoding in which ASCII is ASCII.
    encoding = "latin-1"
    if body.startswith(_UTF_16):
        encoding = "utf-16-le" if body[:2] in (b"\xff\xfe", b"<\0") else "utf-16-be"
    text = body.decode(encoding)
    if _OF_PRIVATE_USE.search(text):
        raise ValueError("Character reference not valid.")
    mended = _PASSED_OVER_OR_REFERENCE.sub(_stand_in, text).encode(encoding)
    root = _tree(mended, charset)
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
    odd = code <= 0xFFFF and ILLEGAL.match(chr(code)) is not None
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
