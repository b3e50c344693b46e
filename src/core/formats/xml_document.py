"""Parses XML documents safely: no DTD, no entity, nothing external, and of bounded depth.

.NET's reader takes some references that XML 1.0 forbids, such as `&#x1;`: they are taken here too.
"""

import re
from functools import cache
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder  # Reads nothing. # nosec B405
from xml.parsers import expat

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from core.contract import charsets
from core.contract.errors import Unreadable
from core.contract.limits import MAX_ELEMENTS, check_nesting, has_few
from core.formats.body import Body

# What XML 1.0 §2.2 does not allow. .NET's writer would fail half-way through its answer; we write
# U+FFFD instead (docs/contract.md B5 F).
ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DECLARED = re.compile(
    rb"""<\?xml[^>]{0,100}?[ \t\r\n]encoding[ \t\r\n]{0,9}=[ \t\r\n]{0,9}"""
    rb"""["']([A-Za-z][\w.-]{0,39})["']"""
)
_CODES = expat.errors.codes
_BAD_CHARACTER_REFERENCE = _CODES[expat.errors.XML_ERROR_BAD_CHAR_REF]
_PASSED_OVER_OR_REFERENCE = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)"
    r"|&#(?:x0*([0-9a-fA-F]{1,6})|0*([0-9]{1,7}));",
    re.DOTALL,
)
"""What never ends is passed over to the end at once: from each opening anew, it took hours."""
_CROWDED_TAG = re.compile(
    rf"""<[^<>"'!?][^<>"']*+(?:(?:"[^"<]*+"|'[^'<]*+')[^<>"']*+){{{MAX_ELEMENTS}}}"""
)
"""A start tag, with values in quotes."""
_PRIVATE_USE = 0xF0000
"""Supplementary private use area A, for the moment between two parses."""
_OF_PRIVATE_USE = re.compile("[\U000f0000-\U000fffff]|\xf3[\xb0-\xbf]")
"""One of those characters, also in UTF-8 whose bytes were read as Latin-1."""
_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
"""How a document in UTF-16 starts."""


def parse(body: Body, type_name: str) -> Element:
    """Parse with everything forbidden that the original forbids, and entity tricks besides.

    How deep and how many its elements may be: see `contract/limits.py`. Raises `Unreadable`.
    """
    document, encoding = _in_unicode(body)
    try:
        try:
            return _tree(document, encoding)
        except ParseError as error:
            if error.code != _BAD_CHARACTER_REFERENCE:
                raise
            return _with_odd_references(document, encoding)
    except (ParseError, DefusedXmlException, LookupError, ValueError) as error:
        if encoding is None and not document.startswith(_UTF_16) and not _is_utf_8(document):
            raise charsets.undecodable("utf-8") from None
        raise Unreadable(
            "There was an error deserializing the object of type "
            f"CommunicationHub.APIModel.{type_name}. {_reason(error)}"
        ) from None


_ADVICE = {
    _CODES[expat.errors.XML_ERROR_INVALID_TOKEN]: "In a text, write '&' as '&amp;', '<' as '&lt;'.",
    _CODES[expat.errors.XML_ERROR_UNDEFINED_ENTITY]: (
        "XML knows the names amp, lt, gt, quot and apos alone: write other characters themselves."
    ),
    _CODES[expat.errors.XML_ERROR_TAG_MISMATCH]: "The element before it is not closed.",
    _CODES[expat.errors.XML_ERROR_NO_ELEMENTS]: "It ends too early: is it cut off?",
    _CODES[expat.errors.XML_ERROR_UNBOUND_PREFIX]: "Declare the prefix: xmlns:prefix='...'.",
}
"""What to do about the commonest mistakes, by their code."""


def _reason(error: Exception) -> str:
    if isinstance(error, ParseError):
        line, column = error.position
        where = f"{expat.ErrorString(error.code)}. Line {line}, position {column + 1}."
        return f"{where} {_ADVICE.get(error.code, '')}".rstrip()
    if isinstance(error, DefusedXmlException):
        return "DTDs and entities are not supported."
    return f"{error}"


def _in_unicode(body: Body) -> tuple[bytes, str | None]:
    """Return a document in UTF-8 or UTF-16, and its encoding, if that is not what it declares.

    The document's own declaration comes first, the Content-Type's charset only where there is none
    and the bytes are not UTF-8. What came as text is UTF-8 now, whatever it declares. Raises
    `Unreadable` for what is not in the charset that it names.
    """
    if isinstance(body.content, str):
        return body.text.encode("utf-8", "replace"), "utf-8"
    document = body.content
    declared = _DECLARED.match(document)
    name = declared[1].decode() if declared else "" if _is_utf_8(document) else body.charset
    if not name or document.startswith(_UTF_16):
        return document, None
    codec = charsets.codec_of(name)
    # The parser knows UTF-8 by its proper name alone, and not as `utf8`.
    if codec.startswith("utf-") and (codec != "utf-8" or name.lower() == codec):
        return document, None
    return charsets.decode(document, codec).encode(), "utf-8"


def _is_utf_8(document: bytes) -> bool:
    try:
        document.decode()
    except UnicodeDecodeError:
        return False
    return True


def _tree(body: bytes, encoding: str | None) -> Element:
    declared = [""]

    def check_declaration(version: str, name: str | None, _standalone: int) -> None:
        declared[0] = name or ""
        if version != "1.0":
            raise ValueError("XML version must be '1.0'.")

    _refuse_crowded_tags(body)
    builder = _Builder()
    parser = DefusedXMLParser(target=builder, encoding=encoding, forbid_dtd=True)
    parser.parser.XmlDeclHandler = check_declaration
    start: Any = parser.parser.StartElementHandler

    def count_attributes(tag: str, names_and_values: Any) -> None:
        builder.count(len(names_and_values) // 2)
        start(tag, names_and_values)

    parser.parser.StartElementHandler = count_attributes
    parser.feed(body)
    root: Element = parser.close()
    if body.startswith(_UTF_16) and not declared[0]:
        raise ValueError("UTF-16 needs an XML declaration that names it.")
    return root


def _refuse_crowded_tags(body: bytes) -> None:
    """Refuse an element of too many attributes before the parser makes a list of them all."""
    if has_few(body, (b"=",), MAX_ELEMENTS):
        return
    if _CROWDED_TAG.search(body.decode(_ascii_compatible(body), "replace")):
        check_nesting(0, MAX_ELEMENTS + 1)


def _ascii_compatible(body: bytes) -> str:
    """Return a codec that reads the markup of a document in any encoding, and writes it again.

    Latin-1 maps bytes to characters one to one and back, so it does for UTF-8.
    """
    if not body.startswith(_UTF_16):
        return "latin-1"
    return "utf-16-le" if body[:2] in (b"\xff\xfe", b"<\0") else "utf-16-be"


class _Builder(TreeBuilder):
    """Builds the tree, of bounded depth and size and without processing instructions."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0
        self._parts = 0

    def count(self, parts: int) -> None:
        """Count elements or attributes. Raises `Unreadable` for too many of both."""
        self._parts += parts
        check_nesting(self._depth, self._parts)

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        self._depth += 1
        self.count(1)
        return super().start(tag, attrs)

    def end(self, tag: str) -> Element:
        self._depth -= 1
        return super().end(tag)

    def pi(self, target: str, text: str | None = None) -> Element:  # noqa: ARG002
        raise ValueError(
            "Processing instructions (other than the XML declaration) and DTDs are not supported."
        )


def _with_odd_references(body: bytes, declared: str | None) -> Element:
    """Parse a document with references such as `&#x1;`, which .NET takes and XML 1.0 forbids.

    They become references to private-use characters for the parse, and what they mean after it.
    Where the document itself has such characters, it stays the error that it is in XML.
    """
    encoding = _ascii_compatible(body)
    text = body.decode(encoding)
    if _OF_PRIVATE_USE.search(text):
        raise ValueError("Character reference not valid.")
    # A document may consist of references: few are different, and each is looked at once.
    known: dict[str, str] = {}
    mended = _PASSED_OVER_OR_REFERENCE.sub(
        lambda match: known.get(match[0]) or _stand_in(match, known), text
    )
    root = _tree(mended.encode(encoding), declared)
    for element in root.iter():
        element.text = element.text and _restored(element.text)
    return root


def _stand_in(match: re.Match[str], known: dict[str, str]) -> str:
    """Return what stands for a reference during the parse, and note it if it is an odd one."""
    hexadecimal, decimal = match.groups()
    if hexadecimal is None and decimal is None:
        return match[0]
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    if _PRIVATE_USE <= code <= _PRIVATE_USE + 0xFFFF:
        raise ValueError("Character reference not valid.")
    if code > 0xFFFF or not ILLEGAL.match(chr(code)):
        return match[0]
    return known.setdefault(match[0], f"&#{_PRIVATE_USE + code};")


def _restored(text: str) -> str:
    """Put the odd characters in place; two halves of a surrogate pair are one character again."""
    odd = text.translate(_odd_characters())
    return odd.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


@cache
def _odd_characters() -> dict[int, int]:
    """Return the code of each odd character by that of its stand-in."""
    return {_PRIVATE_USE + code: code for code in range(0x10000) if ILLEGAL.match(chr(code))}
