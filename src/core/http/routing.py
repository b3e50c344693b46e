"""Finds the operation that a verb and a path mean (docs/contract.md A5, B1)."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import unquote

from core.contract.operations import OPERATIONS, OPERATIONS_BY_NAME, Operation
from core.formats.table import FORMATS_BY_NAME

type _Segments = tuple[str, ...]

_PATHS: tuple[tuple[Operation, _Segments], ...] = tuple(
    (operation, tuple(path.strip("/").split("/")))
    for operation in OPERATIONS
    for path in operation.paths
)
"""The operations' own paths, taken apart; `{Member}` stands for any segment."""
_PREDEFINED = re.compile(r"/+(\w+)/+(reply|oneway)(?:/+(.*))?", re.IGNORECASE)
_API = re.compile(r"/+api/+([^/]*)", re.IGNORECASE)
_LONGEST_NAME = 64


class Route(NamedTuple):
    """What a request is about. A `refusal` is a 405: the path is known and leads nowhere."""

    operation: Operation | None
    parameters: Mapping[str, str] = MappingProxyType({})
    """The members of the request that the path holds, as in `/Status/{MessageId}`."""
    suffix: str = ""
    """The format of the answer that the path ends with, as in `/Mail/Send.xml`."""
    format: str = ""
    """The format of request and answer that the path starts with, as in `/xml/reply/SendMail`."""
    is_api: bool = False
    is_batch: bool = False
    is_oneway: bool = False
    refusal: str = ""


def find(method: str, path: str) -> Route | None:
    """Find the route of a request; None is a 404 (also for a known path with another verb).

    Paths match in any case and with doubled slashes. The operations' own routes may have a slash
    or a suffix (in lower case) at their end, those named after them may not.
    """
    path = unquote(path)
    if predefined := _PREDEFINED.fullmatch(path):
        name, way, operation = predefined.groups()
        if name.lower() not in FORMATS_BY_NAME:
            return None
        return _named(method, operation or way, format_=name.lower(), is_oneway=_is_oneway(way))
    if api := _API.fullmatch(path):
        route = _named(method, api[1], is_api=True)
        return route if route.operation else None
    return _own(method, path)


def _is_oneway(way: str) -> bool:
    return way.lower() == "oneway"


def _named(
    method: str, name: str, *, format_: str = "", is_api: bool = False, is_oneway: bool = False
) -> Route:
    """Find a route that is named after its operation: `SendMail`, or `SendMail[]` for a batch."""
    is_batch = name.endswith("[]")
    operation = OPERATIONS_BY_NAME.get(name.removesuffix("[]").lower())
    if operation is None:
        shown = name[:_LONGEST_NAME]
        refusal = f"The operation '{shown}' does not exist for this service"
        return Route(None, format=format_, is_api=is_api, refusal=refusal)
    refusal = ""
    if method != operation.verb and method not in operation.other_verbs:
        verb, type_ = method.title(), operation.name
        refusal = (
            f"Could not find method named {verb}({type_}) or Any({type_}) on Service MailService"
        )
    return Route(
        operation,
        format=format_,
        is_api=is_api,
        is_batch=is_batch,
        is_oneway=is_oneway,
        refusal=refusal,
    )


def _own(method: str, path: str) -> Route | None:
    """Find one of the operations' own paths; a literal segment counts more than a parameter."""
    segments = [segment for segment in path.split("/") if segment]
    suffix = ""
    if segments and "." in segments[-1]:
        segments[-1], _, suffix = segments[-1].rpartition(".")
        if suffix not in FORMATS_BY_NAME or path.endswith("/"):
            return None
    fitting = [
        (operation, parameters)
        for operation, pattern in _PATHS
        if (parameters := _parameters(pattern, tuple(segments))) is not None
    ]
    # `GET /Mail/Send` is no mail whose id is "Send", but a known path with another verb.
    fewest = min((len(parameters) for _, parameters in fitting), default=0)
    for operation, parameters in fitting:
        if len(parameters) == fewest and method == operation.verb:
            return Route(operation, parameters, suffix=suffix)
    return None


def _parameters(pattern: _Segments, segments: _Segments) -> dict[str, str] | None:
    """Return what the segments are that `pattern` names; None if they do not fit it."""
    if len(pattern) != len(segments):
        return None
    parameters = {}
    for expected, segment in zip(pattern, segments, strict=True):
        if expected.startswith("{"):
            parameters[expected.strip("{}")] = segment
        elif expected.lower() != segment.lower():
            return None
    return parameters
