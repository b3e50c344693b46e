"""Tells a caller whose body looks like another format than the one it is read as (B5 Q).

The wrong `Content-Type`, or none, is the commonest mistake of a first request; what a reader of
XML says about JSON helps nobody to find it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from core.contract.errors import Unbindable, Unreadable
from core.formats.body import Body
from core.formats.table import FORM, JSON, JSV, MULTIPART, Format, looked_at
from core.http.routing import Route


@contextmanager
def pointed_out(body: Body, read_as: Format, route: Route) -> Iterator[None]:
    """Let an `Unreadable` that leaves the `with` block say which format the body looks like."""
    try:
        yield
    except Unbindable:
        raise  # It is in the right format.
    except Unreadable as error:
        advice = "" if error.faults else advice_on(body, read_as, route)
        if not advice:
            raise
        name = read_as.name.upper() or "a form"
        raise Unreadable(f"The body cannot be read as {name}. {advice}") from None


def advice_on(body: Body, read_as: Format | None, route: Route) -> str:
    """Return what the caller should send instead, as a sentence; "" if nothing is plain.

    `read_as` is None if nobody knew how to read the body.
    """
    if _is_like_multipart(body) and read_as is not MULTIPART:
        return (
            "It looks like multipart/form-data: let the client set the 'Content-Type', which must "
            "name its boundary."
        )
    looks = looked_at(body) or (FORM if _is_like_a_form(body) else None)
    if looks in (None, read_as) or (looks is JSON and read_as is JSV):
        return ""
    name = looks.name.upper() or "a form"
    if route.format and looks is not FORM:
        return f"It looks like {name}, but its path says {route.format.upper()}: use /Mail/Send."
    return f"It looks like {name}: send it with 'Content-Type: {looks.media_types[0]}'."


def _is_like_multipart(body: Body) -> bool:
    """Say whether a body begins with a delimiter line and a part's headers (RFC 2046 §5.1.1)."""
    start = body.start.lstrip().lower()
    return start.startswith(b"--") and b"\ncontent-disposition:" in start


def _is_like_a_form(body: Body) -> bool:
    name, equals, _ = body.start.partition(b"=")
    return bool(equals) and name.strip().isalnum()
