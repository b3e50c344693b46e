"""A receiver of webhooks for a developer's machine: it prints what arrives."""

from __future__ import annotations

import hmac
import json
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from core.webhooks import signing
from tooling.ports import HERE, require_free

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MOST = 65_536
"""How many bytes of a body are read: those of a webhook have fewer than 20,000."""
_SECONDS = 300
"""How far a call's time may be from this machine's."""


def listen(port: int, secret: str) -> None:
    """Print each call that arrives at a port of this machine, until Ctrl-C.

    Raises `ValueError` for what is no secret, and if something else listens at the port.
    """
    _require_secret(secret)
    require_free(port, "--port")
    with server(port, secret, print) as made:
        print(f"Listening at http://{HERE}:{made.server_port}/ until Ctrl-C.", flush=True)
        made.serve_forever()


def _require_secret(secret: str) -> None:
    try:
        if secret:
            signing.headers("", 0, b"", [secret])
    except ValueError:
        raise ValueError(
            "A secret is whsec_ and base64 behind it, as the webhook's first answer had it."
        ) from None


def server(port: int, secret: str, say: Callable[[str], None]) -> ThreadingHTTPServer:
    """Make a server that says what each call holds, and answers 204.

    With a secret it answers 401 to a call that is not signed with it. Port 0 is any that is free.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            length = headers.get("content-length", "")
            body = self.rfile.read(min(int(length), _MOST)) if length.isdecimal() else b""
            fault = fault_in(headers, body, secret, time.time()) if secret else ""
            say(told(headers, body, fault, is_checked=bool(secret)))
            self.send_response(HTTPStatus.UNAUTHORIZED if fault else HTTPStatus.NO_CONTENT)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Keep silent: what is worth a line is said above."""

    return ThreadingHTTPServer((HERE, port), Handler)


def fault_in(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> str:
    """Say what is wrong with a call's signature (Standard Webhooks 1.0); "" for nothing."""
    at = headers.get("webhook-timestamp", "")
    if not (at.isascii() and at.isdecimal()):
        return "no webhook-timestamp"
    if abs(now - int(at)) > _SECONDS:
        return "made more than 5 minutes ago, or the clocks differ"
    expected = signing.headers(headers.get("webhook-id", ""), int(at), body, [secret])
    given = headers.get("webhook-signature", "").encode("utf-8", "replace").split()
    fitting = expected["webhook-signature"].encode()
    return "" if any(hmac.compare_digest(each, fitting) for each in given) else "wrong signature"


def told(headers: Mapping[str, str], body: bytes, fault: str, *, is_checked: bool) -> str:
    """Return what is printed of a call: a line about it, and its body."""
    signed = fault or ("signed" if is_checked else "not checked: no --secret")
    try:
        document = json.loads(body)
        kind = document["type"]
        shown = json.dumps(document, indent=2)  # In ASCII: nothing that a terminal obeys.
    except (ValueError, TypeError, KeyError):
        kind, shown = "no event", ascii(body.decode("utf-8", "replace"))
    event_id = ascii(headers.get("webhook-id", ""))[1:-1]
    return f"{time.strftime('%H:%M:%S')}  {ascii(kind)[1:-1]}  {event_id}  ({signed})\n{shown}"
