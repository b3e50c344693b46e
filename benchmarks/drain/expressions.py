"""DynamoDB's expressions, as far as the service uses them; any other raises `Unknown`.

DynamoDB developer guide, "Condition and filter expressions, operators, and functions" and "Update
expressions". An item and a value are as DynamoDB's API has them: `{"S": "a"}`, `{"N": "1"}`.
"""

from __future__ import annotations

import operator
import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    type Item = Mapping[str, Any]
    type _Operand = Callable[[Item, Given], Any]
    type _Condition = Callable[[Item, Given], bool]
    type _Change = Callable[[dict[str, Any], Item, Given], None]


class Unknown(Exception):
    """The stand-in does not know what it is asked."""


class Given(NamedTuple):
    """What a request gives with its expressions."""

    names: Mapping[str, str]
    values: Mapping[str, Any]


_TOKEN = re.compile(r"\s*([#:]?[A-Za-z_]\w*|<=|>=|[=<>(),+])")
_COMPARED = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def plain(value: Mapping[str, Any] | None) -> Any:
    """Return a text or a whole number as such, for comparing; None if there is none."""
    match value:
        case None:
            return None
        case {"S": str(text)}:
            return text
        case {"N": str(number)}:
            return int(number)
        case _:
            raise Unknown(f"values such as {value}")


class _Reader:
    """The words of an expression, one after the other."""

    def __init__(self, text: str) -> None:
        self._text, self._words, place = text, [], 0
        while text[place:].strip():
            found = _TOKEN.match(text, place)
            if not found:
                raise Unknown(text)
            self._words.append(found[1])
            place = found.end()

    @property
    def next(self) -> str:
        return self._words[0] if self._words else ""

    def take(self, *expected: str) -> str:
        if not self._words or (expected and self.next not in expected):
            raise Unknown(self._text)
        return self._words.pop(0)

    def takes(self, word: str) -> bool:
        return self.next == word and bool(self._words.pop(0))

    def operand(self) -> _Operand:
        word = self.take()
        if word.startswith(":"):
            return lambda _, given: given.values[word]
        name = self.name(word)
        return lambda item, given: item.get(name(given))

    def name(self, word: str) -> Callable[[Given], str]:
        if not re.fullmatch(r"#?[A-Za-z_]\w*", word):
            raise Unknown(self._text)
        return (lambda given: given.names[word]) if word.startswith("#") else (lambda _: word)


@cache
def condition(text: str) -> _Condition:
    """Return what says whether an item ({} if there is none) fulfils a condition."""
    reader = _Reader(text)
    found = _either(reader)
    if reader.next:
        raise Unknown(text)
    return found


def _either(reader: _Reader) -> _Condition:
    parts = [_both(reader)]
    while reader.takes("OR"):
        parts.append(_both(reader))
    return lambda item, given: any(part(item, given) for part in parts)


def _both(reader: _Reader) -> _Condition:
    parts = [_one(reader)]
    while reader.takes("AND"):
        parts.append(_one(reader))
    return lambda item, given: all(part(item, given) for part in parts)


def _one(reader: _Reader) -> _Condition:
    if reader.takes("("):
        inner = _either(reader)
        reader.take(")")
        return inner
    if reader.next in ("attribute_not_exists", "attribute_exists"):
        return _existence(reader)
    left = reader.operand()
    if reader.takes("BETWEEN"):
        least = reader.operand()
        reader.take("AND")
        most = reader.operand()
        return lambda item, given: (
            _holds(operator.le, least(item, given), left(item, given))
            and _holds(operator.le, left(item, given), most(item, given))
        )
    compared = _COMPARED[reader.take(*_COMPARED)]
    right = reader.operand()
    return lambda item, given: _holds(compared, left(item, given), right(item, given))


def _existence(reader: _Reader) -> _Condition:
    is_wanted = reader.take() == "attribute_exists"
    reader.take("(")
    name = reader.name(reader.take())
    reader.take(")")
    return lambda item, given: (name(given) in item) is is_wanted


def _holds(compared: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    """Compare two values; what is missing, or of another type, compares with nothing."""
    one, other = plain(left), plain(right)
    return type(one) is type(other) and one is not None and compared(one, other)


@cache
def update(text: str) -> _Change:
    """Return what changes an item, given it and how it was before."""
    reader, changes = _Reader(text), []
    while reader.next:
        change = {"SET": _set, "ADD": _add}[reader.take("SET", "ADD")]
        changes.append(change(reader))
        while reader.takes(","):
            changes.append(change(reader))

    def changed(item: dict[str, Any], before: Item, given: Given) -> None:
        for each in changes:
            each(item, before, given)

    return changed


def _set(reader: _Reader) -> _Change:
    name = reader.name(reader.take())
    reader.take("=")
    first = reader.operand()
    second = reader.operand() if reader.takes("+") else None

    def change(item: dict[str, Any], before: Item, given: Given) -> None:
        value = first(before, given)
        if second:
            value = _sum(value, second(before, given))
        elif value is None:
            raise Unknown("SET to what an item has not")
        item[name(given)] = value

    return change


def _add(reader: _Reader) -> _Change:
    name, more = reader.name(reader.take()), reader.operand()

    def change(item: dict[str, Any], before: Item, given: Given) -> None:
        place = name(given)
        item[place] = _sum(before.get(place, {"N": "0"}), more(before, given))

    return change


def _sum(one: Any, other: Any) -> dict[str, str]:
    match one, other:
        case {"N": str(first)}, {"N": str(second)}:
            return {"N": str(int(first) + int(second))}
        case _:
            raise Unknown(f"the sum of {one} and {other}")


class Wanted(NamedTuple):
    """What a query reads: a partition, and of it what lies between two range keys."""

    partition: str
    least: Any
    """None: from the first on."""
    most: Any
    """None: to the last."""


def key_condition(text: str, hash_key: str, range_key: str, values: Mapping[str, Any]) -> Wanted:
    """Return what a query reads of a table or an index with these keys."""
    match text.split():
        case [first, "=", of] if first == hash_key:
            return Wanted(values[of], None, None)
        case [first, "=", of, "AND", *second] if first == hash_key:
            match second:
                case [name, ">=", least] if name == range_key:
                    return Wanted(values[of], values[least], None)
                case [name, "<=", most] if name == range_key:
                    return Wanted(values[of], None, values[most])
                case [name, "BETWEEN", least, "AND", most] if name == range_key:
                    return Wanted(values[of], values[least], values[most])
    raise Unknown(text)
