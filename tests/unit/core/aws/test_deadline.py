"""One request over real sockets: what SES's end or the network may do, and what is known then."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

from core.aws import clients, deadline
from core.aws.deadline import DeadlinePassed, DeadlineSession, NotWritten
from core.message.record import SES_SECONDS

SOON, LATE = 0.5, 30
"""Seconds: the deadlines of requests that shall not meet it, and of those that shall."""
BODY = b'{"a": 1}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Peer:
    """A server on this machine that does `behave` with each connection, in a thread."""

    def __init__(self, behave):
        self.requests, self.connections = [], 0
        self.is_over = threading.Event()
        self._behave = behave
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, suppress(OSError):
            self._behave(self, connection)

    def read(self, connection):
        """Read one request; False once the other side has gone."""
        received = b""
        while not received.endswith(BODY):  # Header and body come one after the other.
            part = connection.recv(100_000)
            if not part:
                return False
            received += part
        self.requests.append(received)
        return True

    def stop(self):
        self.is_over.set()
        self._listener.close()


@pytest.fixture
def peer():
    peers = []

    def start(behave):
        peers.append(Peer(behave))
        return peers[-1]

    yield start
    for one in peers:
        one.stop()


@pytest.fixture
def session():
    made = DeadlineSession(URLLib3Session(timeout=(3, 10)), LATE)
    yield made
    made.close()


@pytest.fixture
def hasty():
    return DeadlineSession(URLLib3Session(timeout=(3, 10)), SOON)


def ask(session, peer, scheme="http"):
    url = f"{scheme}://127.0.0.1:{peer.port}/"
    return session.send(AWSRequest(method="POST", url=url, data=BODY).prepare())


def answering(peer, connection):
    while peer.read(connection):
        connection.sendall(ANSWER)


def stalling(peer, _connection):
    peer.is_over.wait()


def trickling(peer, connection):
    peer.read(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not peer.is_over.wait(0.05):
        connection.sendall(b" ")


def test_an_answer_in_time_comes_back_and_its_connection_is_used_again(peer, session):
    there = peer(answering)

    assert [ask(session, there).status_code for _ in range(3)] == [200] * 3
    assert there.connections == 1


@pytest.mark.parametrize(
    ("scheme", "behave", "name"),
    [
        ("https", stalling, "DeadlinePassed"),
        ("https", lambda _peer, _connection: None, "SSLError"),
        ("https", lambda _peer, connection: connection.sendall(ANSWER), "SSLError"),
    ],
    ids=["stalls", "closes", "speaks no TLS"],
)
def test_a_handshake_that_fails_is_a_request_that_was_not_written(
    peer, hasty, scheme, behave, name
):
    with pytest.raises(NotWritten) as raised:
        ask(hasty, peer(behave), scheme)

    assert raised.value.name == name


def test_a_peer_that_does_not_listen_was_not_written_to(peer, session):
    there = peer(answering)
    there.port = 1  # Where nobody may listen.

    with pytest.raises(NotWritten, match="EndpointConnectionError"):
        ask(session, there)


@pytest.mark.parametrize("behave", [stalling, trickling])
def test_an_answer_that_does_not_come_in_time_is_left_open(peer, hasty, behave):
    with pytest.raises(DeadlinePassed):
        ask(hasty, peer(behave))


def test_who_trickles_on_finds_the_connection_closed(peer, hasty):
    closed = threading.Event()

    def behave(there, connection):
        try:
            trickling(there, connection)
        except OSError:
            closed.set()

    with pytest.raises(DeadlinePassed):
        ask(hasty, peer(behave))

    assert closed.wait(10)


def test_a_connection_that_breaks_after_the_request_leaves_it_open(peer, session):
    with pytest.raises(ConnectionClosedError):
        ask(session, peer(lambda there, connection: there.read(connection)))


def test_botocore_s_own_timeout_counts_too(peer):
    session = DeadlineSession(URLLib3Session(timeout=(3, 0.1)), 30)

    with pytest.raises(ReadTimeoutError):
        ask(session, peer(stalling))


def test_a_name_that_is_not_found_in_time_is_given_up_and_never_written_to_later(
    peer, hasty, session, monkeypatch
):
    there, found, look_up = peer(answering), threading.Event(), socket.getaddrinfo

    def slow(*arguments, **options):
        found.wait()
        return look_up(*arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    before = set(threading.enumerate())
    with pytest.raises(NotWritten, match="DeadlinePassed"):
        ask(hasty, there)

    found.set()  # The name is found after all, and the thread goes on to connect.
    for thread in set(threading.enumerate()) - before:
        thread.join(0.5)
    monkeypatch.undo()
    assert ask(session, there).status_code == 200
    assert len(there.requests) == 1


def test_all_addresses_of_a_name_have_one_deadline_together(peer, hasty, monkeypatch):
    """A name may have many addresses, and each has botocore's timeout for itself."""
    there, tried = peer(answering), []

    def connect(address, *_arguments, **_options):
        for _ in range(100):
            tried.append(address)
            time.sleep(0.1)

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)

    with pytest.raises(NotWritten, match="DeadlinePassed"):
        ask(hasty, there)

    assert 0 < len(tried) < 100


def test_a_connection_that_was_idle_is_not_trusted(peer, hasty, monkeypatch):
    """The network forgets connections without a word: the second request would get no answer."""

    def forgetful(there, connection):
        there.read(connection)
        connection.sendall(ANSWER)
        there.is_over.wait()

    there, clock = peer(forgetful), [1_000_000.0]
    monkeypatch.setattr(deadline.time, "time", lambda: clock[0])
    assert ask(hasty, there).status_code == 200

    clock[0] += 11
    assert ask(hasty, there).status_code == 200
    assert there.connections == 2

    clock[0] += 5
    with pytest.raises(DeadlinePassed):  # Used a moment ago, so it is used again.
        ask(hasty, there)


def test_after_a_deadline_the_next_request_has_a_thread_of_its_own(peer, hasty):
    """The one of the first still waits for its answer."""

    def slow_at_first(there, connection):
        if there.connections == 1:
            there.is_over.wait()
        answering(there, connection)

    there = peer(slow_at_first)
    with pytest.raises(DeadlinePassed):
        ask(hasty, there)

    assert [ask(hasty, there).status_code for _ in range(2)] == [200] * 2


def test_requests_at_once_do_not_wait_for_each_other(peer, session):
    both = threading.Barrier(2)

    def together(there, connection):
        there.read(connection)
        both.wait(10)
        connection.sendall(ANSWER)

    there = peer(together)
    with ThreadPoolExecutor(2) as callers:
        replies = list(callers.map(lambda _: ask(session, there).status_code, range(2)))

    assert replies == [200] * 2


def test_the_client_of_ses_sends_with_a_deadline_and_never_twice():
    session = clients.ses()._endpoint.http_session

    assert isinstance(session, DeadlineSession)
    assert session._seconds == SES_SECONDS
    assert clients.ses().meta.config.retries["total_max_attempts"] == 1
