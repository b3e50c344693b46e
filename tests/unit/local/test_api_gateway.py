"""What API Gateway itself does to requests, on this machine too."""

import asyncio
import gzip
import zlib

import pytest

from local.api_gateway import (
    BAD_QUERY,
    EVENT_TOO_LONG,
    HEAD_TOO_LONG,
    LINE_TOO_LONG,
    MOST_BYTES,
    MOST_HEAD_BYTES,
    TOO_LONG,
    UNSUPPORTED,
    Answer,
    BrokenOff,
    Refused,
    admit,
)

TEXT = b'{"To": "ada@recipient.example"}'
BOMB = gzip.compress(bytes(20_000_000), mtime=0)
AT_MOST = bytes(1_048_576)


def packed(text):
    """Return the same gzip whenever it is asked for: it is in the names of tests."""
    return gzip.compress(text, mtime=0)


def admitted(*pieces, path=b"/Mail/Send", query=b"", headers=(), minimum=0, method="POST"):
    """Send a request whose body comes in pieces; return what the API gets of it, and its body."""
    pieces = pieces or (b"",)
    coming = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces) - 1}
        for number, piece in enumerate(pieces)
    ]

    async def receive():
        return coming.pop(0) if coming else {"type": "http.disconnect"}

    async def ask():
        scope = {
            "method": method,
            "raw_path": path,
            "query_string": query,
            "headers": [*headers],
        }
        changed, receive_changed = await admit(scope, receive, minimum)
        message = await receive_changed()
        assert not message["more_body"]
        assert (await receive_changed())["type"] == "http.disconnect"
        return changed, message["body"]

    try:
        return asyncio.run(ask())
    finally:
        assert coming == []  # Else a client that still sends never reads the answer.


def refusal(*pieces, **request) -> Answer:
    with pytest.raises(Refused) as refused:
        admitted(*pieces, **request)
    return refused.value.answer


def encoded(name):
    return [(b"content-encoding", name), (b"content-length", b"1")]


def test_what_has_nothing_special_stays_as_it_is():
    headers = [(b"content-type", b"application/json"), (b"content-length", b"31")]

    changed, body = admitted(TEXT[:5], TEXT[5:], query=b"a=%7C&b=%3B", headers=headers)

    assert body == TEXT
    assert changed == {
        "method": "POST",
        "raw_path": b"/Mail/Send",
        "query_string": b"a=%7C&b=%3B",
        "headers": headers,
    }


@pytest.mark.parametrize("arrived", [0, 1, 2])
def test_a_body_that_breaks_off_is_no_request(arrived):
    messages = [{"type": "http.request", "body": TEXT[:9], "more_body": True}] * arrived
    messages += [{"type": "http.disconnect"}]

    async def receive():
        return messages.pop(0)

    scope = {"method": "POST", "raw_path": b"/", "query_string": b"", "headers": []}
    with pytest.raises(BrokenOff):
        asyncio.run(admit(scope, receive, 0))


@pytest.mark.parametrize("query", [b"", b"a=" + b"b" * 1_000])
def test_line_and_header_values_are_counted_together(query):
    line = len(b"POST /Mail/Send HTTP/1.1") + len(b"?" + query if query else b"")
    rest = MOST_HEAD_BYTES - line

    fitting = [(b"x-name-that-does-not-count", b"x" * (rest - 1)), (b"x-other", b"x")]
    assert admitted(TEXT, query=query, headers=fitting)[1] == TEXT
    assert refusal(TEXT, query=query, headers=[*fitting, (b"x-more", b"x")]) == HEAD_TOO_LONG


def test_a_line_that_is_too_long_alone_is_refused_as_one():
    rest = MOST_HEAD_BYTES - len(b"GET  HTTP/1.1")

    assert admitted(method="GET", path=b"/" * rest)
    assert refusal(method="GET", path=b"/" * (rest + 1)) == LINE_TOO_LONG
    assert refusal(method="GET", path=b"/", query=b"x" * (rest - 1)) == LINE_TOO_LONG


def test_ten_megabytes_are_taken_and_not_a_byte_more():
    assert admitted(*[AT_MOST] * 10)[1] == bytes(MOST_BYTES)
    assert refusal(*[AT_MOST] * 10, b"x", AT_MOST) == TOO_LONG


def test_its_two_refusals_of_size_are_as_recorded():
    """github.com/koki-develop/lgtm-generator/issues/10."""
    assert (TOO_LONG.status, len(TOO_LONG.body)) == (413, 44)
    assert TOO_LONG.body == b"HTTP content length exceeded 10485760 bytes."
    assert TOO_LONG.headers == (("content-type", "text; charset=utf-8"),)
    assert (EVENT_TOO_LONG.status, len(EVENT_TOO_LONG.body)) == (413, 31)
    assert EVENT_TOO_LONG.body == b'{"message": "Request Too Long"}'
    assert ("x-amzn-errortype", "BadRequestException") in EVENT_TOO_LONG.headers


@pytest.mark.parametrize(
    ("encoding", "sent"),
    [
        (b"gzip", packed(TEXT)),
        (b" GZIP ", packed(TEXT[:9]) + packed(TEXT[9:])),
        (b"Deflate", zlib.compress(TEXT)),
    ],
)
def test_a_compressed_body_is_unpacked_and_says_so_no_more(encoding, sent):
    changed, body = admitted(sent, headers=encoded(encoding))

    assert body == TEXT
    assert changed["headers"] == [(b"content-length", b"31")]


@pytest.mark.parametrize("encoding", [b"identity", b""])
def test_a_coding_that_means_nothing_is_left(encoding):
    changed, body = admitted(TEXT, headers=encoded(encoding))

    assert (changed["headers"], body) == (encoded(encoding), TEXT)


def test_a_request_without_a_body_has_nothing_to_unpack():
    assert admitted(b"", headers=encoded(b"gzip"))[1] == b""


def test_the_coding_is_looked_at_before_the_body():
    assert refusal(b"", headers=encoded(b"br"), method="GET") == UNSUPPORTED


def test_what_is_smaller_than_the_api_wants_compressed_is_not_unpacked():
    sent = packed(TEXT)

    assert admitted(sent, headers=encoded(b"gzip"), minimum=len(sent) + 1)[1] == sent
    assert admitted(sent, headers=encoded(b"gzip"), minimum=len(sent))[1] == TEXT


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (b"br", b"\x8b"),
        (b"x-gzip", packed(TEXT)),
        (b"gzip, gzip", packed(packed(TEXT))),
        (b"gzip", TEXT),
        (b"gzip", packed(TEXT)[:-9]),
        (b"gzip", packed(TEXT) + b"rest"),
        (b"deflate", TEXT),
        (b"deflate", zlib.compress(TEXT)[:-3]),
        (b"deflate", zlib.compress(TEXT) + b"rest"),
        (b"deflate", zlib.compress(TEXT, wbits=-15)),
    ],
)
def test_other_codings_and_broken_ones_are_refused(encoding, body):
    assert refusal(body, headers=encoded(encoding)) == UNSUPPORTED


@pytest.mark.parametrize(
    ("encoding", "bomb"), [(b"gzip", BOMB), (b"deflate", zlib.compress(bytes(20_000_000)))]
)
def test_what_unpacks_to_more_than_any_event_is_cut_and_left_to_lambda(encoding, bomb):
    """Who has no key hears that first."""
    changed, body = admitted(bomb, headers=encoded(encoding))

    assert len(body) == MOST_BYTES + 1
    assert changed["headers"] == [(b"content-length", b"10485761")]


@pytest.mark.parametrize("query", [b"a=|", b"a={b", b"a=b}", b"a[|]=1"])
def test_a_query_with_what_belongs_escaped_is_refused(query):
    assert refusal(TEXT, query=query) == BAD_QUERY


def test_a_semicolon_splits_a_query():
    assert admitted(query=b"To=a@b;c@d")[0]["query_string"] == b"To=a@b&c@d"


@pytest.mark.parametrize("sent", ["POST", "OPTIONS"])
def test_an_override_is_the_method_and_goes_no_further(sent):
    changed, _ = admitted(method=sent, headers=[(b"x-http-method-override", b" delete ")])

    assert (changed["method"], changed["headers"]) == ("DELETE", [])
