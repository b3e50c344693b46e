"""Signatures of Standard Webhooks 1.0 (github.com/standard-webhooks/standard-webhooks), scheme v1.

A secret is not kept anywhere: it follows from the stack's own secret, the endpoint's id and the
number of the secret. So a copy of the table does not hold any (docs/adr/0013).
"""

import base64
import hmac
from collections.abc import Iterable

_PREFIX = "whsec_"


def secret(stack_secret: str, endpoint_id: str, generation: int) -> str:
    """Return a secret of an endpoint, as its receiver needs it: `whsec_` and 32 bytes in base64.

    Raises `ValueError` without the stack's secret: anybody could sign with what follows of nothing.
    """
    if not stack_secret:
        raise ValueError("WEBHOOK_SECRET is empty")
    name = f"{endpoint_id}\n{generation}".encode()
    return _PREFIX + base64.b64encode(hmac.digest(stack_secret.encode(), name, "sha256")).decode()


def headers(webhook_id: str, at: int, body: bytes, secrets: Iterable[str]) -> dict[str, str]:
    """Return the headers of a call made at `at` (epoch seconds), signed with each secret."""
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(_signature(webhook_id, at, body, each) for each in secrets),
    }


def _signature(webhook_id: str, at: int, body: bytes, secret_: str) -> str:
    key = base64.b64decode(secret_.removeprefix(_PREFIX))
    digest = hmac.digest(key, f"{webhook_id}.{at}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"
