"""Shows in the inbox what of a request was ignored: the API's log says it, mail by mail.

An answer names what was ignored of all mails of an array together; the log has a line for each.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

TAG = "mailapi_message_id"
"""The tag with which the service names each mail to SES (`core.message.ids`)."""
_SECONDS = 5.0


def in_line(line: str) -> dict[str, Any] | None:
    """Return the note for the inbox that a line of the log holds, if it names ignored members."""
    if '"ignored"' not in line:
        return None
    try:
        told = json.loads(line)
    except ValueError:
        return None
    if not isinstance(told, dict) or not told.get("ignored") or not told.get("message_id"):
        return None
    names = ", ".join(told["ignored"])
    return {"Name": TAG, "Value": told["message_id"], "Note": f"Ignored members: {names}"}


class Notes:
    """Hands notes to the SES simulator at `url`, in their order and without waiting for it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._worker = ThreadPoolExecutor(1, "notes")

    def take(self, lines: Iterable[str]) -> None:
        """Look for notes in lines of a log."""
        for line in lines:
            if note := in_line(line):
                self._worker.submit(self._post, json.dumps(note).encode())

    def finish(self) -> None:
        """Wait until every note is handed over."""
        self._worker.shutdown()

    def _post(self, body: bytes) -> None:
        request = Request(f"{self._url}/notes", body, {"Content-Type": "application/json"})  # noqa: S310 - our own
        try:
            with urlopen(request, timeout=_SECONDS):  # noqa: S310 - our own address # nosec B310
                pass
        except OSError as error:  # The inbox is without a note, and nothing else is wrong.
            print(f"The inbox took no note: {error}", file=sys.stderr, flush=True)
