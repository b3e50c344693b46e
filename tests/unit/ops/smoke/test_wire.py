"""Requests go as they are written, and answers count whenever they come."""

from http.server import BaseHTTPRequestHandler

import pytest
from support.http_servers import serving

from ops.smoke.wire import NoAnswer, ask


def test_a_server_that_is_not_there_is_no_answer() -> None:
    with pytest.raises(NoAnswer, match="no answer"):
        ask("http://127.0.0.1:9", "GET", "/", b"", {})


class Server(BaseHTTPRequestHandler):
    """Answers with the target as it came, and does not read the body."""

    def do_POST(self) -> None:
        self.send_response(413)
        self.send_header("Content-Length", str(len(self.path)))
        self.end_headers()
        self.wfile.write(self.path.encode())


def test_a_target_goes_as_it_is_written() -> None:
    with serving(Server) as url:
        reply = ask(f"{url}/live", "POST", "//Mail//Send[]?a=|{}", b"", {"A": "b"})

    assert (reply.status, reply.body) == (413, "/live//Mail//Send[]?a=|{}")


def test_an_answer_before_the_body_has_come_counts() -> None:
    with serving(Server) as url:
        assert ask(f"{url}/live", "POST", "/", bytes(20_000_000), {}).status == 413
