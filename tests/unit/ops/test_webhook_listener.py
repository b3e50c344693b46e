"""`mailctl webhooks listen` prints what arrives, and answers as a receiver should."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from core.webhooks import signing
from ops import webhook_listener
from tooling.ports import PortError

SECRET = signing.secret("a stack's", "wh_1", 0)
OLD = signing.secret("a stack's", "wh_1", 1)
BODY = json.dumps({"type": "mail.sent", "data": {"sequence": 3, "detail": "\x1b[2Jü"}}).encode()


class Listener:
    def __init__(self, secret: str) -> None:
        self.said: list[str] = []
        self._server = webhook_listener.server(0, secret, self.said.append)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def post(self, body: bytes, headers: dict[str, str]) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self._server.server_port, timeout=5)
        connection.request("POST", "/any", body, headers)
        status = connection.getresponse().status
        connection.close()
        return status

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(params=[SECRET, ""], ids=["with a secret", "without"])
def listener(request: pytest.FixtureRequest) -> Iterator[Listener]:
    made = Listener(request.param)
    yield made
    made.close()


def signed(*secrets: str, at: float | None = None, body: bytes = BODY) -> dict[str, str]:
    return signing.headers("msg_1", int(time.time() if at is None else at), body, secrets)


def test_a_signed_event_is_printed_and_answered_with_204(listener: Listener) -> None:
    headers = signed(OLD, SECRET)
    assert listener.post(BODY, headers) == 204
    (said,) = listener.said
    first, _, rest = said.partition("\n")
    assert "mail.sent  msg_1" in first
    assert json.loads(rest) == json.loads(BODY)
    assert said.isascii()
    assert "\x1b" not in said


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({}, "no webhook-timestamp"),
        (signed(OLD), "wrong signature"),
        (signed(SECRET, body=b"{}"), "wrong signature"),
        (signed(SECRET) | {"webhook-id": "msg_2"}, "wrong signature"),
        (signed(SECRET, at=5), "5 minutes"),
        (signed(SECRET) | {"webhook-timestamp": "x"}, "no webhook-timestamp"),
    ],
)
def test_what_the_secret_has_not_signed_is_told_and_refused(
    headers: dict[str, str], why: str
) -> None:
    listener = Listener(SECRET)
    try:
        assert listener.post(BODY, headers) == 401
    finally:
        listener.close()
    assert why in listener.said[0]


def test_the_example_of_standard_webhooks_itself_is_signed() -> None:
    """Of the specification's libraries (github.com/standard-webhooks/standard-webhooks)."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    body, secret = b'{"test": 2432232314}', "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    assert webhook_listener.fault_in(headers, body, secret, 1614265330) == ""


@pytest.mark.parametrize("body", [b"", b"\xff\x1b[2J", b"[1]", b'"x"', b'{"type": ["\\u001b"]}'])
def test_whatever_arrives_is_printed_without_what_a_terminal_obeys(body: bytes) -> None:
    said = webhook_listener.told({"webhook-id": "\x1bmsg"}, body, "", is_checked=False)

    assert said.isascii()
    assert all(character.isprintable() for line in said.splitlines() for character in line)


def test_what_is_no_secret_and_a_port_that_is_taken_are_told_at_once() -> None:
    with pytest.raises(ValueError, match="A secret is whsec_"):
        webhook_listener.listen(0, "whsec_x")
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(PortError, match="--port"),
    ):
        webhook_listener.listen(taken.getsockname()[1], "")
