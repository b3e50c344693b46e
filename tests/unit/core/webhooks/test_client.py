"""Calls to receivers that misbehave: each ends in time, reads little, and goes nowhere else."""

import datetime as dt
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.webhooks import client

Talk = Callable[[socket.socket], None]
PUBLIC = "93.184.215.14"


def read_request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received or not received.endswith(b"}"):
        some = connection.recv(65536)
        if not some:
            break
        received += some
    return received


@contextmanager
def serving(talk: Talk, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Listen on this machine, and let `talk` speak with whoever connects."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with suppress(OSError), connection:
                        if context is not None:
                            connection = context.wrap_socket(connection, server_side=True)
                        talk(connection)

        Thread(target=serve, daemon=True).start()
        yield int(server.getsockname()[1])


def call(port: int, seconds: float = 5.0) -> client.Answer:
    headers = {"webhook-id": "msg_1"}
    url = f"http://127.0.0.1:{port}/hook?a=b"
    return client.call(url, b'{"a": 1}', headers, reaches_loopback=True, seconds=seconds)


def answering(*parts: bytes, every: float = 0.0) -> Talk:
    def talk(connection: socket.socket) -> None:
        read_request(connection)
        for part in parts:
            connection.sendall(part)
            time.sleep(every)

    return talk


OK = b"HTTP/1.1 200 OK\r\n"


def test_what_is_sent() -> None:
    got: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        got.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with serving(talk) as port:
        assert call(port) == client.Answer(204)

    head, _, body = got[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /hook?a=b HTTP/1.1"
    assert f"Host: 127.0.0.1:{port}" in lines
    assert "Content-Type: application/json" in lines
    assert "webhook-id: msg_1" in lines
    assert "Content-Length: 8" in lines
    assert body == b'{"a": 1}'


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (OK + b"Content-Length: 2\r\n\r\nok", client.Answer(200, body="ok")),
        (OK + b"\r\nno length", client.Answer(200, body="no length")),
        (
            OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n\r\n",
            client.Answer(200, body="four"),
        ),
        (
            b"HTTP/1.1 500 No\r\nContent-Length: 3\r\n\r\nno\n",
            client.Answer(500, "Status", "no"),
        ),
        (
            b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\n\r\n",
            client.Answer(302, "Redirect"),
        ),
        (
            b"HTTP/1.1 429 Slow\r\nRetry-After: 120\r\n\r\n",
            client.Answer(429, "Status", "", 120),
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"\r\n", client.Answer(200)),
        (OK + b"Content-Length: 6\r\n\r\na\x00\x1b[b\xff", client.Answer(200, body="a [b\ufffd")),
        (b"SSH-2.0-OpenSSH\r\n", client.Answer(error="Broken")),
        (b"HTTP/1.1 abc\r\n\r\n", client.Answer(error="Broken")),
        (b"", client.Answer(error="Broken")),
        (OK + b"A: b\r\n" * 200 + b"\r\n", client.Answer(error="Broken")),
        (OK + b"A: " + b"b" * 70_000 + b"\r\n\r\n", client.Answer(error="Broken")),
    ],
)
def test_answers(answer: bytes, expected: client.Answer) -> None:
    with serving(answering(answer)) as port:
        assert call(port) == expected


def test_a_long_answer_is_not_read_to_its_end() -> None:
    sent: list[int] = []

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(OK + b"Content-Length: 10000000\r\n\r\n")
        with suppress(OSError):
            sent.extend(connection.send(b"x" * 65536) for _ in range(160))

    with serving(talk) as port:
        answer = call(port)
        time.sleep(0.2)

    assert answer == client.Answer(200, body="x" * 200)
    assert sum(sent) < 10_000_000


@pytest.mark.parametrize(
    "talk",
    [
        lambda _: time.sleep(3),
        answering(*([b"H"] * 30), every=0.1),
        answering(OK, *([b"A: b\r\n"] * 30), every=0.1),
        answering(*([b"HTTP/1.1 100 Continue\r\n\r\n"] * 30), every=0.1),
    ],
    ids=["silence", "a letter at a time", "a header at a time", "continue for ever"],
)
def test_nothing_takes_longer_than_it_may(talk: Talk) -> None:
    with serving(talk) as port:
        began = time.monotonic()
        answer = call(port, seconds=0.5)

    assert answer == client.Answer(error="Timeout")
    assert time.monotonic() - began < 2


def test_a_body_that_trickles_does_not_undo_the_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_BODY_SECONDS", 0.3)
    talk = answering(OK + b"Content-Length: 100\r\n\r\n", *([b"x"] * 20), every=0.1)
    with serving(talk) as port:
        answer = call(port)

    assert answer.status == 200
    assert answer.error == ""
    assert set(answer.body) == {"x"}


def test_nobody_is_there() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    assert call(port) == client.Answer(error="NoConnection")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        ("9" * 40, 2 * 86_400),
        ("-1", 0),
        ("1.5", 0),
        ("٣", 0),
        ("soon", 0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 2 * 86_400),
    ],
)
def test_retry_after(text: str, seconds: int) -> None:
    answer = f"HTTP/1.1 503 No\r\nRetry-After: {text}\r\n\r\n".encode()
    with serving(answering(answer)) as port:
        assert call(port).retry_after == seconds


# ---- TLS, and where a name leads


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    """A server's TLS, with a certificate for receiver.example, whose authority we trust."""
    own = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver.example")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("receiver.example")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(own, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    key = own.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "both.pem").write_bytes(key + pem)
    (tmp_path / "authority.pem").write_bytes(pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    client._context.cache_clear()
    yield context
    client._context.cache_clear()


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Names and what they lead to; a public address is a port of this machine."""
    known: dict[str, Any] = {"names": {}, "port": 0, "connected": [], "asked": 0}
    connect = socket.socket.connect

    def getaddrinfo(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        known["asked"] += 1
        found = known["names"].get(host)
        if not found:
            raise socket.gaierror
        address = found.pop(0) if len(found) > 1 else found[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def connected(self: socket.socket, address: Any) -> None:
        known["connected"].append(address)
        if address == (PUBLIC, 443):
            address = ("127.0.0.1", known["port"])
        connect(self, address)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", connected)
    return known


def call_name(url: str) -> client.Answer:
    return client.call(url, b"{}", {}, reaches_loopback=False, seconds=3)


def test_https_with_a_certificate_for_the_name(
    internet: dict[str, Any], authority: ssl.SSLContext
) -> None:
    internet["names"]["receiver.example"] = [PUBLIC]
    with serving(answering(OK + b"\r\n"), authority) as internet["port"]:
        assert call_name("https://receiver.example/") == client.Answer(200)
    assert internet["connected"] == [(PUBLIC, 443)]


@pytest.mark.usefixtures("authority")
def test_a_certificate_for_another_name(
    internet: dict[str, Any], authority: ssl.SSLContext
) -> None:
    internet["names"]["other.example"] = [PUBLIC]
    with serving(answering(OK + b"\r\n"), authority) as internet["port"]:
        assert call_name("https://other.example/") == client.Answer(error="Certificate")


def test_a_certificate_that_nobody_vouches_for(
    internet: dict[str, Any], authority: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    client._context.cache_clear()
    internet["names"]["receiver.example"] = [PUBLIC]
    with serving(answering(OK + b"\r\n"), authority) as internet["port"]:
        assert call_name("https://receiver.example/") == client.Answer(error="Certificate")


def test_a_name_that_leads_elsewhere_a_moment_later_is_looked_up_once(
    internet: dict[str, Any], authority: ssl.SSLContext
) -> None:
    internet["names"]["receiver.example"] = [PUBLIC, "127.0.0.1"]
    with serving(answering(OK + b"\r\n"), authority) as internet["port"]:
        assert call_name("https://receiver.example/") == client.Answer(200)
        assert internet["asked"] == 1
        assert call_name("https://receiver.example/") == client.Answer(error="NotPublic")
    assert internet["connected"] == [(PUBLIC, 443)]


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1"])
def test_a_name_that_leads_into_a_network(internet: dict[str, Any], address: str) -> None:
    internet["names"]["receiver.example"] = [address]

    assert call_name("https://receiver.example/") == client.Answer(error="NotPublic")
    assert internet["connected"] == []


def test_a_name_without_an_address(internet: dict[str, Any]) -> None:
    assert call_name("https://receiver.example/") == client.Answer(error="NoAddress")
    assert internet["connected"] == []


def test_no_proxy_is_asked(
    internet: dict[str, Any], authority: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    internet["names"]["receiver.example"] = [PUBLIC]
    with serving(answering(OK + b"\r\n"), authority) as internet["port"]:
        assert call_name("https://receiver.example/") == client.Answer(200)
