import http.client
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from support.simulator import sandbox

from local.ses.relay import Relay
from tooling import ports
from tooling.paths import SOURCE

ACTIVITY = SOURCE / "core/metadata/activity"


@pytest.fixture(scope="module")
def ses():
    with sandbox() as running:
        yield running


def test_messages_are_listed_newest_first_and_can_be_cleared(ses):
    tagged = [{"Name": "id", "Value": "17"}]
    first, second = ses.send(EmailTags=tagged), ses.send()

    assert [one["MessageId"] for one in ses.messages()[:2]] == [second, first]
    assert [one["MessageId"] for one in ses.call("GET", "/messages?tag=id:17")[1]] == [first]
    assert len(ses.call("GET", "/messages?limit=1")[1]) == 1
    assert ses.call("DELETE", "/messages")[0] == 204
    assert ses.messages() == []
    assert ses.call("GET", f"/messages/{first}")[0] == 404


@pytest.mark.parametrize("note_comes", ["before", "after"])
def test_a_note_on_a_tag_stands_beside_the_mail_that_has_it(ses, note_comes):
    note = {"Name": "id", "Value": f"noted-{note_comes}", "Note": "Ignored members: Foo"}
    if note_comes == "before":
        assert ses.call("POST", "/notes", note)[0] == 204
    noted = ses.send(EmailTags=[{"Name": "id", "Value": note["Value"]}])
    other = ses.send(EmailTags=[{"Name": "id", "Value": "other"}])
    if note_comes == "after":
        assert ses.call("POST", "/notes", note)[0] == 204

    notes = {one["MessageId"]: one["Notes"] for one in ses.messages()}

    assert (notes[noted], notes[other]) == (["Ignored members: Foo"], [])


OURS = "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"


def test_a_mail_is_found_by_the_id_that_the_service_gave_it(ses):
    tags = [{"Name": "mailapi_message_id", "Value": OURS}]
    ses.send(EmailTags=tags)
    newest = ses.send(EmailTags=tags)
    ses.send()

    for name in (OURS, OURS.lower(), newest):
        assert newest.encode() in ses.source(name)
        assert ses.call("GET", f"/messages/{name}/content")[0] == 200
    status, answer = ses.call("GET", f"/messages/{OURS[:-1]}")
    assert (status, "was not sent" in answer["message"]) == (404, True)


def test_an_event_is_published_for_the_newest_mail_with_the_services_id(ses):
    tags = [{"Name": "mailapi_message_id", "Value": OURS}]
    to = {"ToAddresses": ["ada@recipient.example", "bob@recipient.example"]}
    newest = ses.send(EmailTags=tags, Destination=to)
    soft = {"bounceType": "Transient", "recipients": to["ToAddresses"][1:]}
    answer = ses.call("POST", "/events", {"MessageId": OURS, "eventType": "Bounce"} | soft)

    assert answer == (200, {"published": 1})
    bounces = [event for event in ses.topic.events if event["eventType"] == "Bounce"]
    assert bounces[-1]["mail"]["messageId"] == newest
    assert bounces[-1]["bounce"]["bounceType"] == "Transient"
    (bounced,) = bounces[-1]["bounce"]["bouncedRecipients"]
    assert bounced["emailAddress"] == "bob@recipient.example"


def test_the_kinds_of_faults_are_listed_in_words(ses):
    status, kinds = ses.call("GET", "/faults/kinds")

    assert status == 200
    assert all(kind["Description"] for kind in kinds)
    for kind in kinds:
        assert ses.call("POST", "/faults", {"kind": kind["Kind"], "count": 1})[0] == 200
    assert ses.call("DELETE", "/faults")[0] == 204


def test_a_note_without_its_members_is_refused(ses):
    assert ses.call("POST", "/notes", {"Name": "id", "Note": "x"})[0] == 400


def test_many_senders_at_once_lose_nothing(ses):
    ses.call("DELETE", "/messages")

    with ThreadPoolExecutor(8) as pool:
        sent = set(pool.map(lambda _: ses.send(ConfigurationSetName=None), range(100)))

    assert len(sent) == 100
    assert {one["MessageId"] for one in ses.messages()} == sent


def test_the_page_and_the_health_check_answer(ses):
    status, page = ses.call("GET", "/")
    assert (status, b"<!doctype html>" in page) == (200, True)
    assert ses.call("GET", "/health") == (200, b"ok")
    assert ses.call("GET", "/nothing")[0] == 404
    assert ses.call("POST", "/health", {})[0] == 405


def test_the_page_is_the_deployed_one_with_a_host_of_its_own(ses):
    assert b"simulator.js" in ses.call("GET", "/activity/host.js")[1]
    assert b"export function simulatorOf" in ses.call("GET", "/activity/simulator.js")[1]
    for name in ("main.js", "style.css"):
        assert ses.call("GET", f"/activity/{name}")[1] == (ACTIVITY / name).read_bytes()
    for name in ("headers.json", "files.py", "..", "x.js"):
        assert ses.call("GET", f"/activity/{name}")[0] == 404
    said = talk(ses, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b"script-src 'self';" in said


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS"])
def test_another_method_is_refused_in_json(ses, method):
    assert ses.call(method, "/account") == (405, {"message": "Method not allowed."})


def test_a_head_is_a_get_without_the_body(ses):
    said = talk(ses, b"HEAD /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert said.startswith(b"HTTP/1.1 200")
    assert b"Content-Length: 2\r\n" in said
    assert said.endswith(b"\r\n\r\n")


def talk(ses, *pieces):
    """Return everything that the server says to raw bytes, until it closes."""
    port = int(ses.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        said = b""
        for piece in pieces:
            connection.sendall(piece)
            said += connection.recv(65_536)
        return said


HEAD = b"POST /faults HTTP/1.1\r\nHost: x\r\n"


def test_a_client_that_waits_is_told_to_go_on(ses):
    body = b'{"kind": "nothing"}'
    head = HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body)

    said = talk(ses, head, body)

    assert said.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400")


def test_a_body_in_chunks_is_read_and_the_connection_kept(ses):
    chunked = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    body = b'8;x=y\r\n{"kind":\r\n4\r\n "x"\r\n1\r\n}\r\n0\r\nTrailer: z\r\n\r\n'

    said = talk(ses, chunked + body, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")

    assert b'"field": "kind"' in said
    assert said.endswith(b"\r\n\r\nok")


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 99999999\r\n\r\n",
        b"Content-Length: x\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nno\r\n",
    ],
)
def test_a_body_that_cannot_be_read_is_refused(ses, head):
    assert talk(ses, HEAD + head).startswith(b"HTTP/1.1 400")


def test_a_connection_serves_many_requests_quickly(ses):
    connection = http.client.HTTPConnection("127.0.0.1", int(ses.url.rpartition(":")[2]))
    started = time.perf_counter()

    for _ in range(20):
        connection.request("GET", "/health")
        assert connection.getresponse().read() == b"ok"

    connection.close()
    assert time.perf_counter() - started < 0.5  # 40 ms each if Nagle's algorithm has its way.


class _Smtp(socketserver.StreamRequestHandler):
    """As much of an SMTP server as takes one mail."""

    def handle(self):
        self.wfile.write(b"220 here\r\n")
        data = False
        for line in self.rfile:
            self.server.lines.append(line.rstrip(b"\r\n"))
            if data and line != b".\r\n":
                continue
            data = line.upper() == b"DATA\r\n"
            self.wfile.write(b"354 go on\r\n" if data else b"250 ok\r\n")
            if line == b".\r\n":
                self.server.taken.set()


def test_what_is_sent_is_relayed_to_its_envelope():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Smtp) as server:
        server.daemon_threads = True
        server.lines, server.taken = [], threading.Event()
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        relay = Relay(f"smtp://127.0.0.1:{server.server_address[1]}")
        with sandbox(relay=relay) as ses:
            destination = {"ToAddresses": ["Ada <ada@a.example>"], "BccAddresses": ["b@b.example"]}
            ses.send(Destination=destination)
            assert server.taken.wait(5)
        server.shutdown()

    told = [line.lower() for line in server.lines]
    assert any(line.startswith(b"mail from:<no-reply@example.com>") for line in told)
    assert {b"rcpt to:<ada@a.example>", b"rcpt to:<b@b.example>"} <= set(told)
    assert b"Subject: Hello" in server.lines


def test_a_failed_relay_is_told_without_addresses(capsys):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    relay = Relay(f"smtp://127.0.0.1:{port}")
    with sandbox(relay=relay) as ses:
        message_id = ses.send()
        relay.stop()
        relay._thread.join(5)

    told = capsys.readouterr().out
    assert f"{message_id} not relayed" in told
    assert "@" not in told


@pytest.mark.parametrize("url", ["localhost:25", "http://localhost", "smtp://"])
def test_an_smtp_url_that_makes_no_sense_is_refused(url):
    with pytest.raises(ValueError, match="SMTP_URL"):
        Relay(url)


def start(**environment):
    return subprocess.Popen(
        [sys.executable, "-m", "local.ses"],
        env=os.environ | {"SES_PORT": "0", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_program_stops_at_once_when_it_is_told_to():
    with start() as program:
        assert program.stdout.readline().startswith("SES simulator: http://127.0.0.1:")
        started = time.perf_counter()
        program.send_signal(signal.SIGTERM)
        assert program.wait(5) == 0
        assert time.perf_counter() - started < 2
        assert program.stderr.read() == ""


def test_a_busy_port_is_one_clear_line():
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        with start(SES_PORT=port) as program:
            _, told = program.communicate(timeout=10)

    assert program.returncode == 1
    assert f"port {port} is not free" in told
    assert told.count("\n") == 1


def test_a_port_that_is_busy_for_udp_is_one_clear_line():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as busy:
        busy.bind(("127.0.0.1", 0))
        port = str(busy.getsockname()[1])
        with start(SES_PORT=port) as program:
            _, told = program.communicate(timeout=10)

    assert program.returncode == 1
    assert f"port {port} is not free: UDP, for its DNS" in told
    assert told.count("\n") == 1


def test_an_identity_that_is_none_is_one_clear_line():
    with start(SES_IDENTITIES="example.com,shop") as program:
        _, told = program.communicate(timeout=10)

    assert (program.returncode, told.count("\n")) == (1, 1)
    assert "SES_IDENTITIES: shop: Must be a domain" in told


def test_stopping_releases_who_waits_for_an_answer():
    with sandbox() as ses:
        ses.call("POST", "/faults", {"kind": "timeout_after"})
        waiting = threading.Thread(target=_send_in_vain, args=(ses,))
        waiting.start()
        while not ses.simulator.ses.mailbox.newest_first():
            time.sleep(0.01)
        ses.simulator.ses.mailbox.clear()
    waiting.join(5)

    assert not waiting.is_alive()


def _send_in_vain(ses):
    with pytest.raises(Exception, match="Connection was closed"):
        ses.send()


@pytest.mark.parametrize("address", ports.addresses())
def test_the_simulator_answers_on_each_of_localhosts_addresses(ses, address):
    connection = http.client.HTTPConnection(address, int(ses.url.rpartition(":")[2]))

    connection.request("GET", "/health")

    with closing(connection):
        assert connection.getresponse().read() == b"ok"
