"""What the pages of this machine are told, and who is told nothing."""

import asyncio

import pytest

from core.metadata import page
from local.prefilled import Prefilled

TOLD = {"local-key": 'a"<key>', "local-mails": "http://127.0.0.1:8025"}
PAGE = page.index(base_url="http://127.0.0.1:8080", root="").encode()


def ask(path, *, method="GET", pieces=(PAGE,)):
    """Ask for a page; return the answer's headers and body."""
    sent = []

    async def app(scope, receive, send):
        length = str(sum(map(len, pieces))).encode()
        headers = [(b"Content-Type", b"text/html"), (b"Content-Length", length)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for number, piece in enumerate(pieces, 1):
            more = number < len(pieces)
            await send({"type": "http.response.body", "body": piece, "more_body": more})

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "raw_path": path.encode()}
    asyncio.run(Prefilled(app, TOLD)(scope, None, send))
    headers = {name.lower(): value for name, value in sent[0]["headers"]}
    return headers, b"".join(each.get("body", b"") for each in sent)


@pytest.mark.parametrize("pieces", [(PAGE,), (PAGE[:100], PAGE[100:])])
@pytest.mark.parametrize("path", ["/metadata", "/json/metadata"])
def test_a_metadata_page_is_told_the_key_and_where_mails_go(path, pieces):
    headers, body = ask(path, pieces=pieces)

    assert b'<meta name="local-key" content="a&quot;&lt;key&gt;">' in body
    assert b'<meta name="local-mails" content="http://127.0.0.1:8025">' in body
    assert headers[b"content-length"] == str(len(body)).encode()
    head, _, rest = body.partition(b'<meta name="local-key')
    assert PAGE.startswith(head)
    assert PAGE.endswith(rest.partition(b"</head>")[2])


@pytest.mark.parametrize("path", ["/types", "/types/metadata.json", "/Status/1", "/Mail"])
def test_nobody_else_is_told_anything(path):
    assert ask(path)[1] == PAGE


def test_an_answer_without_a_page_stays_as_it_is():
    assert ask("/types/metadata", pieces=(b"{}",))[1] == b"{}"
    assert ask("/metadata", method="HEAD", pieces=(b"",))[1] == b""


def test_a_page_that_is_deployed_knows_no_key():
    assert b'<meta name="local-' not in PAGE
