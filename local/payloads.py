"""What Lambda takes from API Gateway and gives back to it: MiniStack takes and gives everything.

The limits are those of a synchronous invocation, 6 MB
(docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). In bytes they are 6,291,456 for
an event and 100 more for an answer, by Lambda's own messages
(zaccharles.medium.com/deep-dive-lambdas-request-payload-size-limit-2-2-6350c1ae5577).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_EVENT_BYTES = 6_291_456
MOST_ANSWER_BYTES = 6_291_556
_ADDED_HEADERS = {
    "X-Amzn-Trace-Id": "Root=1-674561a2-0123456789abcdef01234567",
    "X-Forwarded-For": "192.0.2.123",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Proto": "https",
}
_ADDED_CONTEXT = {
    "deploymentId": "abc123",
    "domainName": "abcdefghij.execute-api.eu-central-1.amazonaws.com",
    "domainPrefix": "abcdefghij",
}
_ADDED_IDENTITY = dict.fromkeys(
    """
    accessKey accountId caller cognitoAuthenticationProvider cognitoAuthenticationType
    cognitoIdentityId cognitoIdentityPoolId principalOrgId user userArn
    """.split()  # noqa: SIM905 - a list of quoted words is harder to read
)
"""What a regional API's events have and MiniStack's have not, as long as AWS's would be: the model
is tests/support/data/apigateway_events. A domain name of one's own may be longer or shorter."""
_ANSWER_MEMBERS = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}


def event_bytes(event: Mapping[str, Any]) -> int:
    """Return how large the event of a REST API's request would be on AWS.

    A body in base64 is a third larger there than it is; one of text has each quote, backslash and
    line break escaped, and is UTF-8 otherwise.
    """
    added = {
        "headers": event["headers"] | _ADDED_HEADERS,
        "multiValueHeaders": event["multiValueHeaders"]
        | {name: [value] for name, value in _ADDED_HEADERS.items()},
        "requestContext": event["requestContext"]
        | _ADDED_CONTEXT
        | {"identity": _ADDED_IDENTITY | event["requestContext"]["identity"]},
    }
    return _json_bytes({name: value for name, value in event.items() if name != "version"} | added)


def is_answer(payload: Any) -> bool:
    """Say whether API Gateway can make an answer of what a function has returned.

    None of the members is required, and there may be no others
    (docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html).
    """
    return (
        isinstance(payload, dict)
        and payload.keys() <= _ANSWER_MEMBERS
        and isinstance(payload.get("body") or "", str)
        and _json_bytes(payload) <= MOST_ANSWER_BYTES
    )


def _json_bytes(value: Any) -> int:
    return len(
        json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    )
