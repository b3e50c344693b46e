"""Tells the pages of the API on this machine what only they may know: the key, and where mails go.

A page that is deployed is the same, and has none of it: no parameter of the template says it.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from local.api_gateway import changing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.api_gateway import Headers, Receive, Scope, Send
    from local.middleware import App

_END_OF_HEAD = b"</head>"


class Prefilled:
    """An ASGI application (asgi.readthedocs.io) around MiniStack's, which adds to metadata pages.

    `told` are the names and contents of `<meta>` elements: `local-key` is the API key with which
    the form of a page is filled, `local-mails` the URL of the page that shows every mail.
    """

    def __init__(self, app: App, told: Mapping[str, str]) -> None:
        self._app = app
        tags = (f'<meta name="{name}" content="{escape(held)}">\n' for name, held in told.items())
        self._tags = "".join(tags).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _asks_for_page(scope):
            send = changing(send, self._filled)
        await self._app(scope, receive, send)

    def _filled(self, headers: Headers, page: bytes) -> tuple[Headers, bytes]:
        return headers, page.replace(_END_OF_HEAD, self._tags + _END_OF_HEAD, 1)


def _asks_for_page(scope: Scope) -> bool:
    return bool(scope["method"] == "GET" and scope["raw_path"].endswith(b"/metadata"))
