"""Reads and writes JSV, ServiceStack's text format: JSON without quotes, or with those of CSV.

Forms and CSV hold it too, wherever a member is more than a text (docs/contract.md A3.2). What the
contract does not say follows ServiceStack.Text 5.9, `JsvTypeSerializer` and `JsWriter`.
"""

import base64
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from core.contract.binary import Undecodable, decode_base64
from core.contract.errors import Unreadable, unbindable
from core.contract.limits import check_nesting, require_few
from core.contract.members import Contract, Kind, Member, members, members_by_name
from core.formats.body import Body
from core.formats.json_document import parse
from core.formats.text import TYPE_NAME, encodable

type Decode = Callable[[str], bytes | Undecodable]

_WHITE = " \t\r\n"
_SPECIAL = re.compile(r'[":,{}\[\]\r\n]')
"""What makes a text be quoted: `JsWriter.EscapeChars`."""
_W = "[ \t\r\n]*+"
_IN_QUOTES = '"([^"]*+(?:""[^"]*+)*+)"'
_QUOTED = re.compile(f"{_W}{_IN_QUOTES}{_W}")
_NAME = re.compile(rf'{_W}(?:{_IN_QUOTES}{_W}|([^":,{{}}\[\]]++)):')
_OPENING = re.compile(rf"{_W}([{{\[]){_W}")
_NEXT = re.compile(rf"{_W}([,}}\]]){_W}")
_PLAIN = {end: re.compile(rf'(?!{_W}")[^,\{end}]*+') for end in "}]"}
_STRUCTURE = re.compile(r'[{}\[\]]|"[^"]*+(?:""[^"]*+)*+("?)')
_END = re.compile(rf"{_W}\Z")
_LAID_OUT = re.compile(rf"{_W}[{{\[]++[ \t\r\n]")
_JSON = re.compile(rf'{_W}\[?{_W}\{{{_W}"')
_CLOSING = {"{": "}", "[": "]"}


def read[C: Contract](body: Body, contract: type[C]) -> C:
    """Bind one JSV object to `contract`, as leniently as JSON where nothing gets lost.

    Names match in any case, unknown ones are noted, of duplicates the last wins and the others
    are noted; `Name:,` is null and `Name:"",` is empty. White space between tokens does not
    matter; around a text without quotes it belongs to that text, as in the original, unless the
    document is laid out in lines.
    JSON is read for what it is: the original takes its quotes as parts of the names and binds
    nothing. Raises `Unreadable` for anything else.
    """
    text = body.text.removeprefix("\ufeff")
    if not text.lstrip(_WHITE).startswith("{"):
        raise Unreadable(
            "Type definitions should start with a '{', expecting serialized type "
            f"'{contract.__name__}'."
        )
    reader = _Reader(text)
    bound = reader.read(contract)
    reader.end()
    return bound


def bind[C: Contract](
    texts: Iterable[tuple[str, str]], contract: type[C], decode: Decode = decode_base64
) -> C:
    """Bind the fields of a form or the cells of a row to the members they name, in any case.

    Unknown names are noted and empty texts leave their member null, as in the original. Of several
    texts for one member the last wins; that another is not used is noted as well.
    """
    by_name = members_by_name(contract)
    unknown: list[str] = []
    values: dict[str, object] = {}
    for name, text in texts:
        if not text:
            continue
        member = by_name.get(name.lower())
        if member is None or member.name in values:
            unknown.append(member.name if member else name)
        if member:
            values[member.name] = read_value(text, member, decode)
    return contract.of(values, unknown)


def read_value(text: str, member: Member, decode: Decode = decode_base64) -> object:
    """Read what a form's field or a CSV cell holds for `member`: a text as it is, else JSV.

    A list may come without its brackets, as C#'s clients send it. It may be JSON: there the
    original makes attachments without content. Raises `Unbindable` for anything else, with a
    fault that does not repeat the text (the original's does).
    """
    if member.kind is not Kind.LIST:
        return text
    listed = text if text.lstrip(_WHITE).startswith("[") else f"[{text}]"
    try:
        reader = _Reader(listed, decode)
        items = reader.read_value(member)
        reader.end()
    except Unreadable as error:
        if error.faults:
            raise  # It says already what is wrong.
        raise unbindable(member.name) from None
    return items


def write(answer: Contract) -> str:
    """Write `answer` as ServiceStack.Text does, without nulls (docs/contract.md A7)."""
    return encodable(text_of(answer))


def write_array(answers: Sequence[Contract]) -> str:
    """Write the array of a batch's answers."""
    return f"[{','.join(map(write, answers))}]"


def text_of(value: object) -> str:
    """Return the JSV of any value; of null that is nothing."""
    match value:
        case Contract():
            return text_of({m.name: getattr(value, m.field) for m in members(type(value))})
        case Mapping():
            pairs = (
                f"{text_of(name)}:{text_of(inner)}"
                for name, inner in value.items()
                if inner is not None
            )
            return f"{{{','.join(pairs)}}}"
        case list() | tuple():
            return f"[{','.join(map(text_of, value))}]"
        case bytes():
            return base64.b64encode(value).decode()
        case None:
            return ""
        case _:
            return quoted(str(value))


def quoted(text: str) -> str:
    """Quote a text that would otherwise read as something else (`JsWriter.EscapeChars`)."""
    doubled = text.replace('"', '""')
    return f'"{doubled}"' if not text or _SPECIAL.search(text) else text


class _Reader:
    """Reads one text from its start to its end, by what the contract expects there.

    It goes no deeper than the contract; what is unknown is passed over without recursion.
    """

    def __init__(self, text: str, decode: Decode = decode_base64) -> None:
        self.text = _from_json(text) if _JSON.match(text) else text
        self._at = 0
        self._elements = 0
        self._decode = decode
        self._is_laid_out = _LAID_OUT.match(self.text) is not None

    def read[C: Contract](self, contract: type[C]) -> C:
        by_name = members_by_name(contract)
        values: dict[str, Any] = {}
        unknown: list[str] = []
        self._expect(_OPENING, "{")
        if self._is_closed("}"):
            return contract()
        while True:
            self._count()
            name = self._name()
            member = by_name.get(name.lower())
            value = self.read_value(member)
            if member:
                if values.get(member.name) is not None:
                    unknown.append(member.name)
                values[member.name] = value
            elif value is not None and name != TYPE_NAME:
                unknown.append(name)
            if self._expect(_NEXT, ",}")[1] == "}":
                return contract.of(values, unknown)

    def _name(self) -> str:
        match = self._expect(_NAME)
        return (match[2] or match[1].replace('""', '"')).strip(_WHITE)

    def read_value(self, member: Member | None) -> object:
        """Read the value of `member`; without one, pass over it."""
        start = self._at
        if quoted := _QUOTED.match(self.text, start):
            self._at = quoted.end()
            return self._scalar(quoted[1].replace('""', '"'), member)
        opening = _OPENING.match(self.text, start)
        if opening is None:
            return self._scalar(self._plain("}"), member)
        if member and member.kind is Kind.LIST and member.item:
            if opening[1] == "{":
                return (self.read(member.item),)  # A single item without its list.
            self._at = opening.end()
            return self._items(member, member.item)
        self._pass_over(opening)
        return self._scalar(self.text[start : self._at].strip(_WHITE), member)

    def end(self) -> None:
        """Refuse anything after the document but white space."""
        self._expect(_END)

    def _items[C: Contract](self, member: Member, contract: type[C]) -> tuple[C, ...]:
        items: list[C | None] = []
        while not self._is_closed("]"):
            opening = _OPENING.match(self.text, self._at)
            if opening and opening[1] == "{":
                items.append(self.read(contract))
            elif opening or self._plain("]"):
                raise unbindable(member.name)
            else:
                items.append(None)  # Passed over, as in JSON, but counted.
            require_few(member.name, items)
            if self._expect(_NEXT, ",]")[1] == "]":
                break
        return tuple(item for item in items if item is not None)

    def _scalar(self, text: str | None, member: Member | None) -> object:
        kind = member and member.kind
        if kind is Kind.BYTES:
            return self._decode(text or "")  # C# omits null, and writes nothing for empty bytes.
        if member and kind is Kind.LIST and text:
            raise unbindable(member.name)
        return text if kind is not Kind.LIST else None

    def _plain(self, end: str) -> str | None:
        """Read a text without quotes. The writer quotes line breaks: one here is layout."""
        text = self._expect(_PLAIN[end])[0]
        return (text.strip(_WHITE) if self._is_laid_out or "\n" in text else text) or None

    def _pass_over(self, opening: re.Match[str]) -> None:
        closings: list[str] = []
        for token in _STRUCTURE.finditer(self.text, opening.start(1)):
            if token[0] in _CLOSING:
                closings.append(_CLOSING[token[0]])
                self._count(len(closings))
            elif token[0] in ("}", "]"):
                if closings.pop() != token[0]:
                    break
            elif not token[1]:
                break
            if not closings:
                self._at = token.end()
                return
        raise self._malformed()

    def _count(self, depth: int = 0) -> None:
        """Count a name, or a bracket of what is passed over."""
        self._elements += 1
        check_nesting(depth, self._elements)

    def _is_closed(self, bracket: str) -> bool:
        closed = self.text.startswith(bracket, self._at)
        self._at += closed
        return closed

    def _expect(self, pattern: re.Pattern[str], among: str = "") -> re.Match[str]:
        match = pattern.match(self.text, self._at)
        if match is None or (among and match[1] not in among):
            raise self._malformed()
        self._at = match.end()
        return match

    def _malformed(self) -> Unreadable:
        return Unreadable(f"The body is not well-formed JSV at position {self._at}.")


def _from_json(text: str) -> str:
    """Write JSON as JSV: only JSON has quotes around names. What is not JSON stays as it is."""
    try:
        return text_of(parse(text, numbers_are_bytes=False))
    except Unreadable as error:
        if error.faults:
            raise  # It is JSON, and too much of it.
        return text
