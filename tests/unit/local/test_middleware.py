"""Who gets a request to the local stack, and what is noted of it."""

import asyncio
import gzip
import io
import re
from contextlib import suppress

import pytest

from core.contract.operations import OPERATIONS
from core.formats.table import FORMATS_BY_NAME
from core.metadata.sources.languages import LANGUAGES
from local import page_agent
from local.middleware import Middleware

SIGNED = (
    b"authorization",
    b"AWS4-HMAC-SHA256 Credential=test/20261120/eu-central-1/s3/aws4_request",
)


def middleware(app, noted):
    return Middleware(app, noted, minimum_compression_size=0)


def ask(host, path="/Mail/Send", *, method="POST", query="", headers=(), status=200, answered=()):
    """Send a request through the middleware; return the headers that arrive, and what is noted."""
    arrived, noted = [], io.StringIO()

    async def app(scope, receive, send):
        arrived.extend(scope["headers"])
        if status is None:
            raise ConnectionResetError
        await send({"type": "http.response.start", "status": status, "headers": answered})
        await send({"type": "http.response.body", "body": b""})

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        pass

    scope = {
        "type": "http",
        "method": method,
        "raw_path": path.encode(),
        "path": path,
        "query_string": query.encode(),
        "headers": [*([(b"host", host.encode())] if host is not None else []), *headers],
    }
    with suppress(ConnectionResetError):
        asyncio.run(middleware(app, noted)(scope, receive, send))
    return arrived, noted.getvalue()


def host_of(arrived):
    (host,) = [value for name, value in arrived if name == b"host"]
    return host


@pytest.mark.parametrize(
    ("host", "arrives"),
    [
        ("localhost:8080", b"127.0.0.1:8080"),
        ("LOCALHOST:8080", b"127.0.0.1:8080"),
        ("localhost", b"127.0.0.1"),
        ("[::1]:8080", b"127.0.0.1:8080"),
        ("[::1]", b"127.0.0.1"),
        ("host.docker.internal:8080", b"127.0.0.1:8080"),
        ("127.0.0.1:8080", b"127.0.0.1:8080"),
        (None, b"127.0.0.1"),  # HTTP/1.0 may have none.
    ],
)
def test_what_no_sdk_has_signed_is_for_the_api(host, arrives):
    arrived, noted = ask(host, headers=[(b"authorization", b"Bearer x")])

    assert host_of(arrived) == arrives
    assert (b"authorization", b"Bearer x") in arrived
    assert noted


@pytest.mark.parametrize(
    "request_",
    [
        {"headers": [SIGNED]},
        {"path": "/code/x.zip", "query": "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=1"},
        {"path": "/_ministack/health"},
    ],
)
def test_what_is_for_aws_arrives_as_it_came_and_is_not_noted(request_):
    arrived, noted = ask("localhost:8080", **request_)

    assert arrived == [(b"host", b"localhost:8080"), *request_.get("headers", [])]
    assert noted == ""


def test_what_the_activity_page_reads_is_not_noted():
    page = (b"user-agent", page_agent.NAME.encode())

    assert ask("localhost:8080", "/Mail", method="GET", headers=[page])[1] == ""
    assert ask("localhost:8080", "/Mail/x/Resend", headers=[page])[1]
    assert ask("localhost:8080", "/Mail", method="GET", headers=[(b"user-agent", b"curl")])[1]


def test_the_apis_own_host_has_the_api_and_nothing_else():
    arrived, noted = ask("127.0.0.1:8080", headers=[SIGNED])

    assert host_of(arrived) == b"127.0.0.1:8080"
    assert noted


def test_a_request_is_one_line():
    _, noted = ask("localhost:8080", "/Status", query="MessageId=secret", status=404)

    assert re.fullmatch(r"\d\d:\d\d:\d\d POST /Status 404 \d+ ms\n", noted)


@pytest.mark.parametrize(
    ("path", "noted"),
    [
        ("/json/reply/SendMail[]", "/json/reply/SendMail[]"),
        ("/Mail/Send.xml", "/Mail/Send.xml"),
        ("/Status/01JD9ZK4M6T0V3Q8W2X5Y7B1CD/", "/Status/01JD9ZK4M6T0V3Q8W2X5Y7B1CD/"),
        ("/Status/ada@recipient.example", "/Status/..."),
        ("/Status/ada%40recipient.example/x", "/Status/.../..."),
        ("/Status/ada", "/Status/..."),
        ("/types/typescript.d", "/types/typescript.d"),
        ("/Mail/Send.ada", "/Mail/..."),
        ("/a%0a12:00:00/%1b[31m", "/.../..."),
        ("//", "//"),
    ],
)
def test_a_path_is_noted_without_what_may_be_personal(path, noted):
    assert f" POST {noted} 200 " in ask("localhost:8080", path)[1]


def test_every_word_of_the_apis_own_paths_is_noted():
    paths = [f"/types/{language}" for language in LANGUAGES]
    own = [path for op in OPERATIONS for path in op.paths]
    paths += [re.sub(r"\{\w+\}", "x.json", path) for path in own]
    for format_ in FORMATS_BY_NAME:
        paths += [f"/{format_}/reply/{op.name}" for op in OPERATIONS]

    noted = [ask("localhost:8080", path)[1].split()[2] for path in paths]

    assert noted == [path.replace("x.json", "...") for path in paths]


def test_a_request_without_an_answer_is_noted_too():
    assert re.search(r" POST /Mail/Send - \d+ ms\n$", ask("localhost:8080", status=None)[1])


def test_names_that_the_api_ignored_stand_in_the_line():
    answered = [(b"content-type", b"text/csv"), (b"X-Ignored", b"Body, Foo")]

    noted = ask("localhost:8080", answered=answered)[1]

    assert re.search(r" POST /Mail/Send 200 \d+ ms  ignored: Body, Foo\n$", noted)


def test_other_kinds_of_events_pass():
    seen = []

    async def app(scope, receive, send):
        seen.append(scope)

    asyncio.run(middleware(app, io.StringIO())({"type": "lifespan"}, None, None))

    assert seen == [{"type": "lifespan"}]


def test_what_api_gateway_refuses_does_not_arrive_and_is_noted():
    arrived, noted = ask("localhost:8080", query="a=|")

    assert arrived == []
    assert " POST /Mail/Send 400 " in noted


def test_what_is_for_aws_is_not_api_gateways_business():
    arrived, _ = ask("localhost:8080", query="a=|", headers=[SIGNED])

    assert SIGNED in arrived


@pytest.mark.parametrize("signed", [False, True], ids=["api", "aws"])
def test_a_request_that_breaks_off_calls_nothing_and_is_noted(signed):
    """MiniStack has its own way with what is for AWS."""
    called, sent, noted = [], [], io.StringIO()
    messages = [
        {"type": "http.request", "body": b'{"Text": "half', "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def app(scope, receive, send):
        called.append(scope)

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "raw_path": b"/Mail/Send",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), *([SIGNED] if signed else [])],
    }
    asyncio.run(middleware(app, noted)(scope, receive, send))

    assert (len(called), sent) == (signed, [])
    assert (" POST /Mail/Send - " in noted.getvalue()) is not signed


LONG = b'{"MessageId": "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"}' * 10


def answer_to(accepted, *, method="POST", headers=((b"Content-Type", b"application/json"),)):
    """Return headers and body of an answer in two pieces, as the client gets it."""
    sent = []

    async def app(scope, receive, send):
        head = [*headers, (b"Content-Length", str(len(LONG)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": LONG[:7], "more_body": True})
        await send({"type": "http.response.body", "body": LONG[7:]})

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "raw_path": b"/Mail/Send",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), *[(b"accept-encoding", each) for each in accepted]],
    }
    asyncio.run(middleware(app, io.StringIO())(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return {name.lower(): value for name, value in sent[0]["headers"]}, body


def test_an_answer_is_packed_for_who_asks_for_it():
    headers, body = answer_to([b"gzip, deflate"])

    assert gzip.decompress(body) == LONG
    assert headers[b"content-encoding"] == b"gzip"
    assert headers[b"content-length"] == str(len(body)).encode()
    assert headers[b"content-type"] == b"application/json"


@pytest.mark.parametrize(
    "request_",
    [
        {"accepted": []},
        {"accepted": [b"br"]},
        {"accepted": [b"gzip"], "method": "HEAD"},
        {"accepted": [b"gzip"], "headers": ((b"Content-Encoding", b"br"),)},
    ],
    ids=["nothing", "unknown", "HEAD", "packed"],
)
def test_other_answers_go_as_they_are(request_):
    headers, body = answer_to(**request_)

    assert body == LONG
    assert headers[b"content-length"] == str(len(LONG)).encode()
    assert headers.get(b"content-encoding", b"") in (b"", b"br")
