"""Writes a sample of a request and of its answer in each format, with the formats' own writers."""

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from core.contract.members import Contract, Kind, Member, members
from core.formats import json as json_format
from core.formats import xml as xml_format
from core.metadata.types import sample

_ELEMENT = re.compile(r"<([^\s/>]+)[^>]*>[^<]*</\1>|<[^>]+>")
"""An element that holds text alone, or a single tag."""


@dataclass(frozen=True, slots=True)
class Tab:
    """One format, as its page shows it."""

    name: str
    title: str
    media_type: str
    write: Callable[[Contract], str]

    def show(self, contract: type[Contract]) -> str:
        """Write a sample of `contract`."""
        return self.write(sample(contract))


def indented_xml(answer: Contract) -> str:
    """Write `answer` as XML in lines, without a declaration."""
    lines, depth = [], 0
    document = xml_format.write(answer).removeprefix(xml_format.DECLARATION)
    for match in _ELEMENT.finditer(document):
        element = match[0]
        depth -= element.startswith("</")
        lines.append("  " * depth + element)
        opens = not match[1] and not element.startswith("</") and not element.endswith("/>")
        depth += opens
    return "\n".join(lines)


def indented_jsv(answer: Contract) -> str:
    """Write `answer` as JSV in lines, as ServiceStack.Text's `Dump` does."""
    return "\n".join(_object(answer, depth=0))


def _object(answer: Contract, depth: int) -> Iterator[str]:
    tabs = "\t" * depth
    yield f"{tabs}{{"
    written = [
        "\n".join(_member(value, member, depth + 1))
        for member in members(type(answer))
        if (value := getattr(answer, member.field)) is not None
    ]
    yield ",\n".join(written)
    yield f"{tabs}}}"


def _member(value: Any, member: Member, depth: int) -> Iterator[str]:
    tabs = "\t" * depth
    match member.kind:
        case Kind.LIST:
            yield f"{tabs}{member.name}: "
            yield f"{tabs}["
            yield ",\n".join("\n".join(_object(item, depth + 1)) for item in value)
            yield f"{tabs}]"
        case Kind.TEXTS:
            yield f"{tabs}{member.name}: "
            yield f"{tabs}["
            yield ",\n".join(f"{tabs}\t{text}" for text in value)
            yield f"{tabs}]"
        case Kind.BYTES:
            yield f"{tabs}{member.name}: {base64.b64encode(value).decode()}"
        case _:
            yield f"{tabs}{member.name}: {value}"


TABS = {
    tab.name: tab
    for tab in (
        Tab("xml", "XML", "application/xml", indented_xml),
        Tab("json", "JSON", "application/json", json_format.write),
        Tab("jsv", "JSV", "text/jsv", indented_jsv),
        # The original shows JSON here too (docs/contract.md A7).
        Tab("csv", "CSV", "text/csv", json_format.write),
    )
}
