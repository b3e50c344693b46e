"""AWS as far as a mail needs it: right answers, always the same, after a time that one can set.

Threads and blocking sockets: `sleep` is exact to some ten microseconds, an event loop only to a
millisecond. Run as `python -m benchmarks.aws.server PORT`; `benchmarks.aws.client` talks to it.
"""

from __future__ import annotations

import json
import socketserver
import sys
import time
from typing import TYPE_CHECKING, ClassVar, override

from benchmarks.aws.answers import Answer, Scene, answer, operation_of

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTROL, CALLS = "/_control", "/_calls"


class Server(socketserver.ThreadingTCPServer):
    """The services, and what was asked of them."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64
    scene: ClassVar[Scene] = Scene()
    latency: ClassVar[float] = 0.0
    calls: ClassVar[list[tuple[str, float, float, int]]] = []


class Connection(socketserver.StreamRequestHandler):
    """One connection, kept alive as long as the client wants."""

    disable_nagle_algorithm = True
    rbufsize = 1 << 18

    @override
    def handle(self) -> None:
        while first := self.rfile.readline():
            begun = time.perf_counter()
            method, path, _ = first.decode().split(" ")
            head_length, headers = self._headers()
            if headers.get("expect", "").lower() == "100-continue":
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            if "transfer-encoding" in headers:
                raise ValueError("The SDK is expected to know the lengths of its bodies.")
            body = self.rfile.read(int(headers.get("content-length", 0)))
            if path == CONTROL:
                self._control(body)
            elif path == CALLS:
                self._calls()
            else:
                received = len(first) + head_length + len(body)
                self._answer(operation_of(method, path, headers), path, body, begun, received)

    def _headers(self) -> tuple[int, Mapping[str, str]]:
        length, headers = 0, {}
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            length += len(line)
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return length + 2, headers

    def _answer(self, operation: str, path: str, body: bytes, begun: float, received: int) -> None:
        reply = answer(operation, path, body, Server.scene)
        time.sleep(Server.latency)
        # Before the answer goes out: the client's next request must not seem to overlap.
        Server.calls.append((operation, begun, time.perf_counter(), received))
        self._send(reply)

    def _control(self, body: bytes) -> None:
        told = json.loads(body)
        Server.latency = told["latency"]
        Server.scene = Scene(**told["scene"])
        self._send(Answer(b"{}"))

    def _calls(self) -> None:
        calls, Server.calls = Server.calls, []
        self._send(Answer(json.dumps(calls).encode()))

    def _send(self, reply: Answer) -> None:
        lines = {**reply.headers, "Content-Length": str(len(reply.body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.wfile.write(f"HTTP/1.1 {reply.status}\r\n{head}\r\n".encode() + reply.body)


if __name__ == "__main__":
    with Server(("127.0.0.1", int(sys.argv[1])), Connection) as server:
        server.serve_forever()
