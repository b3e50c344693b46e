"""Binds what a request asks for, in path, body and query string, to its operation's type."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.contract.errors import Unbindable, Unreadable
from core.contract.limits import GATEWAY_BYTES, Limits, too_large
from core.contract.members import Contract, Kind, members, members_by_name
from core.contract.operations import Operation
from core.formats.body import Body
from core.formats.jsv import read_value
from core.formats.table import FORM, FORMATS_BY_NAME, MULTIPART, Format, of_body
from core.http.content_encoding import inflated
from core.http.gateway import Request
from core.http.other_format import advice_on, pointed_out
from core.http.routing import Route
from core.lazily import lazily
from core.submission import arrays

if TYPE_CHECKING:
    from core.formats import form
else:  # Most bodies are JSON.
    form = lazily("core.formats.form")
_MAGIC = 8
"""How many characters at the start show what a body is that was packed."""
_OWN = frozenset({"format", "callback", "jsconfig", "_"})
"""Parameters of a query string that are about the answer, in lower case; and the `_` with which a
browser's script sees to it that nobody answers from a cache."""


def read(request: Request, operation: Operation, route: Route, limits: Limits) -> Contract:
    """Bind path, body and query string to the operation's request type, in that order.

    A query string only fills what the body left out: the original lets it override the body, which
    lets anybody who can add to a URL change a mail (docs/contract.md B5 K). Raises `Unreadable` for
    a body that is in no known format or beyond the limits, and `TooLarge`.
    """
    body = unpacked(request, limits).body
    with _naming(operation):
        bound = _from_body(body, operation, route) if body.content else operation.request()
        bound = _filled(request, bound)
    by_name = members_by_name(operation.request)
    path = {by_name[name.lower()].field: text for name, text in route.parameters.items()}
    return bound.model_copy(update=path)


def read_batch(
    request: Request, operation: Operation, route: Route, limits: Limits
) -> Sequence[Contract]:
    """Bind an array of requests. Whatever the query string would fill in is ignored, with a note.

    Raises as `read`, and `Invalid` for too many of them, or too much in all (`arrays.check`).
    """
    body = unpacked(request, limits).body
    format_ = _format(body, route)
    reader = format_.read_array
    if reader is None:
        raise Unreadable("An array of requests must be JSON or XML.")
    with _naming(operation), pointed_out(body, format_, route):
        requests = reader(body, operation.request)
    arrays.check(f"{operation.name}[]", requests)
    if request.query and requests:
        requests = [requests[0].ignoring(_given(request)), *requests[1:]]
    return requests


def _from_body(body: Body, operation: Operation, route: Route) -> Contract:
    format_ = _format(body, route)
    with pointed_out(body, format_, route):
        bound = format_.read(body, operation.request) if format_.read else operation.request()
        if format_ is FORM and bound == operation.request() and advice_on(body, FORM, route):
            raise Unreadable("The form has no field that is known.")
    return bound


def _filled(request: Request, bound: Contract) -> Contract:
    """Return `bound` with the members that it lacks and the query string has."""
    if not request.query:
        return bound
    query = {name.lower(): value for name, value in request.query.items() if value}
    values = {
        member.name: text if member.kind is Kind.STRING else read_value(text, member)
        for member in members(type(bound))
        if (text := query.get(member.name.lower())) and getattr(bound, member.field) is None
    }
    by_name = members_by_name(type(bound))
    unknown = [name for name in _given(request) if name.lower() not in by_name]
    asked = type(bound).of(values, unknown)
    fields = [by_name[name.lower()].field for name in values]
    filled = bound.model_copy(update={field: getattr(asked, field) for field in fields})
    return filled.ignoring(asked.ignored)


def _given(request: Request) -> list[str]:
    """Return the names in the query string that have a value and are not about the answer."""
    return [name for name, value in request.query.items() if value and name.lower() not in _OWN]


@contextmanager
def _naming(operation: Operation) -> Iterator[None]:
    """Put the operation's name into errors about a member: the formats do not know it."""
    try:
        yield
    except Unbindable as error:
        raise error.of(operation.name) from None


def unpacked(request: Request, limits: Limits) -> Request:
    """Return the request with its body inflated, bounded, and out of a form's clothes.

    Twice is as good as once. Raises `Unreadable` and `TooLarge`.
    """
    if _is_larger(request.body.content, limits.body_bytes):
        raise too_large(limits.body_bytes)
    if encoding := request.headers.get("content-encoding", ""):
        _refuse_decoded(request.body.content)
        content = inflated(request.body.data, encoding, limits.body_bytes)
        request = request.unpacked(content)
    if request.body.media_type in FORM.media_types:
        request = request._replace(body=form.document(request.body))
    return request


def _refuse_decoded(packed: str | bytes) -> None:
    """Refuse a compressed body that API Gateway has decoded as UTF-8: its bytes are lost.

    gzip and zlib begin with bytes that are no UTF-8 (RFC 1952 §2.3.1, RFC 1950 §2.2). What API
    Gateway has unpacked first begins with a document.
    """
    if isinstance(packed, str) and "\ufffd" in packed[:_MAGIC]:
        raise Unreadable(
            "The compressed body arrived damaged: on its way it was decoded as text. Send it "
            "without compression and without the header 'Content-Encoding'."
        )


def _is_larger(content: str | bytes, limit: int) -> bool:
    """Say whether a body has more than `limit` bytes; text has no fewer bytes than characters.

    API Gateway has counted bytes up to its own limit: only for a lower one they are counted again.
    """
    if len(content) > limit or isinstance(content, bytes) or limit >= GATEWAY_BYTES:
        return len(content) > limit
    return not content.isascii() and len(content.encode("utf-8", "replace")) > limit


def _format(body: Body, route: Route) -> Format:
    """Return the format of a body: a form is one; else the path says it, else the body itself."""
    own = of_body(body)
    chosen = own if own in (FORM, MULTIPART) or not route.format else FORMATS_BY_NAME[route.format]
    if chosen is None or chosen.read is None:
        chosen = own
    if chosen is None:
        advice = advice_on(body, None, route) or (
            "Send JSON with 'Content-Type: application/json' or XML with "
            "'Content-Type: application/xml'."
        )
        raise Unreadable(f"The body is in no known format. {advice}")
    return chosen
