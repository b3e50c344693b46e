"""HTTP as it is written: a target is sent as it stands, where other clients would mend it."""

from __future__ import annotations

import json
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 35.0
"""API Gateway gives up after 29."""
_SHOWN = 200
"""How many characters of an answer are shown."""


class NoAnswer(Exception):
    """The request was not answered; the text says what happened."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: str
    seconds: float

    def __str__(self) -> str:
        kind = self.headers.get("content-type", "no Content-Type")
        return f"{self.status} ({kind}) {' '.join(self.body[:_SHOWN].split())}".rstrip()

    @property
    def kind(self) -> str:
        """The media type, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip()

    @property
    def members(self) -> dict[str, Any]:
        """The members of a JSON object; none if it is something else."""
        try:
            members = json.loads(self.body)
        except ValueError:
            return {}
        return members if isinstance(members, dict) else {}

    @property
    def code(self) -> str:
        """The `ErrorCode` of an error in our form, or ""."""
        return str((self.members.get("ResponseStatus") or {}).get("ErrorCode", ""))


def ask(base_url: str, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Reply:
    """Send one request on a connection of its own. Raises `NoAnswer`.

    A server that refuses a large body may answer before it has come: then the rest stays unsent,
    and the answer counts.
    """
    begun = time.monotonic()
    try:
        with closing(_connection(base_url)) as connection:
            connection.putrequest(method, urlsplit(base_url).path + target)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                connection.putheader(name, value)
            connection.endheaders()
            with suppress(ConnectionError):
                connection.send(body)
            return _read(connection, begun)
    except (OSError, HTTPException) as error:
        raise NoAnswer(f"no answer ({type(error).__name__})") from error


def seconds_of(base_url: str, target: str, headers: Mapping[str, str], times: int) -> list[float]:
    """Ask for the same again and again on one connection; return how long each answer took.

    The first time includes the connection. Raises `NoAnswer`.
    """
    try:
        with closing(_connection(base_url)) as connection:
            return [_timed(connection, base_url, target, headers) for _ in range(times)]
    except (OSError, HTTPException) as error:
        raise NoAnswer(f"no answer ({type(error).__name__})") from error


def _timed(
    connection: HTTPConnection, base_url: str, target: str, headers: Mapping[str, str]
) -> float:
    begun = time.monotonic()
    connection.request("GET", urlsplit(base_url).path + target, headers=dict(headers))
    return _read(connection, begun).seconds


def _connection(base_url: str) -> HTTPConnection:
    url = urlsplit(base_url)
    kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
    return kind(url.hostname or "", url.port, timeout=_SECONDS)


def _read(connection: HTTPConnection, begun: float) -> Reply:
    with connection.getresponse() as answer:
        headers = {name.lower(): value for name, value in answer.getheaders()}
        body = answer.read().decode("utf-8", "replace")
        return Reply(answer.status, headers, body, time.monotonic() - begun)
