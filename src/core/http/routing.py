"""Which operation a verb and a path mean (CONTRACT.md B1, A5)."""

import re
from typing import NamedTuple
from urllib.parse import unquote

from core.contract.contract import Contract, GetStatus, SendMail
from core.formats.table import BY_NAME

OPERATIONS: dict[type[Contract], frozenset[str]] = {
    SendMail: frozenset({"POST"}),
    GetStatus: frozenset({"GET", "POST"}),
}
"""Each operation, and the verbs that it takes on the routes that are named after it."""

_ROUTES: dict[tuple[str, ...], type[Contract]] = {
    ("POST", "mail", "send"): SendMail,
    ("GET", "status"): GetStatus,
    ("GET", "status", "*"): GetStatus,
}
"""Verb and path of the operations' own routes; `*` is one segment, the request's first member."""

_BY_NAME = {operation.__name__.lower(): operation for operation in OPERATIONS}
_PREDEFINED = re.compile(r"/+(\w+)/+(reply|oneway)(?:/+(.*))?", re.IGNORECASE)
_API = re.compile(r"/+api/+([^/]*)", re.IGNORECASE)
_LONGEST_NAME = 64


class Route(NamedTuple):
    """What a request is about. A `refusal` is a 405: the path is known and leads nowhere."""

    operation: type[Contract] | None
    parameter: str = ""
    """The path's own segment, as in `/Status/{MessageId}`."""
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
        if name.lower() not in BY_NAME:
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
    operation = _BY_NAME.get(name.removesuffix("[]").lower())
    if operation is None:
        shown = name[:_LONGEST_NAME]
        refusal = f"The operation '{shown}' does not exist for this service"
        return Route(None, format=format_, is_api=is_api, refusal=refusal)
    refusal = ""
    if method not in OPERATIONS[operation]:
        verb, type_ = method.title(), operation.__name__
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
    segments = [segment for segment in path.split("/") if segment]
    suffix = ""
    if segments and "." in segments[-1]:
        segments[-1], _, suffix = segments[-1].rpartition(".")
        if suffix not in BY_NAME or path.endswith("/"):
            return None
    names = tuple(segment.lower() for segment in segments)
    if operation := _ROUTES.get((method, *names)):
        return Route(operation, suffix=suffix)
    if names and (operation := _ROUTES.get((method, *names[:-1], "*"))):
        return Route(operation, parameter=segments[-1], suffix=suffix)
    return None
