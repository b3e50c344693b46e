"""Receivers that misbehave, and names that lead into the network: no call goes there, or on."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from support.certificates import Authority
from support.receiver import (
    Behaviour,
    Receiver,
    answering,
    hanging,
    pouring,
    receiving,
    redirecting,
    saying,
    trickling,
)

from core.webhooks import client, guard
from core.webhooks.client import Answer

BODY = b'{"type":"webhook.test","data":{}}'
HEADERS = {"webhook-id": "msg_a", "webhook-timestamp": "0", "webhook-signature": "v1,"}
SECONDS = 1.0
"""How long a receiver has here; the service gives 15."""
OK = b"HTTP/1.1 200 OK\r\n"
LITTLE = 8_000_000
"""Bytes: what the sockets of this machine may hold, and far less than a receiver pours out."""
NAME = "shop.example"
PUBLIC = "93.184.216.34"


@pytest.fixture
def opened() -> Iterator[Callable[..., Receiver]]:
    with ExitStack() as stack:
        yield lambda *given, **more: stack.enter_context(receiving(*given, **more))


@pytest.fixture(autouse=True)
def _nothing_goes_on(opened: Callable[..., Receiver]) -> Iterator[None]:
    """Whatever a receiver does: soon after a call nothing of it is left in the function.

    The receivers are still open when this is looked at.
    """
    before = {*threading.enumerate()}
    yield
    deadline = time.monotonic() + 3
    while left := [each for each in threading.enumerate() if _calls(each) and each not in before]:
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


def _calls(thread: threading.Thread) -> bool:
    return "_carry_out" in thread.name


def call(url: str, seconds: float = SECONDS, *, reaches_loopback: bool = True) -> Answer:
    began = time.monotonic()
    answer = client.call(url, BODY, HEADERS, reaches_loopback=reaches_loopback, seconds=seconds)
    assert time.monotonic() - began < seconds + 0.5
    return answer


def test_a_receiver_that_behaves_gets_the_call_as_it_was_made(
    opened: Callable[..., Receiver],
) -> None:
    good = opened(answering(204))

    assert call(good.url) == Answer(204)

    _wait_for(lambda: bool(good.calls))
    (came,) = good.calls
    assert (came.path, came.body) == ("/hook", BODY)
    assert came.headers.items() >= HEADERS.items()
    assert came.headers["content-type"] == "application/json"
    assert came.headers["host"] == good.url.split("/")[2]
    assert not {"authorization", "cookie", "proxy-authorization"} & {*came.headers}


SLOW: dict[str, Behaviour] = {
    "silent": hanging(30),
    "a status line, byte by byte": trickling(b"HTTP/1.1 2"),
    "headers, byte by byte": trickling(OK + b"X-Long: "),
    "one header after the other": trickling(OK, each=0.05),
    "for ever: continue": trickling(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continu"),
}


@pytest.mark.parametrize("behaviour", SLOW.values(), ids=SLOW)
def test_who_does_not_answer_in_time_has_not_answered(
    opened: Callable[..., Receiver], behaviour: Behaviour
) -> None:
    assert call(opened(behaviour).url) == Answer(error="Timeout")


GREEDY: dict[str, Behaviour] = {
    "headers without end": pouring(OK, b"X-A: b\r\n" * 1000),
    "a header without end": pouring(OK + b"X-A: ", b"b" * 65_536),
    "a status line without end": pouring(b"HTTP/1.1 200 ", b"O" * 65_536),
    "one continue after the other": pouring(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2000),
    "continue with headers": pouring(
        b"HTTP/1.1 100 Continue\r\n", b"X-A: b\r\n" * 90 + b"\r\nHTTP/1.1 100 Continue\r\n"
    ),
    "other interim answers": pouring(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 2000),
}


@pytest.mark.parametrize("behaviour", GREEDY.values(), ids=GREEDY)
def test_nobody_reads_on_for_ever_until_an_answer_begins(
    opened: Callable[..., Receiver], behaviour: Behaviour
) -> None:
    greedy = opened(behaviour)

    answer = call(greedy.url)

    assert answer.error
    assert not 200 <= answer.status < 300
    _wait_for(lambda: bool(greedy.calls))
    assert greedy.most_sent < LITTLE


BODIES: dict[str, Behaviour] = {
    "ten megabytes": pouring(OK + b"Content-Length: 10485760\r\n\r\n", b"x" * 65_536),
    "without end": pouring(OK + b"\r\n", b"x" * 65_536),
    "in chunks without end": pouring(
        OK + b"Transfer-Encoding: chunked\r\n\r\n", b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    ),
    "one chunk without end": pouring(
        OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n", b"x" * 65_536
    ),
    "packed": pouring(OK + b"Content-Encoding: gzip\r\n\r\n", b"x" * 65_536),
}


@pytest.mark.parametrize("behaviour", BODIES.values(), ids=BODIES)
def test_of_a_large_body_the_beginning_is_read(
    opened: Callable[..., Receiver], behaviour: Behaviour
) -> None:
    greedy = opened(behaviour)

    answer = call(greedy.url)

    assert (answer.status, answer.error, answer.body) == (200, "", "x" * 200)
    _wait_for(lambda: bool(greedy.calls))
    assert greedy.most_sent < LITTLE


@pytest.mark.parametrize(
    "start", [b"\r\n", b"Content-Length: 9000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n1\r\n"]
)
def test_a_body_that_trickles_does_not_make_an_answer_a_failure(
    opened: Callable[..., Receiver], start: bytes
) -> None:
    answer = call(opened(trickling(OK + start)).url, seconds=4)

    assert (answer.status, answer.error) == (200, "")
    assert {*answer.body} <= {"x"}


BROKEN = {
    "nothing": b"",
    "garbage": bytes(range(256)) * 40,
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "old": b"hello\n",
    "no number": b"HTTP/1.1 abc OK\r\n\r\n",
    "too large a number": b"HTTP/1.1 99999 OK\r\n\r\n",
    "too small a number": b"HTTP/1.1 7 OK\r\n\r\n",
    "half a status line": b"HTTP/1.1 20",
    "many headers": OK + b"X-A: b\r\n" * 200 + b"\r\n",
    "interim only": b"HTTP/1.1 100 Continue\r\n\r\n",
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_what_is_no_answer_is_none(opened: Callable[..., Receiver], data: bytes) -> None:
    answer = call(opened(saying(data)).url)

    assert answer.error in ("Broken", "Status")
    assert not 200 <= answer.status < 300


ODD = {
    "a length below zero": b"Content-Length: -1\r\n\r\nhello",
    "no length": b"Content-Length: x\r\n\r\nhello",
    "two lengths": b"Content-Length: 5\r\nContent-Length: 500\r\n\r\nhello",
    "half a header": b"Content-",
    "half a body": b"Content-Length: 500\r\n\r\nhello",
    "half a chunk": b"Transfer-Encoding: chunked\r\n\r\n500\r\nhello",
    "an odd header": b"\x00\xff: \xfe\r\n\r\nhello",
}


@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_an_odd_answer_that_begins_with_2xx_has_taken_the_event(
    opened: Callable[..., Receiver], data: bytes
) -> None:
    answer = call(opened(saying(OK + data)).url)

    assert (answer.status, answer.error) == (200, "")
    assert answer.body in ("hello", "")


def test_a_chunk_whose_size_is_no_number_is_no_body(opened: Callable[..., Receiver]) -> None:
    data = OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\nzz\r\n"

    assert call(opened(saying(data)).url).error == ""


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"\x1b]0;owned\x07\x1b[2J hello\r\n\r\n there", "]0;owned [2J hello there"),
        ("\u202egnp.exe\u2028x\u0000y".encode(), "gnp.exe x y"),
        (b"\xff\xfe" + "ä".encode(), "\ufffd\ufffdä"),
        ("😀".encode() * 1000, "😀" * 200),
        (b" " * 5000, ""),
    ],
    ids=["terminal", "unicode", "not UTF-8", "long", "empty"],
)
def test_of_a_body_200_harmless_characters_are_kept(
    opened: Callable[..., Receiver], body: bytes, shown: str
) -> None:
    assert call(opened(answering(500, body=body)).url) == Answer(500, "Status", shown)


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("120", 120, 120),
        ("in 1000", 900, 1000),
        ("in -1000", 0, 0),
        ("-5", 0, 0),
        ("1.5", 0, 0),
        ("٣٣", 0, 0),
        ("soon", 0, 0),
        ("1e9", 0, 0),
        ("9" * 300, 1, 2 * 86_400),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 1, 2 * 86_400),
        ("Fri, 99 Foo 99999 99:99:99 GMT", 0, 0),
    ],
)
def test_however_long_a_receiver_asks_us_to_wait_it_is_a_number(
    opened: Callable[..., Receiver], text: str, least: int, most: int
) -> None:
    if text.startswith("in "):
        then = datetime.now(UTC) + timedelta(seconds=int(text.removeprefix("in ")))
        text = format_datetime(then, usegmt=True)
    data = f"HTTP/1.1 503 No\r\nRetry-After: {text}\r\n\r\n".encode()

    answer = call(opened(saying(data)).url)

    assert answer.status == 503
    assert least <= answer.retry_after <= most


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308, 304, 399])
def test_no_redirect_is_followed(opened: Callable[..., Receiver], status: int) -> None:
    inside = opened(answering(200, body=b"what is inside"))
    outside = opened(redirecting(inside.url, status))

    assert call(outside.url) == Answer(status, "Redirect")
    assert inside.connections == 0


def test_nobody_listens() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"

        assert call(url) == Answer(error="NoConnection")


def test_no_proxy_is_asked(
    opened: Callable[..., Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, good = opened(), opened()
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)

    assert call(good.url) == Answer(204)
    assert proxy.connections == 0


# ---- the network


class Network(NamedTuple):
    """What names lead to, and a public address that is a receiver on this machine."""

    names: dict[str, list[list[str]]]
    """The addresses of each name, for each time that it is asked for; the last ones stay."""
    listens: dict[str, int]
    """The port of this machine that is port 443 of a public address."""
    asked: list[str]
    called: list[Any]


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    """Stand in for the resolver and the routes of the internet, which no test can have."""
    made = Network({}, {}, [], [])
    real = socket.socket.connect

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        made.asked.append(host)
        if host not in made.names:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        answers = made.names[host]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            (
                socket.AF_INET6 if ":" in each else socket.AF_INET,
                socket.SOCK_STREAM,
                socket.IPPROTO_TCP,
                "",
                (each, port, 0, 0) if ":" in each else (each, port),
            )
            for each in found
        ]

    def connect(self: socket.socket, address: Any) -> None:
        made.called.append(address[:2])
        if address[0] not in made.listens or address[1] != 443:
            raise ConnectionRefusedError
        real(self, ("127.0.0.1", made.listens[address[0]]))

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", connect)
    return made


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    """Let the client trust an authority of our own alone."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    client._context.cache_clear()
    yield made
    client._context.cache_clear()


def port_of(receiver: Receiver) -> int:
    return int(receiver.url.split(":")[2].split("/")[0])


def there(network: Network, receiver: Receiver, name: str = NAME) -> str:
    """Let a name lead to a receiver, by a public address."""
    network.names[name] = [[PUBLIC]]
    network.listens[PUBLIC] = port_of(receiver)
    return f"https://{name}/hook?a=b"


def test_a_public_receiver_is_called_with_tls_by_its_name(
    network: Network, authority: Authority, opened: Callable[..., Receiver]
) -> None:
    good = opened(tls=authority.context_for(NAME))

    assert call(there(network, good), reaches_loopback=False) == Answer(204)
    assert network.called == [(PUBLIC, 443)]
    _wait_for(lambda: bool(good.calls))  # It writes a call down once it has answered.
    assert (good.calls[0].headers["host"], good.calls[0].path) == (NAME, "/hook?a=b")


def test_a_name_that_leads_elsewhere_a_moment_later_changes_nothing(
    network: Network, authority: Authority, opened: Callable[..., Receiver]
) -> None:
    """DNS rebinding: the address that was looked at is the one that is called."""
    good = opened(tls=authority.context_for(NAME))
    url = there(network, good)
    network.names[NAME] = [[PUBLIC], ["127.0.0.1"]]

    assert call(url) == Answer(204)
    assert (network.asked, network.called) == ([NAME], [(PUBLIC, 443)])
    assert call(url) == Answer(error="NotPublic")
    assert network.called == [(PUBLIC, 443)]


PRIVATE = [
    "0.0.0.0",  # noqa: S104 - it is what the guard must refuse
    *("127.0.0.1", "127.255.0.9", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255"),
    *("192.168.1.1", "169.254.169.254", "169.254.170.2", "169.254.100.1", "100.64.0.1"),
    *("192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
    *("224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1"),
    *("::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1"),
    *("2001::1", "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "fc00::1", "fd00:ec2::254"),
    *("fe80::1", "fec0::1", "ff02::1", "5f00::1", "3fff::1", "2001:0:7f00:1::"),
]


@pytest.mark.parametrize("address", PRIVATE)
@pytest.mark.parametrize("reaches_loopback", [False, True])
def test_nothing_that_is_not_public_is_called(
    network: Network, address: str, reaches_loopback: bool
) -> None:
    network.names[NAME] = [[address]]
    network.names["mixed.example"] = [[PUBLIC, address]]
    url = f"https://{NAME}/"

    assert call(url, reaches_loopback=reaches_loopback) == Answer(error="NotPublic")
    assert call("https://mixed.example/") == Answer(error="NotPublic")
    assert network.called == []


def test_a_scope_makes_no_address_public(network: Network) -> None:
    network.names[NAME] = [["fe80::1%lo"]]

    assert call(f"https://{NAME}/") == Answer(error="NotPublic")


@pytest.mark.parametrize(
    "url",
    [
        *("https://unknown.example/", "https://xn--a.example/", f"https://{'a' * 64}.example/"),
        *(f"https://{'a.' * 130}example/", "https://a..example/"),
    ],
)
def test_a_name_that_leads_nowhere_is_no_bug(network: Network, url: str) -> None:
    assert call(url) == Answer(error="NoAddress")


def test_the_next_address_is_called_if_nobody_listens_at_the_first(
    network: Network, authority: Authority, opened: Callable[..., Receiver]
) -> None:
    url = there(network, opened(tls=authority.context_for(NAME)))
    network.names[NAME] = [["2606:4700::1111", PUBLIC]]

    assert call(url) == Answer(204)
    assert network.called == [("2606:4700::1111", 443), (PUBLIC, 443)]


def test_a_certificate_for_another_name_is_refused(
    network: Network, authority: Authority, opened: Callable[..., Receiver]
) -> None:
    other = opened(tls=authority.context_for("other.example"))

    assert call(there(network, other)) == Answer(error="Certificate")
    assert other.calls == []


def test_a_certificate_whose_time_is_over_is_refused(
    network: Network, authority: Authority, opened: Callable[..., Receiver]
) -> None:
    old = opened(tls=authority.context_for(NAME, days=-1))

    assert call(there(network, old)) == Answer(error="Certificate")


def test_a_certificate_for_which_nobody_vouches_is_refused(
    network: Network, authority: Authority, opened: Callable[..., Receiver], tmp_path: Path
) -> None:
    (tmp_path / "stranger").mkdir()
    strange = opened(tls=Authority(tmp_path / "stranger").context_for(NAME))

    assert call(there(network, strange)) == Answer(error="Certificate")


def test_what_is_no_tls_is_no_answer(network: Network, opened: Callable[..., Receiver]) -> None:
    plain = opened(answering(204))

    answer = call(there(network, plain))

    assert answer in (Answer(error="Broken"), Answer(error="Timeout"))
    assert plain.calls == []


SHAKES: dict[str, Behaviour] = {
    "silent": hanging(30),
    # The head of a record of TLS that has 16 kB, and then its bytes one by one.
    "byte by byte": trickling(b"\x16\x03\x03\x40\x00"),
    "one warning after the other": pouring(b"", b"\x15\x03\x03\x00\x02\x01\x00" * 1000),
}


@pytest.mark.parametrize("greeting", SHAKES.values(), ids=SHAKES)
def test_a_handshake_that_does_not_end_is_ended(
    network: Network, opened: Callable[..., Receiver], greeting: Behaviour
) -> None:
    answer = call(there(network, opened(greeting=greeting)))

    assert answer in (Answer(error="Broken"), Answer(error="Timeout"))


def test_a_resolver_that_does_not_answer_holds_up_nobody(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: gone.wait(30) and [])

    assert call(f"https://{NAME}/") == Answer(error="Timeout")
    gone.set()


@pytest.mark.parametrize("port", [80, 8080, 8443, 22, 6379])
def test_no_other_port_is_called_even_if_such_a_url_was_stored(
    network: Network, authority: Authority, opened: Callable[..., Receiver], port: int
) -> None:
    there(network, opened(tls=authority.context_for(NAME)))

    call(f"https://{NAME}:{port}/")
    call(f"http://{NAME}:{port}/", reaches_loopback=False)

    assert {number for _, number in network.called} <= {443}


# ---- what may be saved

NOT_SAVED = [
    *("", "https://", "https:///", "https://shop", "//shop.example", "shop.example", "https:"),
    *("http://shop.example/", "ftp://shop.example/", "file:///etc/passwd", "gopher://shop.example"),
    *("https://shop.example:80/", "https://shop.example:0/", "https://shop.example:99999/"),
    *("https://shop.example:8443/", "https://shop.example:4433/", "https://shop.example:x/"),
    *("https://ada@shop.example/", "https://ada:pw@shop.example/", "https://@shop.example/"),
    *("https://shop.example/#a", "https://shop.example/ a", "https://shop.example/\r\nX: y"),
    *("https://shop.example\\@10.0.0.1/", "https://shöp.example/", "https://127.0.0.1/"),
    *("https://localhost/", "https://localhost./", "https://a.localhost/", "https://LOCALHOST/"),
    *("https://[::1]/", "https://[::ffff:7f00:1]/", "https://[fe80::1%25eth0]/", "https://[::1/"),
    *("https://169.254.169.254/latest/meta-data/", "https://2852039166/", "https://0x7f000001/"),
    *("https://0177.0.0.1/", "https://127.1/", "https://0/", "https://10.0.0.1/", "https://1.2.3/"),
    *("https://metadata.google.internal/", "https://.example/", "https://a..example/"),
    *("https://shop.0x7f/", "https://127.0.0.1.:443/", f"https://shop.example/{'a' * 2000}"),
    *("http://127.0.0.1/", "http://127.0.0.1:9000/", "http://localhost:9000/"),
]


@pytest.mark.parametrize("url", NOT_SAVED)
def test_a_url_that_must_not_be_called_is_not_saved(url: str) -> None:
    faults = guard.faults_in(url, reaches_loopback=False)

    assert faults
    assert all(host not in " ".join(faults) for host in ("ada", "10.0.0.1", "/etc"))


@pytest.mark.parametrize("url", NOT_SAVED[:-2])
def test_the_local_stack_takes_its_own_address_in_one_form_and_nothing_else(url: str) -> None:
    is_there = url == "http://127.0.0.1/"  # Without a port, it has none to call.

    assert guard.faults_in(url, reaches_loopback=True) or is_there
    assert guard.faults_in("http://localhost:9000/", reaches_loopback=True)
    assert guard.faults_in("http://127.0.0.1:9000/hook", reaches_loopback=True) == []


@pytest.mark.parametrize(
    "url",
    [
        *(
            "https://shop.example",
            "https://shop.example/hook?a=b&c=%20",
            "https://shop.example:443",
        ),
        *("https://93.184.216.34/", "https://[2606:4700::1111]/", "https://xn--shp-sna.example/"),
        *("https://1shop.a1.example/", f"https://shop.example/{'a' * 1900}"),
    ],
)
def test_a_public_url_is_saved(url: str) -> None:
    assert guard.faults_in(url, reaches_loopback=False) == []


def _wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)
