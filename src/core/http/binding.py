"""What a request asks for: its path, body and query string, bound to the operation's type."""

from collections.abc import Sequence

from core.contract.contract import Contract, Kind, members
from core.contract.errors import Unreadable
from core.contract.limits import GATEWAY_BYTES, Limits, too_large
from core.formats.jsv import read_value
from core.formats.table import BY_NAME, FORM, MULTIPART, Format, of_body
from core.http.content_encoding import inflated
from core.http.gateway import Request
from core.http.routing import Route


def read(request: Request, operation: type[Contract], route: Route, limits: Limits) -> Contract:
    """Bind path, body and query string to the operation's request type, in that order.

    A query string only fills what the body left out: the original lets it override the body, which
    lets anybody who can add to a URL change a mail (B5 K). Raises `Unreadable` for a body that is
    in no known format or beyond the limits, and `TooLarge`.
    """
    request = unpacked(request, limits)
    reader = _format(request, route).read if request.content else None
    bound = reader(request, operation) if reader else operation()
    filled: dict[str, object] = {}
    if route.parameter:
        filled[members(operation)[0].field] = route.parameter
    query = {key.lower(): value for key, value in request.query.items() if value}
    for member in members(operation):
        given = query.get(member.name.lower())
        if given and getattr(bound, member.field) is None:
            is_text = member.kind is Kind.STRING
            value = given if is_text else read_value(given, member)
            filled.setdefault(member.field, value)
    return bound.model_copy(update=filled)


def read_batch(
    request: Request, operation: type[Contract], route: Route, limits: Limits
) -> Sequence[Contract]:
    """Bind an array of requests. Raises as `read`, and `Invalid` for too many of them."""
    request = unpacked(request, limits)
    reader = _format(request, route).read_array
    if reader is None:
        raise Unreadable("An array of requests must be JSON or XML.")
    return reader(request, operation)


def unpacked(request: Request, limits: Limits) -> Request:
    """Return the request with its body inflated and bounded; twice is as good as once.

    Raises `Unreadable` and `TooLarge`.
    """
    if _is_larger(request.content, limits.body_bytes):
        raise too_large(limits.body_bytes)
    if encoding := request.headers.get("content-encoding", ""):
        request = request.unpacked(inflated(request.body, encoding, limits.body_bytes))
    return request


def _is_larger(content: str | bytes, limit: int) -> bool:
    """Say whether a body has more than `limit` bytes; text has no fewer bytes than characters.

    API Gateway has counted bytes up to its own limit: only for a lower one they are counted again.
    """
    if len(content) > limit or isinstance(content, bytes) or limit >= GATEWAY_BYTES:
        return len(content) > limit
    return not content.isascii() and len(content.encode("utf-8", "replace")) > limit


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
