"""HTTP for SES: one deadline for a whole request, and the knowledge whether it was written.

A mail may be sent again only if SES certainly does not have it. So of each request that ends
without an answer it must be known whether any of it was written (docs/architecture.md, Sending 4).
botocore does not tell: a handshake that stalls looks like an answer that does not come.
"""

import socket
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread, local
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.exceptions import HTTPClientError

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from botocore.httpsession import URLLib3Session

_IDLE_SECONDS = 10
"""After how much idle time a connection counts as gone. Lambda freezes a function between two
requests, and SES or the network may forget the connection meanwhile: the next request would be
written to nobody. A new handshake takes some 30 ms, a mail that may be lost a quarter of an hour.
"""


class NotWritten(HTTPClientError):
    """A request ended before the first byte of it was written: SES certainly does not have it."""

    fmt = "The request was not written: {name}"

    def __init__(self, name: str) -> None:
        """Say why; `name` is that of an error."""
        super().__init__(name=name)
        self.name = name


class DeadlinePassed(HTTPClientError):
    """A request was written, wholly or in part, and its answer did not come in time."""

    fmt = "The answer did not come in time"


class _Abandoned(Exception):
    """Nobody waits for this request any more: it must not be written."""


class _Exchange:
    """A request on its way. What was abandoned is never written, not even later."""

    def __init__(self) -> None:
        self.is_written = False
        self._lock = Lock()
        self._is_abandoned = False
        self._socket: socket.socket | None = None

    def begin_to_write(self, sock: socket.socket) -> None:
        """Note that the next step writes to `sock`. Raises `_Abandoned` if it must not."""
        with self._lock:
            if self._is_abandoned:
                raise _Abandoned
            self.is_written, self._socket = True, sock

    def abandon(self) -> bool:
        """Wait no longer; return whether something had been written by then."""
        with self._lock:
            self._is_abandoned = True
        if self._socket is not None:
            with suppress(OSError):  # Its thread ends: nobody reads an answer that trickles on.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        return self.is_written


_of_thread = local()
"""`exchange` is that of the thread: a connection has no other way to learn whose it is."""


class _Telling:
    """A connection that tells its exchange before it writes."""

    sock: Any

    def send(self, data: Any) -> Any:
        if self.sock is None:  # http.client would connect within the next line.
            self.connect()  # type: ignore[attr-defined]
        _of_thread.exchange.begin_to_write(self.sock)
        return super().send(data)  # type: ignore[misc]


class _HttpConnection(_Telling, AWSHTTPConnection):  # type: ignore[misc]
    pass


class _HttpsConnection(_Telling, AWSHTTPSConnection):  # type: ignore[misc]
    pass


class _HttpPool(AWSHTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(AWSHTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


class _Worker:
    """A thread that sends one request after the other: to start one takes longer than to ask it."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        Thread(target=self._run, daemon=True).start()

    def do(self, job: Callable[[], None]) -> None:
        self._jobs.put(job)

    def end(self) -> None:
        """Let the thread end, once what it does is over."""
        self._jobs.put(None)

    def _run(self) -> None:
        while job := self._jobs.get():
            job()


class DeadlineSession:
    """What a botocore client sends its requests with, in place of its own `session`.

    A request runs in a thread, because nothing else can bound all that it may take: looking up the
    name, trying one address after the other, the handshake, writing, an answer that trickles.
    """

    def __init__(self, session: "URLLib3Session", seconds: float) -> None:
        """Give every request so many `seconds` in all."""
        pools: Any = session._pool_classes_by_scheme  # type: ignore[attr-defined]  # noqa: SLF001
        pools.update(http=_HttpPool, https=_HttpsPool)
        self._session = session
        self._seconds = seconds
        self._used_at = 0.0
        self._idle: deque[_Worker] = deque()

    def send(self, request: "AWSPreparedRequest") -> "AWSResponse":
        """Send one request and return its answer.

        Raises `NotWritten`, `DeadlinePassed`, or what botocore raises when a request that was
        written gets no answer.
        """
        if time.time() - self._used_at > _IDLE_SECONDS:  # Other clocks may stop with the sandbox.
            self._session.close()
        exchange = _Exchange()
        reply: Future[AWSResponse] = Future()
        worker, is_idle = self._worker(), True
        worker.do(partial(self._exchange, request, exchange, reply))
        try:
            return reply.result(self._seconds)
        except TimeoutError:
            worker.end()
            is_idle = False
            if exchange.abandon():
                raise DeadlinePassed from None
            raise NotWritten(DeadlinePassed.__name__) from None
        except Exception as error:
            if exchange.is_written:
                raise
            raise NotWritten(type(error).__name__) from None
        finally:
            self._used_at = time.time()
            if is_idle:
                self._idle.append(worker)

    def _worker(self) -> _Worker:
        """Return a thread that is idle, or a new one: two requests at once have one each."""
        try:
            return self._idle.pop()
        except IndexError:
            return _Worker()

    def close(self) -> None:
        """Close the idle connections; the next request makes a new one."""
        self._session.close()

    def _exchange(
        self, request: "AWSPreparedRequest", exchange: _Exchange, reply: "Future[AWSResponse]"
    ) -> None:
        _of_thread.exchange = exchange
        try:
            reply.set_result(self._session.send(request))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            reply.set_exception(error)
