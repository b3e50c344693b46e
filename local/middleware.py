"""What stands before MiniStack: it finds out who a request is for, and logs those for the API.

MiniStack serves the API to whoever calls `127.0.0.1`, because that is the API's own domain name
there, and AWS to whoever calls `localhost`, which cannot be a domain name. People type either. So
the API gets every request that no AWS SDK has signed, and AWS what is signed.

A request for the API goes through `local.api_gateway` first, which treats it as API Gateway does.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote

from local import page_agent
from local.api_gateway import BrokenOff, Refused, admit, packing
from tooling.ports import HERE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TextIO

    from local.api_gateway import Message, Receive, Scope, Send

    App = Callable[[Scope, Receive, Send], Awaitable[None]]

_API = HERE.encode()
_PORT = re.compile(rb":\d+$")
_SEGMENT = re.compile(r"[^/]+")
_ID = re.compile(r"(?:wh_)?[0-9A-HJKMNP-TV-Z]{26}", re.IGNORECASE)
"""Of a message or a webhook."""
_WORDS = frozenset(
    """
    mail send status content api reply oneway resend cancel
    sendmail getstatus findmails getmail getcontent resendmail cancelmail
    sendmail[] getstatus[] findmails[] getmail[] getcontent[] resendmail[] cancelmail[]
    webhook delete test secret deliveries replay
    savewebhook findwebhooks deletewebhook testwebhook rotatewebhooksecret
    finddeliveries replaydeliveries
    savewebhook[] findwebhooks[] deletewebhook[] testwebhook[] rotatewebhooksecret[]
    finddeliveries[] replaydeliveries[]
    json xml jsv csv html metadata activity types openapi csharp plain typescript d python
    """.split()  # noqa: SIM905 - a list of quoted words is harder to read
)
"""The words of the API's own paths, in lower case: its operations and formats, and the pages."""


class Middleware:
    """An ASGI application (asgi.readthedocs.io) around MiniStack's.

    A line of `requests` is: time, method, path, status, milliseconds, and the names of members that
    the API has ignored, if it has. It has no query, no body, and no other header. Of the path it
    has the API's own words and message ids; what else a caller puts there may be an address, and is
    written as `...`. What the activity page reads has no line.

    `minimum_compression_size` is the API's: how many bytes a body must have to be unpacked, and an
    answer to be packed.
    """

    def __init__(self, app: App, requests: TextIO, *, minimum_compression_size: int) -> None:
        self._app = app
        self._requests = requests
        self._minimum = minimum_compression_size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_for_aws(scope):
            await self._app(scope, receive, send)
            return
        started, status, ignored = time.perf_counter(), "-", ""  # No status: there was no answer.

        async def watch(message: Message) -> None:
            nonlocal status, ignored
            if message["type"] == "http.response.start":
                status, ignored = str(message["status"]), _ignored(message)
            await send(message)

        addressed = {**scope, "headers": _addressed_to_api(scope)}
        try:
            admitted, body = await admit(addressed, receive, self._minimum)
            await self._app(admitted, body, packing(addressed, watch, self._minimum))
        except Refused as refused:
            await refused.answer.send(watch)
        except BrokenOff:
            return  # Nobody is there to read an answer.
        finally:
            if not _looks_for_news(scope):
                self._note(scope, status, started, ignored)

    def _note(self, scope: Scope, status: str, started: float, ignored: str) -> None:
        spent = round((time.perf_counter() - started) * 1000)
        line = f"{scope['method']} {_printable(scope['raw_path'])} {status} {spent} ms"
        self._requests.write(f"{time.strftime('%H:%M:%S')} {line}{ignored}\n")


def _ignored(answer: Message) -> str:
    """Return what the line says of members that nobody knows; the API has made them printable."""
    headers = {name.lower(): value for name, value in answer["headers"]}
    names = headers.get(b"x-ignored", b"").decode("ascii", "replace")
    return f"  ignored: {names}" if names else ""


def _looks_for_news(scope: Scope) -> bool:
    agent = dict(scope["headers"]).get(b"user-agent", b"")
    return bool(scope["method"] == "GET" and agent == page_agent.NAME.encode())


def _is_for_aws(scope: Scope) -> bool:
    """Say whether a request is for AWS, or for MiniStack itself, and not for the API."""
    headers = dict(scope["headers"])
    if _PORT.sub(b"", headers.get(b"host", b"")) == _API:
        return False  # MiniStack knows that one, and sees nothing but the API there.
    return (
        headers.get(b"authorization", b"").startswith(b"AWS4-")
        or b"X-Amz-Signature=" in scope["query_string"]
        or scope["raw_path"].startswith(b"/_ministack/")
    )


def _addressed_to_api(scope: Scope) -> list[tuple[bytes, bytes]]:
    """Return the headers with the API's name as `Host`, the port as it was given."""
    headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
    given = b"".join(value for name, value in scope["headers"] if name == b"host")
    port = _PORT.search(given)
    return [(b"host", _API + (port.group() if port else b"")), *headers]


def _printable(path: bytes) -> str:
    """Return the path with `...` for each segment that has more than our words and message ids."""
    return _SEGMENT.sub(_shown, unquote(path.decode("ascii", "replace")))


def _shown(segment: re.Match[str]) -> str:
    words = segment[0].split(".")
    is_ours = all(word.lower() in _WORDS or _ID.fullmatch(word) for word in words)
    return segment[0] if is_ours else "..."
