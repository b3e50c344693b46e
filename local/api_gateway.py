"""What API Gateway does to every request before it knows which API it is for: MiniStack does not.

Its refusals here are its own: no `GatewayResponses` of the template has a say in them.

* More than 10 MB are refused, counted as they arrive
  (docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html).
* A body with a `Content-Encoding` is unpacked, or refused with 415
  (.../api-gateway-make-request-with-compressed-payload.html).
* A query string with a bare `|`, `{` or `}` is refused, and `;` splits it as `&` does;
  `X-HTTP-Method-Override` decides the method, and goes no further
  (.../api-gateway-known-issues.html).
"""

from __future__ import annotations

import gzip
import io
import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Headers = list[tuple[bytes, bytes]]

MOST_BYTES = 10_485_760
"""How large API Gateway lets a body be."""
_OF_ENCODED = (b"content-encoding", b"content-length", b"transfer-encoding")
_OVERRIDE = b"x-http-method-override"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of API Gateway's own."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    async def send(self, send: Send) -> None:
        """Give the answer to the server (asgi.readthedocs.io)."""
        length = ("content-length", str(len(self.body)))
        headers = [(name.encode(), value.encode()) for name, value in (*self.headers, length)]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def _message(status: int, text: str, kind: str) -> Answer:
    headers = (("content-type", "application/json"), ("x-amzn-errortype", kind))
    return Answer(status, json.dumps({"message": text}).encode(), headers)


TOO_LONG = Answer(
    413,
    f"HTTP content length exceeded {MOST_BYTES} bytes.".encode(),
    (("content-type", "text; charset=utf-8"),),
)
"""As recorded from a REST API (github.com/koki-develop/lgtm-generator/issues/10)."""
EVENT_TOO_LONG = _message(413, "Request Too Long", "BadRequestException")
"""For an event that Lambda does not take. As recorded, on the same page and in
github.com/RysSuzuki/simple-api-for-quota-validation, which also saw a rare 500
`{"message": "Internal server error"}` for it; nobody saw it customised."""
UNSUPPORTED = _message(415, "Unsupported Media Type", "BadRequestException")
"""The status is documented; of the body nothing is."""
BAD_QUERY = Answer(400)
"""The status is what people saw (github.com/nestjsx/crud/issues/255); of the body nothing is known.
The request does not reach the API's log (github.com/outmoded/lout/pull/179)."""


class Refused(Exception):
    """API Gateway answers the request itself."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


async def admit(
    scope: Scope, receive: Receive, minimum_compression_size: int
) -> tuple[Scope, Receive]:
    """Return a request as an API gets it, or raise `Refused`.

    `minimum_compression_size` is the API's: smaller bodies are handed on as they came. The body is
    read to its end in any case, so that the client is there to read the answer; no more of it than
    the limit is held.
    """
    body = await _whole(receive)
    headers, body = _unpacked(scope["headers"], body, minimum_compression_size)
    query = scope["query_string"]
    if any(character in query for character in b"|{}"):
        raise Refused(BAD_QUERY)
    method = dict(headers).get(_OVERRIDE, b"").decode("ascii", "replace").strip().upper()
    admitted = {
        **scope,
        "method": method or scope["method"],
        "query_string": query.replace(b";", b"&"),
        "headers": [pair for pair in headers if pair[0] != _OVERRIDE],
    }
    return admitted, _once(body, receive)


async def _whole(receive: Receive) -> bytes:
    """Return the body of a request, or what has come of it."""
    pieces: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        piece, more = message.get("body", b""), message.get("more_body", False)
        size += len(piece)
        if size <= MOST_BYTES:
            pieces.append(piece)
        else:
            pieces.clear()
    if size > MOST_BYTES:
        raise Refused(TOO_LONG)
    return b"".join(pieces)


def _once(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body, and then what comes after it."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_once() -> Message:
        return pending.pop() if pending else await receive()

    return receive_once


def _unpacked(headers: Headers, body: bytes, minimum: int) -> tuple[Headers, bytes]:
    """Return headers and body without their encoding."""
    encoding = dict(headers).get(b"content-encoding", b"").strip().lower()
    if not body or encoding in (b"", b"identity") or len(body) < minimum:
        return headers, body
    body = _decoded(body, encoding)
    kept = [pair for pair in headers if pair[0] not in _OF_ENCODED]
    return [*kept, (b"content-length", str(len(body)).encode())], body


def _decoded(packed: bytes, encoding: bytes) -> bytes:
    """Undo one of the content codings that API Gateway supports.

    What is larger than any event that Lambda takes is refused as one: what API Gateway does with it
    is not known.
    """
    try:
        if encoding == b"gzip":
            content = gzip.GzipFile(fileobj=io.BytesIO(packed)).read(MOST_BYTES + 1)
        elif encoding == b"deflate":
            stream = zlib.decompressobj()
            content = stream.decompress(packed, MOST_BYTES + 1)
            if len(content) <= MOST_BYTES and (not stream.eof or stream.unused_data):
                raise Refused(UNSUPPORTED)
        else:
            raise Refused(UNSUPPORTED)
    except (OSError, EOFError, zlib.error):
        raise Refused(UNSUPPORTED) from None
    if len(content) > MOST_BYTES:
        raise Refused(EVENT_TOO_LONG)
    return content
