"""Writes the CORS headers: which web pages may call the service from a browser.

Off unless configured (docs/contract.md A8).
"""

from collections.abc import Collection

ANYWHERE = "*"
_ALWAYS = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, X-Api-Key, Idempotency-Key, Prefer, traceparent",
    "Access-Control-Expose-Headers": (
        "Idempotent-Replayed, Link, Preference-Applied, X-Amzn-RequestId, X-AutoBatch-Completed,"
        " X-Ignored"
    ),
    "Access-Control-Max-Age": "600",
}


def headers(origin: str, allowed: Collection[str]) -> dict[str, str]:
    """Return the headers of an answer to a page of `origin`; none if it may not read it.

    A listed origin may send credentials, as ServiceStack's TypeScript client always does; with
    `*`, browsers allow none.
    """
    if ANYWHERE in allowed:
        return {"Access-Control-Allow-Origin": ANYWHERE, **_ALWAYS}
    if origin not in allowed:
        return {"Vary": "Accept, Origin"} if allowed else {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Vary": "Accept, Origin",
        **_ALWAYS,
    }
