"""Calls a receiver: one POST, to an address that the guard has let through, and no further.

No redirect is followed, no proxy is asked, and nothing may take longer than it has: looking up the
name, the handshake, an answer that trickles.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from email.utils import parsedate_to_datetime
from functools import cache
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from core.webhooks import guard

SECONDS = 15
"""How long a receiver has to answer."""
ERRORS = {
    "Timeout": "The receiver did not answer within 15 seconds.",
    "NoAddress": "The name of the host has no address.",
    "NotPublic": "The name of the host leads to an address that is not public.",
    "Certificate": "The certificate is not for the name of the host, or nobody vouches for it.",
    "NoConnection": "Nobody listens at the address.",
    "Broken": "The connection broke before an answer was there, or the answer was no HTTP.",
    "Redirect": "The receiver answered 3xx. Calls follow no redirect: save the new URL.",
    "Status": "The receiver did not answer 2xx.",
}
"""The kinds of what can go wrong, and what each means."""
_SHOWN = 200
"""How many characters of an answer are kept."""
_MOST_BYTES = 4 * _SHOWN
"""How many bytes of an answer's body are read: no character of UTF-8 has more than four."""
_MOST_READ = 65_536
"""How many bytes of an answer are read in all: `100 Continue` may come again and again."""
_BODY_SECONDS = 2
"""How long a body is waited for, once the status is there: it decides nothing."""
_LONGEST_WAIT = 2 * 86_400
_USER_AGENT = "communication-hub-mail-webhooks"


class Answer(NamedTuple):
    """How a call ended."""

    status: int = 0
    """The HTTP status; 0 if no answer came."""
    error: str = ""
    """One of `ERRORS`; "" for an answer of 2xx."""
    body: str = ""
    """The first characters of the body, on one line."""
    retry_after: int = 0
    """How many seconds the receiver asks us to wait; 0 if it does not."""


def prepare() -> None:
    """Read the certificates of all authorities, which takes a while: when nobody waits for it.

    Calls that begin side by side would each read them.
    """
    _context()


def call(  # noqa: PLR0913 - what a call is made of, and how long it may take
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    reaches_loopback: bool,
    seconds: float = SECONDS,
    quick_seconds: float = SECONDS,
    if_slow: Callable[[], None] = lambda: None,
) -> Answer:
    """Send a body to a URL that has no faults (`guard.faults_in`), and return what came back.

    If that takes longer than `quick_seconds`, `if_slow` is called meanwhile. It raises nothing that
    the receiver or the network may cause.
    """
    exchange = _Exchange(url, seconds, reaches_loopback=reaches_loopback)
    answer: Future[Answer] = Future()
    # In a thread of its own, as nothing else bounds all that a call may take.
    arguments = (exchange, body, headers, answer)
    Thread(target=_carry_out, args=arguments, daemon=True).start()
    ends_at = time.monotonic() + seconds
    with suppress(TimeoutError):
        return answer.result(min(quick_seconds, seconds))
    if_slow()
    try:
        return answer.result(max(ends_at - time.monotonic(), 0))
    except TimeoutError:
        known = exchange.answered
        exchange.abandon()
        return known or Answer(error="Timeout")


def _carry_out(
    exchange: "_Exchange", body: bytes, headers: Mapping[str, str], answer: "Future[Answer]"
) -> None:
    try:
        answer.set_result(_answer_of(exchange, body, headers))
    except BaseException as error:  # noqa: BLE001 - raised where it is waited for
        answer.set_exception(error)


def _answer_of(exchange: "_Exchange", body: bytes, headers: Mapping[str, str]) -> Answer:
    """Turn what a receiver can cause into an answer."""
    try:
        return exchange.run(body, headers)
    except guard.NotPublic:
        return Answer(error="NotPublic")
    except (socket.gaierror, UnicodeError):  # A label that is too long, or empty.
        return Answer(error="NoAddress")
    except ssl.SSLCertVerificationError:
        return Answer(error="Certificate")
    except TimeoutError:
        return Answer(error="Timeout")
    except (OSError, http.client.HTTPException, ValueError):
        return Answer(error="Broken" if exchange.is_connected else "NoConnection")


class _Exchange:
    """One call on its way."""

    def __init__(self, url: str, seconds: float, *, reaches_loopback: bool) -> None:
        self.is_connected = False
        self.answered: Answer | None = None
        """What is known before the body has come."""
        self._parts = urlsplit(url)
        self._ends_at = time.monotonic() + seconds
        self._is_plain = self._parts.scheme == "http" and reaches_loopback
        self._socket: socket.socket | None = None

    def abandon(self) -> None:
        """Wait no longer: its thread ends as soon as it looks at the connection."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def run(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Carry it out. Raises what the network and the receiver cause."""
        host = self._parts.hostname or ""
        connection = http.client.HTTPConnection(host, self._parts.port or guard.HTTPS_PORT)
        connection.response_class = _Response
        connection.sock = connected = self._connected(host)  # Of an answer it keeps none.
        path = self._parts.path or "/"
        target = f"{path}?{self._parts.query}" if self._parts.query else path
        sent = {
            "Host": self._parts.netloc,
            "User-Agent": _USER_AGENT,
            "Content-Type": "application/json",
            "Connection": "close",
            **headers,
        }
        try:
            connection.request("POST", target, body, sent)
            with connection.getresponse() as response:
                self.answered = _read(response)
                return self.answered._replace(body=_beginning(response, connected))
        finally:
            connection.close()

    def _connected(self, host: str) -> socket.socket:
        """Return a connection to the first address that takes it, with TLS but for the loopback."""
        if self._is_plain:
            found = [(socket.AF_INET, (guard.LOOPBACK, self._parts.port))]
        else:
            found = [*guard.addresses(host, guard.HTTPS_PORT)]
        for number, (family, address) in enumerate(found, start=1):
            connected = socket.socket(family, socket.SOCK_STREAM)
            self._socket = connected
            try:
                connected.settimeout(self._time_left())
                connected.connect(address)
                break
            except OSError:
                connected.close()
                if number == len(found):
                    raise
        self.is_connected = True
        if self._is_plain:
            return connected
        self._socket = _context().wrap_socket(connected, server_hostname=host)
        return self._socket

    def _time_left(self) -> float:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


@cache
def _context() -> ssl.SSLContext:
    """Return what checks certificates."""
    return ssl.create_default_context()


class _Response(http.client.HTTPResponse):
    """An answer of which no more than `_MOST_READ` is read."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Bounded(self.fp.detach()))


class _Bounded(io.RawIOBase):
    """The beginning of what comes: whoever reads on behind `_MOST_READ` bytes gets an `OSError`."""

    def __init__(self, whole: io.RawIOBase) -> None:
        self._whole, self._left = whole, _MOST_READ

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if not self._left:
            raise ConnectionAbortedError
        count = self._whole.readinto(memoryview(buffer)[: self._left])
        self._left -= count or 0
        return count

    def close(self) -> None:
        self._whole.close()
        super().close()


def _read(response: http.client.HTTPResponse) -> Answer:
    """Read the status, and how long to wait."""
    status = response.status
    error = "" if 200 <= status < 300 else "Redirect" if 300 <= status < 400 else "Status"
    return Answer(status, error, retry_after=_seconds_in(response.headers["Retry-After"]))


def _beginning(response: http.client.HTTPResponse, sock: socket.socket) -> str:
    """Return the first characters of a body, on one line, as far as they come soon."""
    ends_at, found = time.monotonic() + _BODY_SECONDS, b""
    with suppress(OSError, http.client.HTTPException, ValueError):
        while len(found) < _MOST_BYTES and (left := ends_at - time.monotonic()) > 0:
            sock.settimeout(left)
            some = response.read1(_MOST_BYTES - len(found))
            if not some:
                break
            found += some
    text = found.decode("utf-8", "replace")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_SHOWN]


def _seconds_in(retry_after: str | None) -> int:
    """Read `Retry-After` (RFC 9110 §10.2.3), a number of seconds or a date; 0 if it is neither."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), _LONGEST_WAIT)
    with suppress(ValueError, TypeError, OverflowError):
        return round(
            min(max(parsedate_to_datetime(text).timestamp() - time.time(), 0), _LONGEST_WAIT)
        )
    return 0
