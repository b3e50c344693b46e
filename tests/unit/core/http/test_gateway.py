"""API Gateway's events and answers, as AWS has them and as the local stack does."""

import base64
import hashlib
from http import HTTPStatus
from urllib.parse import urljoin

import pytest

from core.http import gateway
from core.http.gateway import Response

AWS = {
    "resource": "/{proxy+}",
    "path": "/Mail/Send.xml",
    "httpMethod": "POST",
    "headers": {
        "Accept": "application/xml",
        "Content-Type": "application/json; charset=utf-8",
        "Host": "api.example.com",
        "X-Amzn-Trace-Id": "Root=1-00000000-000000000000000000000000",
        "X-Api-Key": "a-key",
        "X-Forwarded-For": "203.0.113.5",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
        "X-Twice": "2",
    },
    "multiValueHeaders": {
        "Accept": ["application/xml"],
        "Content-Type": ["application/json; charset=utf-8"],
        "Host": ["api.example.com"],
        "X-Amzn-Trace-Id": ["Root=1-00000000-000000000000000000000000"],
        "X-Api-Key": ["a-key"],
        "X-Forwarded-For": ["203.0.113.5"],
        "X-Forwarded-Port": ["443"],
        "X-Forwarded-Proto": ["https"],
        "X-Twice": ["1", "2"],
    },
    "queryStringParameters": {"Subject": "b", "format": "xml"},
    "multiValueQueryStringParameters": {"Subject": ["a", "b"], "format": ["xml"]},
    "pathParameters": {"proxy": "Mail/Send.xml"},
    "stageVariables": None,
    "requestContext": {
        "resourceId": "abc123",
        "resourcePath": "/{proxy+}",
        "httpMethod": "POST",
        "path": "/Mail/Send.xml",
        "accountId": "123456789012",
        "protocol": "HTTP/1.1",
        "stage": "prod",
        "domainName": "api.example.com",
        "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        "extendedRequestId": "JKJaXmPLvHcESHA=",
        "requestTimeEpoch": 1795166132000,
        "identity": {"apiKey": "a-key", "apiKeyId": "k", "sourceIp": "203.0.113.5"},
        "apiId": "1234567890",
    },
    "body": '{"Subject":"Grüße"}',
    "isBase64Encoded": False,
}
LOCAL = {
    "version": "1.0",
    "resource": "/{proxy+}",
    "path": "/Mail/Send.xml",
    "httpMethod": "POST",
    "headers": {
        "accept": "application/xml",
        "content-type": "application/json; charset=utf-8",
        "x-api-key": "a-key",
        "x-twice": "1,2",
    },
    "queryStringParameters": {"Subject": "a,b", "format": "xml"},
    "requestContext": {
        "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        "extendedRequestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        "path": "/prod/Mail/Send.xml",
        "identity": {"sourceIp": "203.0.113.5", "userAgent": "curl", "apiKey": "a-key"},
    },
    "body": base64.b64encode('{"Subject":"Grüße"}'.encode()).decode(),
    "isBase64Encoded": True,
}


@pytest.mark.parametrize("event", [AWS, LOCAL], ids=["aws", "local"])
def test_an_event_is_read(event):
    request = gateway.read(event)

    assert request.id == "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    assert (request.method, request.path) == ("POST", "/Mail/Send.xml")
    assert request.query == {"Subject": "a,b", "format": "xml"}
    assert request.headers["x-twice"] == "1,2"
    assert (request.body.media_type, request.body.charset) == ("application/json", "utf-8")
    assert request.body.data == '{"Subject":"Grüße"}'.encode()
    assert request.caller == hashlib.sha256(b"a-key").hexdigest()


def test_the_key_itself_is_not_kept_as_the_caller():
    assert "a-key" not in gateway.read(AWS).caller


TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def traced(*headers):
    return AWS | {"multiValueHeaders": {"TraceParent": list(headers)}}


def test_what_joins_the_lines_of_a_log_is_the_id_of_the_key_and_the_callers_trace():
    request = gateway.read(traced(TRACE))

    assert request.origin == ("k", TRACE)
    assert request.log_keys == {"request_id": request.id, "key_id": "k", "traceparent": TRACE}


@pytest.mark.parametrize("identity", [None, {}, {"apiKeyId": None}])
def test_where_nothing_is_known_nothing_is_logged_in_the_place_of_what_was(identity):
    request = gateway.read(with_identity(identity, "a-key"))

    assert request.origin == ("", "")
    assert request.log_keys == {"request_id": "r", "key_id": None, "traceparent": None}


@pytest.mark.parametrize("headers", [("",), (TRACE, TRACE), ("ada@recipient.example",)])
def test_a_trace_that_is_none_is_not_kept(headers):
    assert gateway.read(traced(*headers)).origin.traceparent == ""


@pytest.mark.parametrize(
    "given", ["ada@recipient.example", "a b", 'x"', "\u0661", "a" * 65, "", "-", None]
)
def test_a_request_id_that_a_caller_made_up_is_not_logged(given):
    """A caller may choose `requestId` by a header, and never `extendedRequestId`."""
    context = AWS["requestContext"] | {"requestId": given}

    assert gateway.read(AWS | {"requestContext": context}).id == "JKJaXmPLvHcESHA="


def with_identity(identity, *keys):
    """Return the event of a request with these headers `x-api-key`, and what was checked."""
    return AWS | {
        "headers": {"x-api-key": keys[-1]},
        "multiValueHeaders": {"x-api-key": list(keys)},
        "requestContext": {"requestId": "r", "identity": identity},
    }


@pytest.mark.parametrize("sent", [("a-key", "zzz"), ("zzz", "a-key"), ("a-key,zzz",), ("zzz",)])
def test_the_key_that_was_checked_counts_and_not_what_else_the_headers_say(sent):
    request = gateway.read(with_identity({"apiKey": "a-key"}, *sent), key_in_header=True)

    assert request.caller == hashlib.sha256(b"a-key").hexdigest()


@pytest.mark.parametrize("identity", [{}, {"apiKey": None}, {"apiKey": ""}, {"sourceIp": "::1"}])
def test_a_key_that_nobody_has_checked_is_none(identity):
    request = gateway.read(with_identity(identity, "a-key"))

    assert (request.caller, request.is_keyless) == ("", True)


def test_an_event_that_aws_cannot_have_sent_names_its_key_in_the_header():
    """AWS says of each request who it is from, if only by the address."""
    keyed, unkeyed = with_identity(None, "a-key"), with_identity(None, "")
    del keyed["requestContext"]["identity"]

    assert gateway.read(keyed).caller == hashlib.sha256(b"a-key").hexdigest()
    assert not gateway.read(keyed).is_keyless
    assert (gateway.read(unkeyed).caller, gateway.read(unkeyed).is_keyless) == ("", False)


@pytest.mark.parametrize("identity", [None, {}, {"apiKey": None}])
def test_where_an_emulator_names_no_key_the_header_does(identity):
    request = gateway.read(with_identity(identity, "a-key"), key_in_header=True)

    assert request.caller == hashlib.sha256(b"a-key").hexdigest()


BARE = {"path": "/Status", "httpMethod": "get"}


@pytest.mark.parametrize(
    "event",
    [
        BARE,
        BARE
        | dict.fromkeys(
            [
                "headers",
                "multiValueHeaders",
                "queryStringParameters",
                "multiValueQueryStringParameters",
                "requestContext",
                "body",
            ]
        ),
        BARE | {"headers": {}, "multiValueHeaders": {}, "body": "", "isBase64Encoded": True},
    ],
)
def test_what_is_missing_or_null_is_empty(event):
    request = gateway.read(event)

    assert (request.id, request.method, request.caller, request.body.data) == ("", "GET", "", b"")
    assert request.query == request.headers == {}
    assert request.body.media_type == request.body.charset == ""


def test_bytes_arrive_as_they_were():
    body = bytes(range(256))
    event = AWS | {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}

    assert gateway.read(event).body.data == body


def test_half_a_surrogate_pair_does_no_harm():
    assert gateway.read(AWS | {"body": "a\ud800b"}).body.data == b"a?b"


@pytest.mark.parametrize(
    ("header", "content_type", "charset"),
    [
        ("text/XML;charset=UTF-8", "text/xml", "utf-8"),
        ('application/xml; charset="ISO-8859-1"', "application/xml", "iso-8859-1"),
        ("application/xml; q=1; Charset='us-ascii'", "application/xml", "us-ascii"),
        ("application/xml; charset", "application/xml", ""),
        ("; charset=x", "", "x"),
    ],
)
def test_a_content_type_is_taken_apart(header, content_type, charset):
    request = gateway.read(BARE | {"headers": {"CONTENT-TYPE": header}})

    assert (request.body.media_type, request.body.charset) == (content_type, charset)


def test_an_answer_is_written():
    response = Response(HTTPStatus.OK, "application/xml", "<ü/>", {"Idempotent-Replayed": "true"})

    assert gateway.write(response) == {
        "statusCode": 200,
        "headers": {
            "Content-Type": "application/xml",
            "Vary": "Accept",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Idempotent-Replayed": "true",
        },
        "body": "<ü/>",
        "isBase64Encoded": False,
    }


def test_an_answer_may_say_who_may_keep_it():
    kept = Response(HTTPStatus.OK, "text/html", "", {"Cache-Control": "max-age=9"})

    assert gateway.write(kept)["headers"]["Cache-Control"] == "max-age=9"


def test_a_status_is_a_plain_number():
    written = gateway.write(Response(HTTPStatus.NOT_FOUND, "text/plain", "404"))

    assert type(written["statusCode"]) is int


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/Nope", "metadata"),
        ("/Mail/Send", "../metadata"),
        ("/Mail/Send/", "../../metadata"),
        ("/json/reply/Nope", "../../metadata"),
        ("/", "metadata"),
    ],
)
def test_a_path_leads_to_the_documentation_with_a_stage_before_it_or_not(path, where):
    assert gateway.help_link(path) == {"Link": f'<{where}>; rel="help"'}
    for base in ("https://mail.example", "https://id.execute-api.example/live"):
        assert urljoin(f"{base}{path}", where) == f"{base}/metadata"


def test_however_long_a_path_is_its_header_is_short():
    assert len(gateway.help_link("/a" * 100_000)["Link"]) < 100
