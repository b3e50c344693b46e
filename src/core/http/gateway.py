"""Reads API Gateway's REST proxy events (payload version 1.0) and writes the answers to them."""

import base64
import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from core.formats.body import Body
from core.lazily import lazily
from core.message.origin import Origin

if TYPE_CHECKING:
    from core.http import traceparent
else:  # Few callers name a trace.
    traceparent = lazily("core.http.traceparent")

_MOST_STEPS = 8
"""Up from a path: no path of the API has as many. A header must stay short, whatever is asked."""
_LONGEST_ID = 64


class Request(NamedTuple):
    """One HTTP request. Header names are lower case; of a repeated header all values count.

    `method` is what `X-Http-Method-Override` says, if that is given (docs/contract.md A5).
    """

    id: str
    """API Gateway's id of the request: what an answer has in its `x-amzn-RequestId`."""
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Body
    """As it was handed over: `http.binding.unpacked` undoes its Content-Encoding."""
    caller: str
    """Who calls: the SHA-256 of the API key that API Gateway has checked, in hex, or "" if it has
    checked none. Never the key itself."""
    is_keyless: bool = False
    """Whether it came through API Gateway by a method that asks for no key."""
    origin: Origin = Origin()
    """What its mails keep of it."""

    @property
    def log_keys(self) -> dict[str, Any]:
        """What every line of a log about this request has; None: nothing in its place.

        The names are always the same, so those of one request replace those of the one before.
        """
        key_id, trace = self.origin
        return {"request_id": self.id, "key_id": key_id or None, "traceparent": trace or None}

    def unpacked(self, content: bytes) -> "Request":
        """Return the same request with a body of `content`, which is no longer compressed."""
        headers = {
            name: value for name, value in self.headers.items() if name != "content-encoding"
        }
        return self._replace(body=self.body._replace(content=content), headers=headers)


class Response(NamedTuple):
    """One HTTP answer with a text body."""

    status: HTTPStatus
    content_type: str
    body: str
    headers: Mapping[str, str] = MappingProxyType({})

    def with_headers(self, headers: Mapping[str, str]) -> "Response":
        """Return the same answer with further headers."""
        return self._replace(headers={**self.headers, **headers})


def read(event: Mapping[str, Any], *, key_in_header: bool = False) -> Request:
    """Read an API Gateway REST proxy event.

    The caller's key is the one that API Gateway says it has checked (`requestContext.identity`). A
    header says what a client pleases: it may come twice, or with a method that asks for no key. So
    it counts only in events without an `identity`, which AWS never sends, and with `key_in_header`:
    for an emulator whose events never name a key (`sam local`).

    Repeated query parameters and headers are joined with a comma, as the original does with the
    former (docs/contract.md A3.2) and RFC 9110 §5.3 allows with the latter.
    """
    headers = _joined(event, "multiValueHeaders", "headers")
    headers = {name.lower(): value for name, value in headers.items()}
    context = event.get("requestContext") or {}
    identity = context.get("identity")
    checked = identity or {}
    key = checked.get("apiKey") or ""
    if key_in_header or identity is None:
        key = key or headers.get("x-api-key", "")
    content = event.get("body") or ""
    if event.get("isBase64Encoded"):
        content = base64.b64decode(content)
    return Request(
        id=_id(context),
        method=_method(event["httpMethod"].upper(), headers.get("x-http-method-override", "")),
        path=event["path"],
        query=_joined(event, "multiValueQueryStringParameters", "queryStringParameters"),
        headers=headers,
        body=Body(content, headers.get("content-type", "")),
        caller=hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest() if key else "",
        is_keyless=identity is not None and not key,
        origin=Origin(
            key_id=checked.get("apiKeyId") or "",
            traceparent=traceparent.read(trace) if (trace := headers.get("traceparent")) else "",
        ),
    )


def write(response: Response) -> dict[str, Any]:
    """Write the answer that API Gateway expects of a proxy integration.

    Unless the answer says otherwise, nobody on its way may keep it (RFC 9111 §5.2.2.5): it names
    mails. And no browser may take it for anything but its `Content-Type`.
    """
    return {
        "statusCode": int(response.status),
        "headers": {
            "Content-Type": response.content_type,
            "Vary": "Accept",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            **response.headers,
        },
        "body": response.body,
        "isBase64Encoded": False,
    }


def help_link(path: str) -> dict[str, str]:
    """Return the header that leads from a request's path to the documentation (RFC 8288).

    It is relative, because a path may have the stage before it (`/live/Mail/Send`) of which the
    request does not tell.
    """
    up = "../" * min(path.count("/") - 1, _MOST_STEPS)
    return {"Link": f'<{up}metadata>; rel="help"'}


def _id(context: Mapping[str, Any]) -> str:
    """Return the request's id, or API Gateway's second one if it has not the form of an id.

    A caller may choose the first one itself by a header, and must not write whatever it likes into
    a log. The second one is always API Gateway's own
    (docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html).
    """
    given = context.get("requestId") or ""
    if len(given) <= _LONGEST_ID and given.isascii() and given.replace("-", "").isalnum():
        return str(given)
    return context.get("extendedRequestId") or ""


def _method(sent: str, override: str) -> str:
    """Return the verb that counts. What came as OPTIONS may have needed no key: it stays that."""
    return sent if sent == "OPTIONS" else override.strip().upper() or sent


def _joined(event: Mapping[str, Any], many: str, single: str) -> dict[str, str]:
    if event.get(many):
        return {name: ",".join(values) for name, values in event[many].items()}
    return dict(event.get(single) or {})
