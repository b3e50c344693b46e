"""What API Gateway and Lambda refuse before the service hears of it: the local stack does, too."""

import gzip
import json
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import httpx
import pytest
from support.mails import MAIL, NAMESPACE

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


def test_a_compressed_body_counts_unpacked_for_lambda(api: httpx.Client) -> None:
    packed = gzip.compress(json_mail(7_000_000))

    assert answer_to(api, packed, JSON, Content_Encoding="gzip") == EVENT_TOO_LONG


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
