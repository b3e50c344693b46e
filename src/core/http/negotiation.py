"""Finds in which format a request wants its answer, and in which style.

The rules are in docs/contract.md A3.1 (formats) and A3.4 (styles of JSON).
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.contract.contract import ErrorResponse
from core.contract.members import Contract
from core.formats.json import PLAIN, Style
from core.formats.table import FORM, FORMATS, FORMATS_BY_NAME, JSON, MULTIPART, Format, of_body
from core.http.gateway import Request
from core.http.routing import Route

_NO_NAME = re.compile(r"[^A-Za-z0-9_]")
_FIRST_NAME: dict[Format | None, re.Pattern[bytes]] = {
    FORM: re.compile(rb"([A-Za-z])"),
    MULTIPART: re.compile(rb'(?s).{0,1000}?;\s*name="?([A-Za-z])'),
}
_FIRST_JSON_NAME = re.compile(rb'[\s\xef\xbb\xbf]*+\[?\s*+\{\s*+"([A-Za-z])')


class Rendering(NamedTuple):
    """How to write the answer, or the refusal, of one request."""

    format: Format
    style: Style = PLAIN
    callback: str = ""
    """The function that a JSONP answer calls."""
    item: type[Contract] = ErrorResponse
    """The type of the answers in an array, which may be empty."""

    @property
    def content_type(self) -> str:
        """The answer's Content-Type."""
        return "text/javascript" if self.callback else self.format.answer_type

    def render(self, answer: Contract | Sequence[Contract]) -> str:
        """Write one answer, or the array of a batch's."""
        if isinstance(answer, Contract):
            text = self.format.write(answer, self.style)
        else:
            text = self.format.write_array(answer, self.item, self.style)
        return f"{self.callback}({text})" if self.callback else text


def negotiate(request: Request, route: Route) -> Rendering:
    """Choose how to answer; a `?callback=` is JSONP and beats everything else."""
    query = {name.lower(): value for name, value in request.query.items()}
    style = _style(query.get("jsconfig", ""))
    if route.is_api and _is_camel_case(request):
        # Generated clients of today read no other names (docs/contract.md B5 H).
        style = Style(camel_case=True)
    callback = _NO_NAME.sub("_", query.get("callback", ""))
    format_ = JSON if callback else _format(request, route, query)
    item = route.operation.response if route.operation else ErrorResponse
    return Rendering(format_, style, callback, item)


def _format(request: Request, route: Route, query: Mapping[str, str]) -> Format:
    """Choose the format: by path, then `?format=`, then Accept, then the request's own.

    Quality values are ignored, as the original does. It answers HTML wherever nothing else is
    asked for; we mirror the request instead (docs/contract.md B5 C).
    """
    for name in (route.suffix, query.get("format", "").lower(), route.format):
        if name in FORMATS_BY_NAME:
            return FORMATS_BY_NAME[name]
    own = of_body(request.body)
    own = own if own and own.name else None
    header = request.headers.get("accept", "").lower()
    accepted = [entry.partition(";")[0].strip() for entry in header.split(",")]
    if own and request.body.media_type in accepted:
        return own
    for format_ in FORMATS:
        if format_.name and any(entry.startswith(format_.media_types) for entry in accepted):
            return format_
    return own or JSON


def _style(jsconfig: str) -> Style:
    """Read `?jsconfig=EmitCamelCaseNames:true,inv`; names may be their capitals, as `eccn`."""
    settings = {}
    for entry in jsconfig.lower().split(","):
        name, _, value = entry.partition(":")
        settings[name.strip()] = value.strip()
    is_camel_case = settings.get("tc") == "camelcase"
    return Style(
        camel_case=is_camel_case or _is_on(settings, "emitcamelcasenames", "eccn"),
        nulls=_is_on(settings, "includenullvalues", "inv"),
        defaults=not _is_on(settings, "excludedefaultvalues", "edv"),
        enum_numbers=_is_on(settings, "treatenumasinteger", "teai"),
    )


def _is_on(settings: Mapping[str, str], *names: str) -> bool:
    return any(settings.get(name, "false") in ("", "true", "1") for name in names)


def _is_camel_case(request: Request) -> bool:
    """Say whether the caller's own names start in lower case, in the body or else the query."""
    pattern = _FIRST_NAME.get(of_body(request.body), _FIRST_JSON_NAME)
    if first := pattern.match(request.body.start):
        return first[1].islower()
    return any(name[:1].islower() for name in request.query if name.lower() != "format")
