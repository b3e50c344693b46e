"""Requests as API Gateway hands them to Lambda, and what Lambda tells of an invocation."""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

ONE_ROUND = 10_000
"""Milliseconds in which the dispatcher has time for one round, and not for another."""


@dataclass
class Context:
    """What Lambda tells a function about this invocation."""

    function_name: str = "test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:test"
    aws_request_id: str = "request-1"
    milliseconds: int = 29_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


def key_id(key: str) -> str:
    """Return what API Gateway calls an API key: ten characters that tell nothing about the key."""
    return hashlib.sha256(key.encode()).hexdigest()[:10]


def proxy_event(
    method: str,
    path: str,
    body: str | bytes | None = None,
    *,
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    key: str | None = "a-key",
    request_id: str = "request-1",
) -> dict[str, Any]:
    """Build the event of a Lambda proxy integration; bytes travel in base64, as binary media do.

    `key` is the API key that API Gateway has checked; None for a method that needs none.
    """
    headers = ({"x-api-key": key} if key else {}) | (headers or {})
    checked = {"apiKey": key, "apiKeyId": key_id(key)} if key else {}
    encoded = isinstance(body, bytes)
    return {
        "httpMethod": method,
        "path": path,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": query and {k: [v] for k, v in query.items()},
        "requestContext": {"requestId": request_id, "identity": checked},
        "body": base64.b64encode(body).decode() if encoded else body,
        "isBase64Encoded": encoded,
    }


def faults_of(reply: dict[str, Any]) -> set[tuple[str, str]]:
    """Return the fields and error codes of a refusal in JSON."""
    errors = json.loads(reply["body"])["ResponseStatus"]["Errors"]
    return {(error["FieldName"], error["ErrorCode"]) for error in errors}
