"""What API Gateway and Lambda refuse before the service hears of it: the local stack does, too."""

import gzip
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import httpx
import pytest
from support.mails import MAIL, NAMESPACE

from local.deploy import outputs
from local.stack import Stack

TOO_LONG = (413, "text; charset=utf-8", "HTTP content length exceeded 10485760 bytes.")
EVENT_TOO_LONG = (413, "application/json", '{"message": "Request Too Long"}')
JSON, XML = "application/json", "application/xml"


def json_mail(size: int) -> bytes:
    """Return a mail of `size` bytes, most of it an attachment."""
    rest = len(json.dumps(MAIL | {"Attachments": [{"Bytes": "", "Name": "a.bin"}]}))
    text = "QUJD" * ((size - rest) // 4)
    mail = MAIL | {"Attachments": [{"Bytes": text, "Name": "a.bin"}]}
    return json.dumps(mail).encode().ljust(size)


def xml_mail(size: int) -> bytes:
    helper = f"{NAMESPACE}.Helper"
    head = f'<SendMail xmlns="{NAMESPACE}"><Attachments xmlns:h="{helper}"><h:Attachment><h:Bytes>'
    tail = f"</h:Bytes></h:Attachment></Attachments><To>{MAIL['To']}</To></SendMail>"
    text = "QUJD" * ((size - len(head) - len(tail)) // 4)
    return f"{head}{text}{tail}".encode().ljust(size)


def answer_to(api: httpx.Client, body: bytes, kind: str, **headers: str) -> tuple[int, str, str]:
    sent = {"Content-Type": kind, "Accept": JSON} | {
        n.replace("_", "-"): v for n, v in headers.items()
    }
    reply = api.post("/Mail/Send", content=body, headers=sent)
    return reply.status_code, reply.headers["content-type"], reply.text


def is_sent(answer: tuple[int, str, str]) -> bool:
    status, _, body = answer
    return status == 200 and json.loads(body)["Status"] == "sent"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (json_mail(6_280_000), JSON),
        (xml_mail(4_700_000), XML),  # Base64 makes a third more of it.
    ],
    ids=["json", "xml"],
)
def test_what_lambda_takes_is_sent(
    api: httpx.Client, ses: httpx.Client, body: bytes, kind: str
) -> None:
    assert is_sent(answer_to(api, body, kind))
    assert len(ses.get("/messages").json()) == 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (json_mail(6_292_000), JSON),
        (json_mail(10_000_000), JSON),
        (b'{"Text": "' + b'"' * 3_200_000 + b'"}', JSON),  # Each quote is two bytes in the event.
        (xml_mail(4_720_000), XML),
        (xml_mail(10_000_000), XML),
    ],
    ids=["json", "large json", "quotes", "xml", "large xml"],
)
def test_an_event_beyond_lambdas_limit_reaches_no_function(
    api: httpx.Client, ses: httpx.Client, body: bytes, kind: str
) -> None:
    assert answer_to(api, body, kind) == EVENT_TOO_LONG
    assert ses.get("/messages").json() == []


@pytest.mark.parametrize("kind", [JSON, XML])
@pytest.mark.parametrize("has_key", [True, False])
def test_more_than_ten_megabytes_are_refused_whoever_sends_them(
    api: httpx.Client, stack: Stack, kind: str, has_key: bool
) -> None:
    body = bytes(11_000_000)
    with httpx.Client(base_url=stack.url, timeout=40) as stranger:
        assert answer_to(api if has_key else stranger, body, kind) == TOO_LONG


def test_who_has_no_key_hears_that_before_lambdas_limit(stack: Stack) -> None:
    with httpx.Client(base_url=stack.url, timeout=40) as stranger:
        assert answer_to(stranger, json_mail(7_000_000), JSON)[0] == 403


def test_a_body_in_chunks_is_counted_too(api: httpx.Client) -> None:
    reply = api.post("/Mail/Send", content=(bytes(1_000_000) for _ in range(11)))

    assert (reply.status_code, reply.text) == (413, TOO_LONG[2])


@pytest.mark.parametrize("mail", [MAIL, MAIL | {"Text": "x" * 50_000}], ids=["small", "large"])
def test_a_compressed_json_mail_is_unpacked(
    api: httpx.Client, ses: httpx.Client, mail: dict[str, Any]
) -> None:
    packed = gzip.compress(json.dumps(mail).encode())

    assert is_sent(answer_to(api, packed, JSON, Content_Encoding="gzip"))


@pytest.mark.parametrize("size", [7_000_000, 20_000_000])
def test_a_compressed_body_counts_unpacked_for_lambda(
    api: httpx.Client, stack: Stack, size: int
) -> None:
    packed = gzip.compress(json_mail(size))

    assert answer_to(api, packed, JSON, Content_Encoding="gzip") == EVENT_TOO_LONG
    with httpx.Client(base_url=stack.url, timeout=40) as stranger:
        assert answer_to(stranger, packed, JSON, Content_Encoding="gzip")[0] == 403


CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
HALF = b'{"To": "ada@recipient.example", "Text": "The first half."}'


@pytest.mark.parametrize(
    "sent",
    [
        CHUNKED + b"%x\r\n%s\r\n" % (len(HALF), HALF),
        CHUNKED + b"%x\r\n%s\r\nno size\r\n" % (len(HALF), HALF),
        b"Content-Length: %d\r\n\r\n%s" % (len(HALF) + 1, HALF),
    ],
    ids=["chunks", "bad size", "length"],
)
def test_an_upload_that_breaks_off_is_no_mail(stack: Stack, ses: httpx.Client, sent: bytes) -> None:
    """What has come of it would be a mail, of half its text."""
    head = f"POST /Mail/Send HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON}\r\n"
    with socket.create_connection(("127.0.0.1", stack.api_port), timeout=40) as connection:
        connection.sendall(f"{head}x-api-key: {stack.api_key}\r\n".encode() + sent)
        connection.shutdown(socket.SHUT_WR)
        answered = connection.recv(65_536)

    assert answered[:12] in (b"", b"HTTP/1.1 400")
    time.sleep(1)  # A request takes a tenth of it.
    assert ses.get("/messages").json() == []


@pytest.fixture
def new_key(stack: Stack) -> Iterator[tuple[str, str]]:
    """The id and the value of a key that is on no plan yet."""
    gateway = stack.client("apigateway")
    made = gateway.create_api_key(name="new", enabled=True, value="a-key-of-a-new-client")
    yield made["id"], made["value"]
    gateway.delete_api_key(apiKey=made["id"])


def status_with(stack: Stack, key: str) -> int:
    params, headers = {"MessageId": "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"}, {"x-api-key": key}
    return httpx.get(f"{stack.url}/Status", params=params, headers=headers, timeout=40).status_code


def test_a_key_opens_the_api_while_it_is_on_the_plan(
    stack: Stack, new_key: tuple[str, str]
) -> None:
    gateway, (id_, key) = stack.client("apigateway"), new_key
    plan = outputs(stack.aws)["UsagePlanId"]
    assert status_with(stack, key) == 403

    gateway.create_usage_plan_key(usagePlanId=plan, keyId=id_, keyType="API_KEY")
    assert status_with(stack, key) == 404

    gateway.delete_usage_plan_key(usagePlanId=plan, keyId=id_)
    assert status_with(stack, key) == 403


def test_a_key_that_is_switched_off_opens_nothing(stack: Stack) -> None:
    """As docs/operations.md says in `Incidents`, and `revoke-key` does with the first key."""
    gateway, id_ = stack.client("apigateway"), outputs(stack.aws)["ApiKeyId"]

    def switch(value: str) -> dict[str, Any]:
        operation: Any = {"op": "replace", "path": "/enabled", "value": value}
        return gateway.update_api_key(apiKey=id_, patchOperations=[operation])

    try:
        assert switch("false")["enabled"] is False
        assert status_with(stack, stack.api_key) == 403
    finally:
        assert switch("true")["enabled"] is True
    assert status_with(stack, stack.api_key) == 404


@pytest.mark.parametrize(("name", "status"), [("query", 414), ("header", 431)])
def test_url_and_headers_are_bounded(api: httpx.Client, name: str, status: int) -> None:
    """The sizes are exact in the tests of `local.api_gateway`."""

    def answered(size: int) -> httpx.Response:
        if name == "query":
            return api.get("/Status", params={"MessageId": "x" * size})
        return api.get("/Status", params={"MessageId": "x"}, headers={"x-long": "x" * size})

    assert answered(9_500).status_code == 404
    assert answered(10_300).status_code == status
    assert answered(20_000).status_code == status


@pytest.mark.parametrize("path", ["/Status?MessageId=x", "/openapi.json"])
def test_answers_are_packed_for_who_asks_for_it(api: httpx.Client, path: str) -> None:
    packed = api.get(path, headers={"Accept-Encoding": "gzip"})
    plain = api.get(path, headers={"Accept-Encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_another_coding_or_a_broken_one_is_refused(api: httpx.Client, encoding: str) -> None:
    assert answer_to(api, b"{}", JSON, Content_Encoding=encoding)[0] == 415


def raw(stack: Stack, target: str) -> tuple[int, str]:
    """Ask for a target as it is written: most clients would escape it."""
    with closing(HTTPConnection("127.0.0.1", stack.api_port, timeout=40)) as connection:
        connection.putrequest("GET", target)
        connection.putheader("x-api-key", stack.api_key)
        connection.endheaders()
        reply = connection.getresponse()
        return reply.status, reply.read().decode()


@pytest.mark.parametrize("character", ["|", "{", "}"])
def test_what_belongs_escaped_in_a_query_is_refused(stack: Stack, character: str) -> None:
    assert raw(stack, f"/Status?MessageId=a{character}b") == (400, "")
    assert raw(stack, f"/Status?MessageId=a%{ord(character):X}b")[0] == 404


def test_a_semicolon_ends_a_value_in_a_query(stack: Stack) -> None:
    status, body = raw(stack, "/Status?MessageId=;01JD9ZK4M6T0V3Q8W2X5Y7B1CD")

    assert (status, json.loads(body)["ResponseStatus"]["Errors"][0]["ErrorCode"]) == (
        400,
        "NotEmpty",
    )


def test_an_override_chooses_the_method(api: httpx.Client) -> None:
    sent = api.post("/Mail/Send", json=MAIL).json()

    reply = api.post(
        "/Status",
        params={"MessageId": sent["MessageId"]},
        headers={"X-HTTP-Method-Override": "get"},
    )

    assert reply.json()["MessageId"] == sent["MessageId"]


@pytest.mark.parametrize("method", ["OPTIONS", "GET", "HEAD", "DELETE"])
def test_no_override_leads_past_the_key(stack: Stack, ses: httpx.Client, method: str) -> None:
    reply = httpx.post(
        f"{stack.url}/Mail/Send", json=MAIL, headers={"X-HTTP-Method-Override": method}
    )

    assert reply.status_code == 403
    assert ses.get("/messages").json() == []


def test_a_broken_function_is_a_502_in_our_words(api: httpx.Client, stack: Stack) -> None:
    """MiniStack would show the text of the error."""
    function = stack.deployed.functions["MetadataFunction"]
    client = stack.client("lambda")
    handler = client.get_function_configuration(FunctionName=function)["Handler"]
    client.update_function_configuration(FunctionName=function, Handler="handlers.missing.handler")
    try:
        reply = api.get("/metadata")
    finally:
        client.update_function_configuration(FunctionName=function, Handler=handler)

    assert reply.status_code == 502
    assert reply.json()["ResponseStatus"]["ErrorCode"] == "INTEGRATION_FAILURE"
    assert "missing" not in reply.text
    assert reply.json()["Status"] == "unknown"
