"""A receiver of webhooks on this machine: a real server, which misbehaves in every way on demand.

It verifies with the library of Standard Webhooks and keeps what a careful receiver keeps: each
event once, and of each recipient the newest state. It speaks HTTP by hand, as most of what a bad
server does no library would let one do.
"""

import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Lock, Thread
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it came."""

    at: float
    """When all of it was there, in epoch seconds."""
    path: str
    headers: dict[str, str]
    """By their names in lower case."""
    body: bytes
    event: dict[str, Any]
    """The body; {} if it was not verified."""
    is_taken: bool
    """Whether it was answered with 2xx."""

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class Connection:
    """The connection of a call, for whoever answers it."""

    def __init__(self, sock: socket.socket, is_over: Event) -> None:
        self._socket, self._is_over = sock, is_over
        self.sent = 0
        """How many bytes the caller has let it send."""

    def send(self, data: bytes) -> bool:
        """Send bytes; say whether the caller is still there."""
        with suppress(OSError):
            self._socket.sendall(data)
            self.sent += len(data)
            return True
        return False

    def wait(self, seconds: float) -> bool:
        """Do nothing for a while; say whether the receiver is still open."""
        return not self._is_over.wait(seconds)


Behaviour = Callable[[Connection], bool]
"""Answers a call; returns whether it took the event (2xx)."""


def answering(status: int = 204, headers: str = "", body: bytes = b"") -> Behaviour:
    """Answer with a status. `headers` are lines, each with its end."""

    def behave(connection: Connection) -> bool:
        head = f"HTTP/1.1 {status} Because\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        connection.send(head.encode() + body)
        return 200 <= status < 300

    return behave


def redirecting(to: str, status: int = 302) -> Behaviour:
    return answering(status, f"Location: {to}\r\n")


def hanging(seconds: float) -> Behaviour:
    """Say nothing for so long, and close the connection."""

    def behave(connection: Connection) -> bool:
        connection.wait(seconds)
        return False

    return behave


def trickling(start: bytes, *, each: float = 0.2) -> Behaviour:
    """Send a start at once, and then one byte after the other, for ever."""

    def behave(connection: Connection) -> bool:
        connection.send(start)
        while connection.send(b"x") and connection.wait(each):
            pass
        return False

    return behave


def pouring(start: bytes, again: bytes, most: int = 50_000_000) -> Behaviour:
    """Send a start, and then the same again and again, as fast as it goes."""

    def behave(connection: Connection) -> bool:
        connection.send(start)
        while connection.sent < most and connection.send(again) and connection.wait(0):
            pass
        return False

    return behave


def saying(data: bytes) -> Behaviour:
    """Send some bytes, whatever they are, and close the connection."""

    def behave(connection: Connection) -> bool:
        connection.send(data)
        return False

    return behave


def failing_one_in(number: int, instead: Behaviour | None = None) -> Behaviour:
    """Take all calls but each so-manieth, which is answered `instead` (with 500)."""
    lock, counted = Lock(), Counter[str]()
    instead = instead or answering(500, body=b"one of those")

    def behave(connection: Connection) -> bool:
        with lock:
            counted["calls"] += 1
            fails = counted["calls"] % number == 0
        return (instead if fails else answering())(connection)

    return behave


@dataclass(slots=True)
class Receiver:
    """A receiver; `behaviour` and `secret` may be changed while it runs."""

    url: str
    behaviour: Behaviour
    secret: str = ""
    """Its `whsec_...`; "" to believe everything."""
    calls: list[Call] = field(default_factory=list)
    connections: int = 0
    """How many connections came, with a call or without."""
    refused: int = 0
    """How many calls were not signed as they must be."""
    most_sent: int = 0
    """The most bytes that it could send to one caller."""
    _lock: Lock = field(default_factory=Lock)

    @property
    def taken(self) -> list[Call]:
        with self._lock:
            return [call for call in self.calls if call.is_taken]

    @property
    def ids(self) -> Counter[str]:
        """Count the events that it took, by their ids: more than 1 is one that came twice."""
        return Counter(call.id for call in self.taken)

    @property
    def newest(self) -> dict[tuple[str, int], dict[str, Any]]:
        """Return the newest data of each recipient of each message, as docs/webhooks.md says."""
        found: dict[tuple[str, int], dict[str, Any]] = {}
        for call in self.taken:
            data = call.event["data"]
            about = data["message_id"], data["recipient_number"]
            if data["sequence"] >= found.get(about, data)["sequence"]:
                found[about] = data
        return found

    def note(self, **changes: Any) -> None:
        with self._lock:
            for name, value in changes.items():
                setattr(self, name, value)

    def meet(self, sock: socket.socket, reader: Any, is_over: Event) -> None:
        """Read a call, answer it, and then write it down: who looks at once may be too early."""
        path = reader.readline().decode("latin-1").split(" ")[1]
        lines = iter(lambda: reader.readline().decode("latin-1").strip(), "")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        body = reader.read(int(headers.get("content-length", "0")))
        at, event = time.time(), self._verified(body, headers)
        connection = Connection(sock, is_over)
        behave = self.behaviour if event else answering(401)
        call_is_taken = behave(connection)
        with self._lock:
            self.calls.append(Call(at, path, headers, body, event, call_is_taken))
            self.most_sent = max(self.most_sent, connection.sent)

    def _verified(self, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        known = Webhook(self.secret or "whsec_" + "A" * 44)
        try:
            return dict(known.verify(body, headers))
        except WebhookVerificationError:
            if not self.secret:
                return {"data": {}}
            self.note(refused=self.refused + 1)
            return {}


@contextmanager
def receiving(
    behaviour: Behaviour | None = None,
    *,
    tls: ssl.SSLContext | None = None,
    greeting: Behaviour | None = None,
) -> Iterator[Receiver]:
    """Open a receiver on a free port of this machine, until the end of the block.

    `greeting` takes the place of TLS and HTTP: it does what it likes with a new connection.
    """
    is_over = Event()

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            receiver.note(connections=receiver.connections + 1)
            # So that what it could send is little more than what was read.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
            with suppress(OSError, IndexError, ValueError):
                if greeting:
                    greeting(Connection(self.connection, is_over))
                elif tls:
                    with tls.wrap_socket(self.connection, server_side=True) as safe:
                        receiver.meet(safe, safe.makefile("rb"), is_over)
                else:
                    receiver.meet(self.connection, self.rfile, is_over)

    class Server(ThreadingTCPServer):
        allow_reuse_address, daemon_threads, request_queue_size = True, True, 256

    with Server(("127.0.0.1", 0), Handler) as server:
        scheme = "https" if tls else "http"
        url = f"{scheme}://127.0.0.1:{server.server_address[1]}/hook"
        receiver = Receiver(url, behaviour or answering())
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield receiver
        finally:
            is_over.set()
            server.shutdown()
            thread.join()
