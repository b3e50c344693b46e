"""Which formats there are, and what each reads and writes: one table, one entry per format."""

from collections.abc import Callable
from dataclasses import dataclass

from core import json_format, xml_format
from core.contract import Contract
from core.gateway import Request


@dataclass(frozen=True, slots=True)
class Format:
    """How one format is recognised, read and written."""

    name: str
    """Its suffix (`/Mail/Send.xml`) and its value in `?format=`."""
    media_types: tuple[str, ...]
    """What a Content-Type or an Accept header calls it."""
    answer_type: str
    """The Content-Type of an answer (CONTRACT.md A3.1)."""
    read: Callable[[Request, type[Contract]], Contract]
    write: Callable[[Contract], str]


def _read_json(request: Request, contract: type[Contract]) -> Contract:
    return json_format.read(request.body, contract)


def _read_xml(request: Request, contract: type[Contract]) -> Contract:
    return xml_format.read(request.body, contract, request.charset)


JSON = Format(
    name="json",
    media_types=("application/json", "text/json"),
    answer_type="application/json; charset=utf-8",
    read=_read_json,
    write=json_format.write,
)
XML = Format(
    name="xml",
    media_types=("application/xml", "text/xml"),
    answer_type="application/xml",
    read=_read_xml,
    write=xml_format.write,
)

FORMATS = (JSON, XML)
"""In the order in which the original prefers them when an Accept header lists several."""

BY_NAME = {format_.name: format_ for format_ in FORMATS}


def of_body(request: Request) -> Format | None:
    """Return the format of the request's body: what its Content-Type says, else what it looks like.

    The original ignores a body whose Content-Type it does not know, and sends an empty mail; we
    look at its first character (B5 B). None: there is no body, or it looks like nothing known.
    """
    for format_ in FORMATS:
        if request.content_type in format_.media_types:
            return format_
    start = request.body[:100].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1]
    return {b"{": JSON, b"[": JSON, b"<": XML}.get(start)
