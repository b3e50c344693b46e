"""What API Gateway does to every request before it knows which API it is for: MiniStack does not.

Its refusals here are its own: no `GatewayResponses` of the template has a say in them.

* More than 10 MB are refused, counted as they arrive, and more than 10,240 bytes of first line and
  header values
  (docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html).
* A request that breaks off calls no integration, and gets no answer.
* A body with a `Content-Encoding` is unpacked, or refused with 415
  (.../api-gateway-make-request-with-compressed-payload.html).
* A query string with a bare `|`, `{` or `}` is refused, and `;` splits it as `&` does;
  `X-HTTP-Method-Override` decides the method, and goes no further
  (.../api-gateway-known-issues.html).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local import codings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Headers = list[tuple[bytes, bytes]]

MOST_BYTES = 10_485_760
"""How large API Gateway lets a body be."""
MOST_HEAD_BYTES = 10_240
"""How large API Gateway lets the first line and the values of all headers be, together."""
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
LINE_TOO_LONG = Answer(
    414,
    f"An HTTP line is larger than {MOST_HEAD_BYTES} bytes.".encode(),
    (("content-type", "text; charset=utf-8"),),
)
HEAD_TOO_LONG = Answer(
    431,
    f"HTTP header is larger than {MOST_HEAD_BYTES} bytes.".encode(),
    (("content-type", "text; charset=utf-8"),),
)
"""This text was seen (ntsblog.homedev.com.au, "HTTP header is larger than 10240 bytes"), its status
was not written down. It is one of Netty's (netty.io), as that of `LINE_TOO_LONG` is; the statuses
are those that HTTP has for it (RFC 6585 section 5, RFC 9110 section 15.5.15)."""
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


class BrokenOff(Exception):
    """The client has left, or has sent what is no HTTP, before the end of its request."""


async def admit(
    scope: Scope, receive: Receive, minimum_compression_size: int
) -> tuple[Scope, Receive]:
    """Return a request as an API gets it, or raise `Refused` or `BrokenOff`.

    `minimum_compression_size` is the API's: smaller bodies are handed on as they came. The body is
    read to its end in any case, so that the client is there to read the answer; no more of it than
    the limit is held.
    """
    body = await _whole(receive)
    _check_head(scope)
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
        if message["type"] == "http.disconnect":
            raise BrokenOff
        piece, more = message.get("body", b""), message.get("more_body", False)
        size += len(piece)
        if size <= MOST_BYTES:
            pieces.append(piece)
        else:
            pieces.clear()
    if size > MOST_BYTES:
        raise Refused(TOO_LONG)
    return b"".join(pieces)


def _check_head(scope: Scope) -> None:
    """Refuse a request whose first line and header values are too long."""
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    line = len(f"{scope['method']}  HTTP/1.1") + len(scope["raw_path"]) + len(query)
    if line > MOST_HEAD_BYTES:
        raise Refused(LINE_TOO_LONG)
    if line + sum(len(value) for _, value in scope["headers"]) > MOST_HEAD_BYTES:
        raise Refused(HEAD_TOO_LONG)


def _once(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body, and then what comes after it."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_once() -> Message:
        return pending.pop() if pending else await receive()

    return receive_once


def _unpacked(headers: Headers, body: bytes, minimum: int) -> tuple[Headers, bytes]:
    """Return headers and body without their encoding; the coding comes before there is any body.

    What is larger than any event that Lambda takes is cut there: it is refused as one, after its
    key. What API Gateway does with it is not known.
    """
    coding = dict(headers).get(b"content-encoding", b"").strip().lower()
    if coding in (b"", b"identity"):
        return headers, body
    if coding not in codings.SUPPORTED:
        raise Refused(UNSUPPORTED)
    if len(body) < max(minimum, 1):
        return headers, body
    try:
        body = codings.unpacked(body, coding, MOST_BYTES + 1)
    except ValueError:
        raise Refused(UNSUPPORTED) from None
    kept = [pair for pair in headers if pair[0] not in _OF_ENCODED]
    return [*kept, (b"content-length", str(len(body)).encode())], body


def packing(scope: Scope, send: Send, minimum_compression_size: int) -> Send:
    """Return a `send` that packs an answer as the request's `Accept-Encoding` asks for.

    (.../api-gateway-receive-response-with-compressed-payload.html: answers of any type, unless they
    are smaller than the minimum or have a `Content-Encoding`.)
    """
    accepted = b",".join(value for name, value in scope["headers"] if name == b"accept-encoding")
    coding = codings.preferred(accepted)
    if coding is None or scope["method"] == "HEAD":
        return send

    def packed(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
        is_packed = any(name == b"content-encoding" for name, _ in headers)
        if is_packed or len(body) < max(minimum_compression_size, 1):
            return headers, body
        kept = [pair for pair in headers if pair[0] not in _OF_ENCODED]
        return [*kept, (b"content-encoding", coding)], codings.packed(body, coding)

    return changing(send, packed)


def changing(send: Send, change: Callable[[Headers, bytes], tuple[Headers, bytes]]) -> Send:
    """Return a `send` that waits for the whole answer, and hands on what `change` makes of it.

    It is given the headers, with names in lower case, and the body, and need not see to the length.
    """
    start: Message = {}
    pieces: list[bytes] = []

    async def send_changed(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
            return
        pieces.append(message.get("body", b""))
        if message.get("more_body", False):
            return
        whole, given = b"".join(pieces), [(n.lower(), v) for n, v in start["headers"]]
        headers, body = change(given, whole)
        if body is not whole:
            kept = [pair for pair in headers if pair[0] != b"content-length"]
            start["headers"] = [*kept, (b"content-length", str(len(body)).encode())]
        await send(start)
        await send({"type": "http.response.body", "body": body})

    return send_changed
