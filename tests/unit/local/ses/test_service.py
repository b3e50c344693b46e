"""The page's way to the service, through the simulator."""

import http.client
import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from support.simulator import sandbox

from local import page_agent
from local.ses.simulator import Api
from tooling import ports


class _Service(BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    def do_GET(self):
        size = int(self.headers.get("Content-Length", 0))
        asked = {
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": self.rfile.read(size).decode(),
        }
        body = json.dumps(asked).encode()
        self.send_response(403)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("X-Ignored", "Foo")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.do_GET()

    def log_message(self, *_):
        """Print nothing."""


@contextmanager
def service():
    server = ThreadingHTTPServer((ports.HERE, 0), _Service)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://{ports.HERE}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def ask(ses, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection(ports.HERE, int(ses.url.rpartition(":")[2]))
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), json.loads(answer.read())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def ses():
    with service() as url, sandbox(api=Api(url, "a-key")) as running:
        yield running


def test_the_page_is_told_where_the_service_is_and_a_key(ses):
    _, settings = ses.call("GET", "/settings")

    assert settings["ApiBase"] == "/api"
    assert settings["ApiUrl"].startswith("http://127.0.0.1:")
    assert settings["ApiKey"] == "a-key"


def test_a_request_goes_to_the_service_as_it_is(ses):
    headers = {"x-api-key": "k", "Accept": "application/json", "Cookie": "c=1", "Origin": "x"}
    status, given, asked = ask(ses, "GET", "/api/Mail/a%2Fb?To=%41&x", headers=headers)

    assert (status, asked["method"], asked["path"]) == (403, "GET", "/Mail/a%2Fb?To=%41&x")
    assert given["X-Ignored"] == "Foo"
    assert given["Content-Type"] == "application/json; charset=utf-8"
    assert asked["headers"]["x-api-key"] == "k"
    assert asked["headers"]["user-agent"] == page_agent.NAME
    assert {"cookie", "origin"}.isdisjoint(asked["headers"])


def test_a_body_goes_to_the_service_as_it_is(ses):
    headers = {"Content-Type": "application/json", "Idempotency-Key": "i"}
    _, _, asked = ask(ses, "POST", "/api/Mail/Send", '{"To": "ä"}'.encode(), headers)

    assert (asked["method"], asked["path"], asked["body"]) == ("POST", "/Mail/Send", '{"To": "ä"}')
    assert asked["headers"]["idempotency-key"] == "i"


def test_another_pages_script_cannot_ask_with_a_key(ses):
    """A browser asks first whether it may send the header (a CORS preflight)."""
    status, given, _ = ask(ses, "OPTIONS", "/api/Mail", headers={"Origin": "https://x.example"})

    assert status == 405
    assert not [name for name in given if name.lower().startswith("access-control-")]


def test_a_service_that_is_not_there_is_said_to_be_so():
    with service() as url:
        pass
    with sandbox(api=Api(url)) as ses:
        assert ask(ses, "GET", "/api/Mail")[0] == 502
    with sandbox() as ses:
        status, _, answer = ask(ses, "GET", "/api/Mail")
        assert (status, "API_URL" in answer["message"]) == (502, True)
        assert ses.call("GET", "/settings")[1]["ApiUrl"] is None
