"""What a request asks for: its path, body and query string, bound to the operation's type."""

from collections.abc import Sequence

from core.contract import Contract, Kind, members
from core.errors import Fault, Invalid, TooLarge, Unreadable
from core.formats import BY_NAME, FORM, MULTIPART, Format, of_body
from core.gateway import Request
from core.inflate import inflated
from core.jsv_format import read_value
from core.routing import Route

MAX_BODY_BYTES = 10_000_000
"""As API Gateway, whose limit stays when another is put in front; also for an inflated body."""
MAX_BATCH = 100
"""How many requests one array may hold: more would not be done before API Gateway gives up."""


def read(request: Request, operation: type[Contract], route: Route) -> Contract:
    """Bind path, body and query string to the operation's request type, in that order.

    A query string only fills what the body left out: the original lets it override the body, which
    lets anybody who can add to a URL change a mail (B5 K). Raises `Unreadable` for a body that is
    in no known format, and `TooLarge`.
    """
    request = unpacked(request)
    reader = _format(request, route).read if request.content else None
    bound = reader(request, operation) if reader else operation()
    filled: dict[str, object] = {}
    if route.parameter:
        filled[members(operation)[0].field] = route.parameter
    query = {key.lower(): value for key, value in request.query.items() if value}
    for member in members(operation):
        given = query.get(member.name.lower())
        if given and getattr(bound, member.field) is None:
            value = given if member.kind is Kind.STRING else read_value(given, member)
            filled.setdefault(member.field, value)
    return bound.model_copy(update=filled)


def read_batch(request: Request, operation: type[Contract], route: Route) -> Sequence[Contract]:
    """Bind an array of requests. Raises as `read`, and `Invalid` for more than `MAX_BATCH`."""
    request = unpacked(request)
    reader = _format(request, route).read_array
    if reader is None:
        raise Unreadable("An array of requests must be JSON or XML.")
    bound = reader(request, operation)
    if len(bound) > MAX_BATCH:
        message = f"An array must not hold more than {MAX_BATCH} requests."
        raise Invalid(Fault(f"{operation.__name__}[]", "TooManyItems", message))
    return bound


def unpacked(request: Request) -> Request:
    """Return the request with its body inflated and bounded; twice is as good as once.

    Raises `Unreadable` and `TooLarge`.
    """
    if encoding := request.headers.get("content-encoding", ""):
        request = request.unpacked(inflated(request.body, encoding, MAX_BODY_BYTES))
    # Text has no fewer bytes than characters, and API Gateway has counted those bytes.
    if len(request.content) > MAX_BODY_BYTES:
        raise TooLarge(f"The request must not be larger than {MAX_BODY_BYTES} bytes.")
    return request


def _format(request: Request, route: Route) -> Format:
    """Choose the body's format: the path's, unless it is a form; else the body's own."""
    own = of_body(request)
    found = own if own in (FORM, MULTIPART) or not route.format else BY_NAME[route.format]
    if found is None or found.read is None:
        found = own
    if found is None:
        raise Unreadable(
            "The body is in no known format. Send JSON with 'Content-Type: application/json' "
            "or XML with 'Content-Type: application/xml'."
        )
    return found
