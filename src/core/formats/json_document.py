"""Parses JSON documents of bounded depth and size.

Bytes may be written as numbers (docs/contract.md B5 J), so a file of megabytes as millions of them:
those are not counted. What they cost is bounded by the size of a body.
"""

import json
import re
from typing import Any

from core.contract.errors import Unreadable
from core.contract.limits import MAX_DEPTH, MAX_ELEMENTS, check_nesting, has_few

_W = "[ \t\r\n]*+"
_TEXT = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?'
_BYTE = f"{_W}-?[0-9]{{1,3}}{_W}"
_LIST = rf"\[(?:{_BYTE}(?:,|(?=\])))*+\]"
_BUFFER = rf'"type"{_W}:{_W}"Buffer"'
_BYTES = (
    rf'{_W}"(?i:bytes)"{_W}:{_W}(?:{_LIST}'
    rf'|\{{{_W}(?:{_BUFFER}{_W},{_W})?+"data"{_W}:{_W}{_LIST}{_W}(?:,{_W}{_BUFFER}{_W})?+\}}'
    rf'|\{{(?:{_W}"[0-9]++"{_W}:{_BYTE}(?:,|(?=\}})))*+\}})'
)
"""A member of bytes as Java writes it, `[65,-66]`, or JavaScript, `{"0":65,"1":66}`; Node's
`Buffer` is `{"type":"Buffer","data":[65,66]}`."""
_VALUES = (
    rf"(?P<empty>[\[{{]{_W}[\]}}])|(?P<opening>[\[{{])|(?P<closing>[\]}}])|(?P<comma>,)"
    rf'|(?:{_TEXT}|[^\[\]{{}},"]++)++'
)
_VALUES_OR_BYTES = f"{_BYTES}|{_VALUES}"


class Number(str):
    """A number as it was written: a string member takes just that."""

    __slots__ = ()


class _Numbers(dict[str, Number]):
    """The numbers of a document, each once: among millions of bytes there are few."""

    def __missing__(self, text: str) -> Number:
        return self.setdefault(text, Number(text))


def parse(text: str, *, numbers_are_bytes: bool = True) -> Any:
    """Return what the document holds: dict, list, str, `Number`, bool or None.

    Of members with the same name the last counts. `numbers_are_bytes` says whether a list of
    numbers that is called `Bytes` may have any length. Raises `Unreadable` for what is not
    well-formed, nested too deeply, or of too many values.
    """
    _check(text, _VALUES_OR_BYTES if numbers_are_bytes else _VALUES)
    text = text.removeprefix("\ufeff")
    try:
        try:
            return _loaded(text)
        except json.JSONDecodeError:
            # Line breaks and tabs within texts are read as they are (docs/contract.md B5 Q): rarely
            # are there any, and where there are, the first attempt ends at the first of them.
            if not any(sign in text for sign in "\t\n\r") or _OTHER_CONTROLS.search(text):
                raise
            return _loaded(text, strict=False)
    except (ValueError, RecursionError) as error:
        raise Unreadable(_told(text, error)) from None


def _told(text: str, error: Exception) -> str:
    """Say that a document is malformed, where, and what to do if the mistake is a known one."""
    if not isinstance(error, json.JSONDecodeError):
        return "The body is not well-formed JSON."
    from core.formats import json_mistakes  # noqa: PLC0415 - most callers write JSON

    hint = json_mistakes.hint(text, error.pos)
    return f"The body is not well-formed JSON at position {error.pos}. {hint}".strip()


_OTHER_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def _loaded(text: str, *, strict: bool = True) -> Any:
    """Parse; unless `strict`, control characters may stand in texts as they are."""
    number = _Numbers().__getitem__
    return json.loads(
        text,
        parse_int=number,
        parse_float=number,
        parse_constant=_refuse_constant,
        strict=strict,
    )


def _refuse_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are Python's own idea of JSON (RFC 8259 §6).


def _check(text: str, tokens: str) -> None:
    """Look at how the values are nested, and count them, before they are parsed.

    Whether the document is well-formed is for the parser to say. Raises `Unreadable`.
    """
    if has_few(text, "[{", MAX_DEPTH) and has_few(text, ",", MAX_ELEMENTS - MAX_DEPTH - 1):
        return  # There are no more values than commas and openings, and one.
    depth, values, empty = 0, 1, 0
    for token in re.finditer(tokens, text, re.DOTALL):  # Compiled here: few mails come so far.
        match token.lastgroup:
            case "opening":  # A first value follows; another follows each comma.
                depth += 1
                values += 1
            case "comma":
                values += 1
            case "closing":
                depth -= 1
            case "empty":
                empty += 1
                check_nesting(depth + 1, values)
        check_nesting(depth, values)
        if depth < 0 or empty > values:
            return  # It is malformed: the parser stops where it is.
