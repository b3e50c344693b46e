"""Proxy events as API Gateway hands them to Lambda: recorded ones, and ours in their shape."""

import copy
import json
from typing import Any

from support.paths import APIGATEWAY_EVENTS

EVENTS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text("utf-8"))
    for path in sorted(APIGATEWAY_EVENTS.glob("*.json"))
}
"""The recorded events by their names. What changes with each run is a `<placeholder>`."""
for _event in EVENTS.values():  # A list, too, was recorded as a placeholder.
    _event["multiValueHeaders"] |= {
        name: [values]
        for name, values in _event["multiValueHeaders"].items()
        if values == str(values)
    }


def recorded(
    name: str,
    *,
    path: str | None = None,
    headers: dict[str, str] | None = None,
    key: str | None = "a-key",
    **members: Any,
) -> dict[str, Any]:
    """Return a recorded event with another path, further headers and members, and a checked key."""
    event = copy.deepcopy(EVENTS[name]) | members
    if path is not None:
        context_path = event["requestContext"]["stage"] + path
        event |= {"path": path, "pathParameters": {"proxy": path.strip("/")}}
        event["requestContext"]["path"] = f"/{context_path}"
    for header, value in (headers or {}).items():
        event["headers"][header] = value
        event["multiValueHeaders"][header] = [value]
    if key:
        event["requestContext"]["identity"] |= {"apiKey": key, "apiKeyId": "abc"}
    return event
