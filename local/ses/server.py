"""The simulator's HTTP/1.1 server; it can also leave a request without an answer."""

import select
import socket
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Event, Lock, Thread
from typing import Any, Final, Self, override
from urllib.parse import urlsplit

from local.ses import routes
from local.ses.answers import Answer, Silence, as_json, ses_error
from local.ses.errors import SesError
from local.ses.name_server import NameServer, answer_stream
from local.ses.requests import Request
from local.ses.simulator import Ses, Settings
from tooling import ports

_MOST_BODY_BYTES: Final = 64_000_000  # 40 MB in base64, in JSON, and some room.
_HOLD: Final = 60.0  # Seconds for which a connection without an answer is kept.


class Simulator:
    """The SES simulator, served at `url` and on localhost's other address, if there is one.

    Its DNS is at the same port, over UDP and TCP. `port` 0 takes a free one. Raises `OSError` if
    the port is not free.
    """

    def __init__(self, settings: Settings, port: int = 0) -> None:
        self.ses = Ses(settings)
        self._servers: list[_Server] = []
        try:
            for address in ports.addresses():
                server = _Server((address, port), self.ses)
                self._servers.append(server)
                port = server.server_port
            self._name_server = NameServer(self.ses.zone, port)
        except OSError:
            for server in self._servers:
                server.server_close()
            raise

    @property
    def url(self) -> str:
        return f"http://{ports.HERE}:{self._servers[0].server_port}"

    def start(self) -> None:
        self.ses.start()
        self._name_server.start()
        for server in self._servers:
            Thread(target=server.serve_forever, args=(0.05,), name="ses-http", daemon=True).start()

    def stop(self) -> None:
        """Stop at once: open connections are closed, whatever they wait for."""
        for server in self._servers:
            server.stopping.set()
            server.shutdown()
            server.close_connections()
            server.server_close()
        self._name_server.stop()
        self.ses.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], ses: Ses) -> None:
        self.ses = ses
        self.stopping = Event()
        self._connections: set[socket.socket] = set()
        self._lock = Lock()
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    @override
    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # HTTPServer's own looks up the host name, which takes time.
        self.server_port = self.server_address[1]

    @override
    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    @override
    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # The client was faster.

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        if not isinstance(error, ConnectionError | TimeoutError):
            print(f"SES simulator: {type(error).__name__}: {error}", file=sys.stderr, flush=True)


class _BodyError(Exception):
    """A body that cannot be read; the connection ends, since the next request cannot be found."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "ses-simulator"
    disable_nagle_algorithm = True
    wbufsize = -1  # Head and body leave in one piece.
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def do_OPTIONS(self) -> None:
        self._answer()

    @override
    def handle(self) -> None:
        """Serve a connection; one of DNS begins with the length of a message (RFC 7766)."""
        if self.connection.recv(1, socket.MSG_PEEK) == b"\0":
            answer_stream(self.rfile, self.wfile, self.server.ses.zone)
        else:
            super().handle()

    @override
    def handle_expect_100(self) -> bool:
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: a request line may hold personal data."""

    def _answer(self) -> None:
        url = urlsplit(self.path)
        try:
            body = self._body()
        except _BodyError as error:
            self.close_connection = True
            self._write(as_json({"message": str(error)}, 400))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        source_ip = self.client_address[0]
        request = Request(self.command, url.path, url.query, body, source_ip, headers)
        match self._followed(request):
            case Answer() as answer:
                self._write(answer)
            case Silence.HOLD:
                self._hold()
            case Silence.DROP:
                self.close_connection = True

    def _followed(self, request: Request) -> Answer | Silence:
        try:
            return routes.answer(self.server.ses, request)
        except Exception as error:  # noqa: BLE001 - Without an answer our mistake would look like a fault.
            traceback.print_exc()
            return ses_error(SesError("InternalServiceErrorException", type(error).__name__))

    def _write(self, answer: Answer) -> None:
        self.send_response(answer.status)
        if answer.status != 204:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _hold(self) -> None:
        """Give no answer until the client gives up, the simulator stops, or a minute is over."""
        self.close_connection = True
        waited = 0.0
        while waited < _HOLD and not self.server.stopping.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.25)
            if readable:
                return
            waited += 0.25

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunked()
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal():
            raise _BodyError("Content-Length is not a number.")
        return self._exactly(int(length))

    def _chunked(self) -> bytes:
        """Read a body in chunks (RFC 9112 §7.1); trailers are left out."""
        body = bytearray()
        while size := self._chunk_size():
            body += self._exactly(size, already=len(body))
            self.rfile.readline()
        while self.rfile.readline(65_537).strip():
            pass
        return bytes(body)

    def _chunk_size(self) -> int:
        line = self.rfile.readline(1_025).partition(b";")[0].strip()
        try:
            return int(line, 16)
        except ValueError:
            raise _BodyError("A chunk has no size.") from None

    def _exactly(self, length: int, already: int = 0) -> bytes:
        if not 0 <= length <= _MOST_BODY_BYTES - already:
            raise _BodyError(f"The body is over {_MOST_BODY_BYTES} bytes.")
        data = self.rfile.read(length)
        if len(data) < length:
            raise _BodyError("The body ends too early.")
        return data
