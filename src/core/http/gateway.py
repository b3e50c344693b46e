"""What API Gateway hands over and takes back: REST proxy events, payload version 1.0."""

import base64
import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, NamedTuple


class Request(NamedTuple):
    """One HTTP request. Header names are lower case; of a repeated header all values count.

    `method` is what `X-Http-Method-Override` says, if that is given (CONTRACT.md A5).
    """

    id: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content: str | bytes
    """The body as it was handed over: turning megabytes of text into bytes and back takes time."""
    caller: str
    """Who calls: the SHA-256 of the API key, in hex, or "" without one. Never the key itself."""

    @property
    def body(self) -> bytes:
        """The body's bytes. A lone surrogate cannot have come from UTF-8 and becomes `?`."""
        content = self.content
        return content.encode("utf-8", "replace") if isinstance(content, str) else content

    @property
    def start(self) -> bytes:
        """As much of the body's bytes as is needed to see what it is."""
        return self._replace(content=self.content[:2000]).body

    def unpacked(self, body: bytes) -> "Request":
        """Return the same request with `body`, which is no longer compressed."""
        headers = {name: held for name, held in self.headers.items() if name != "content-encoding"}
        return self._replace(content=body, headers=headers)

    @property
    def content_type(self) -> str:
        """The media type of the body in lower case, without parameters; "" if none is given."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str:
        """The `charset` parameter of the Content-Type in lower case; "" if none is given."""
        for parameter in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "charset":
                return value.strip().strip("\"'").lower()
        return ""


class Response(NamedTuple):
    """One HTTP answer with a text body."""

    status: HTTPStatus
    content_type: str
    body: str
    headers: Mapping[str, str] = MappingProxyType({})

    def with_headers(self, headers: Mapping[str, str]) -> "Response":
        """Return the same answer with further headers."""
        return self._replace(headers={**self.headers, **headers})


def read(event: Mapping[str, Any]) -> Request:
    """Read an API Gateway REST proxy event.

    Repeated query parameters and headers are joined with a comma, as the original does with the
    former (CONTRACT.md A3.2) and RFC 9110 §5.3 allows with the latter.
    """
    headers = _joined(event, "multiValueHeaders", "headers")
    headers = {name.lower(): value for name, value in headers.items()}
    key = headers.get("x-api-key", "")
    body = event.get("body") or ""
    context = event.get("requestContext") or {}
    return Request(
        id=context.get("requestId") or "",
        method=_method(event["httpMethod"].upper(), headers.get("x-http-method-override", "")),
        path=event["path"],
        query=_joined(event, "multiValueQueryStringParameters", "queryStringParameters"),
        headers=headers,
        content=base64.b64decode(body) if event.get("isBase64Encoded") else body,
        caller=hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest() if key else "",
    )


def write(response: Response) -> dict[str, Any]:
    """Write the answer that API Gateway expects of a proxy integration."""
    return {
        "statusCode": int(response.status),
        "headers": {"Content-Type": response.content_type, "Vary": "Accept", **response.headers},
        "body": response.body,
        "isBase64Encoded": False,
    }


def _method(sent: str, override: str) -> str:
    """Return the verb that counts. A preflight needs no API key, so it must stay one."""
    return sent if sent == "OPTIONS" else override.strip().upper() or sent


def _joined(event: Mapping[str, Any], many: str, single: str) -> dict[str, str]:
    if event.get(many):
        return {name: ",".join(values) for name, values in event[many].items()}
    return dict(event.get(single) or {})
