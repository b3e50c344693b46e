"""Which operation a request means, and in which format it wants its answer (CONTRACT.md A3)."""

from dataclasses import dataclass

from core.contract import Contract, GetStatus, Kind, SendMail, members
from core.errors import TooLarge, Unreadable
from core.formats import BY_NAME, FORMATS, JSON, Format, of_body
from core.gateway import Request

MAX_BODY_BYTES = 10_000_000
"""As API Gateway, whose limit stays when another is put in front of the function."""

ROUTES: dict[tuple[str, ...], type[Contract]] = {
    ("POST", "mail", "send"): SendMail,
    ("GET", "status"): GetStatus,
    ("GET", "status", "*"): GetStatus,
}
"""Verb and path of each operation; `*` stands for one segment, the request's first member."""


@dataclass(frozen=True, slots=True)
class Route:
    """The operation that a request names, by the type of its request."""

    operation: type[Contract]
    parameter: str = ""
    """The path's own segment, as in `/Status/{MessageId}`."""
    suffix: str = ""
    """The format that the path ends with, as in `/Mail/Send.xml`."""


def route(method: str, path: str) -> Route | None:
    """Find the route of a request; None is a 404 (also for a known path with another verb).

    Paths match in any case, with doubled slashes and one at the end; a suffix only in lower case
    and without a slash behind it.
    """
    segments = [segment for segment in path.split("/") if segment]
    suffix = ""
    if segments and "." in segments[-1]:
        segments[-1], _, suffix = segments[-1].rpartition(".")
        if suffix not in BY_NAME or path.endswith("/"):
            return None
    names = tuple(segment.lower() for segment in segments)
    if operation := ROUTES.get((method, *names)):
        return Route(operation, suffix=suffix)
    if names and (operation := ROUTES.get((method, *names[:-1], "*"))):
        return Route(operation, segments[-1], suffix)
    return None


def answer_format(request: Request, suffix: str = "") -> Format:
    """Choose the format: by path suffix, then `?format=`, then Accept, then the request's own.

    Quality values are ignored, as the original does. It answers HTML wherever nothing else is
    asked for; we mirror the request instead (B5 C).
    """
    named = next((value for key, value in request.query.items() if key.lower() == "format"), "")
    if chosen := BY_NAME.get(suffix) or BY_NAME.get(named.lower()):
        return chosen
    own = of_body(request)
    accepted = [
        entry.partition(";")[0].strip()
        for entry in request.headers.get("accept", "").lower().split(",")
    ]
    if own and request.content_type in accepted:
        return own
    for format_ in FORMATS:
        if any(entry.startswith(format_.media_types) for entry in accepted):
            return format_
    return own or JSON


def read_request(request: Request, route: Route) -> Contract:
    """Bind path, body and query string to the operation's request type, in that order.

    A query string only fills what the body left out: the original lets it override the body, which
    lets anybody who can add to a URL change a mail (B5 K). Raises `Unreadable` for a body that is
    in no known format, and `TooLarge`.
    """
    bound = _read_body(request, route.operation)
    filled = {} if not route.parameter else {members(route.operation)[0].field: route.parameter}
    query = {key.lower(): value for key, value in request.query.items() if value}
    for member in members(route.operation):
        given = query.get(member.name.lower())
        if given and member.kind is Kind.STRING and getattr(bound, member.field) is None:
            filled.setdefault(member.field, given)
    return bound.model_copy(update=filled)


def _read_body(request: Request, operation: type[Contract]) -> Contract:
    if not request.body:
        return operation()
    if len(request.body) > MAX_BODY_BYTES:
        raise TooLarge(f"The request must not be larger than {MAX_BODY_BYTES} bytes.")
    own = of_body(request)
    if own is None:
        raise Unreadable(
            "The body is in no known format. Send JSON with 'Content-Type: application/json' "
            "or XML with 'Content-Type: application/xml'."
        )
    return own.read(request, operation)
