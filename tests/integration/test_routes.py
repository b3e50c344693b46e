"""What the routes named after the operations add: one way, batches, browsers, other verbs."""

import gzip
import json
from collections.abc import Callable
from copy import replace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from support.account import before_send, queued
from support.answers import raising
from support.gateway import Context, proxy_event
from support.mails import MAIL, NAMESPACE
from support.ses import Ses

from core.config import CONFIG
from handlers import api, preflight

Call = Callable[..., dict[str, Any]]


@pytest.mark.parametrize("format_", ["json", "xml", "jsv", "csv"])
def test_every_format_has_a_route_for_a_reply(call: Call, ses: Ses, format_: str) -> None:
    bodies = {
        "json": json.dumps(MAIL),
        "xml": f'<SendMail xmlns="{NAMESPACE}">'
        "<To>ada@recipient.example</To><Subject>s</Subject></SendMail>",
        "jsv": "{To:ada@recipient.example,Subject:s}",
        "csv": "To,Subject\r\nada@recipient.example,s\r\n",
    }

    reply = call("POST", f"/{format_}/reply/SendMail", bodies[format_])

    assert reply["statusCode"] == 200
    assert reply["headers"]["Content-Type"].startswith(f"application/{format_}") or format_ == "csv"
    assert len(ses.taken) == 1


def test_one_way_is_sent_by_the_queue(call: Call, ses: Ses) -> None:
    reply = call("POST", "/json/oneway/SendMail", MAIL)

    answer = reply["json"]
    assert (answer["Status"], answer["Retry"], answer["RetryCount"]) == ("queued", True, 0)
    assert ses.asked == 0
    assert queued(CONFIG.retry_queue_url) == [{"MessageId": answer["MessageId"]}]


def test_one_way_is_accepted_even_if_the_queue_cannot_be_reached(call: Call, table: Any) -> None:
    unreachable = EndpointConnectionError(endpoint_url="https://sqs")

    with before_send("sqs.SendMessage", lambda **_: raising(unreachable)()):
        reply = call("POST", "/json/oneway/SendMail", MAIL)

    (record,) = [item for item in table.scan()["Items"] if item["sk"] == "RECORD"]
    assert (reply["statusCode"], reply["json"]["Status"]) == (200, "queued")
    assert "due_at" in record  # The sweeper puts it into the queue.


def test_one_way_takes_an_idempotency_key(call: Call, table: Any) -> None:
    headers = {"Idempotency-Key": "k"}
    first = call("POST", "/json/oneway/SendMail", MAIL, headers=headers)
    second = call("POST", "/json/oneway/SendMail", MAIL, headers=headers)

    assert first["json"]["MessageId"] == second["json"]["MessageId"]
    assert second["headers"]["Idempotent-Replayed"] == "true"


def test_each_item_of_a_batch_has_an_idempotency_key_of_its_own(call: Call, ses: Ses) -> None:
    body = json.dumps([MAIL, MAIL]).encode()
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}

    for _ in range(2):
        reply = call("POST", "/json/reply/SendMail[]", body, headers=headers)
        assert reply["headers"]["X-AutoBatch-Completed"] == "2"

    # The repeat queues again what may be missing, each for its turn: the first mail's is now.
    first, second = (each["MessageId"] for each in reply["json"])
    waiting = [one["MessageId"] for one in queued(CONFIG.retry_queue_url)]
    assert (waiting[:2], waiting.count(first)) == ([first, second], 2)
    assert first != second
    assert reply["headers"]["Idempotent-Replayed"] == "true"
    assert ses.asked == 0


def test_a_fault_in_an_array_as_a_whole_sends_nothing(call: Call, ses: Ses) -> None:
    reply = call("POST", "/json/reply/SendMail[]", b'[{"To":')

    assert (reply["statusCode"], reply["headers"]["X-AutoBatch-Completed"]) == (400, "0")
    assert ses.asked == 0


def test_a_compressed_body_is_read(call: Call, ses: Ses) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

    reply = call("POST", "/Mail/Send", gzip.compress(json.dumps(MAIL).encode()), headers=headers)

    assert reply["statusCode"] == 200


def test_a_bomb_is_too_large(call: Call, ses: Ses) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

    reply = call("POST", "/Mail/Send", gzip.compress(bytes(200_000_000)), headers=headers)

    assert reply["statusCode"] == 413


def test_todays_clients_are_answered_in_camel_case(call: Call) -> None:
    reply = call("POST", "/api/SendMail", {"to": "ada@recipient.example", "subject": "s"})

    message_id = reply["json"]["messageId"]
    found = call("GET", "/api/GetStatus", query={"messageId": message_id})
    assert found["json"]["status"] == "sent"


def test_a_failure_in_camel_case_says_all_that_it_says_otherwise(call: Call) -> None:
    reply = call("POST", "/api/SendMail", {"to": "nobody"})

    assert reply["statusCode"] == 400
    assert reply["json"]["responseStatus"]["errors"][0]["fieldName"] == "To"
    assert reply["json"]["status"] == "failed"


def test_another_verb_may_be_meant(call: Call, ses: Ses) -> None:
    reply = call("PUT", "/Mail/Send", MAIL, headers={"X-Http-Method-Override": "POST"})

    assert reply["statusCode"] == 200


def test_what_came_as_options_cannot_be_made_a_request(call: Call, ses: Ses) -> None:
    headers = {"X-Http-Method-Override": "POST"}

    assert call("OPTIONS", "/Mail/Send", MAIL, headers=headers)["statusCode"] == 404
    assert ses.asked == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/Mail/Send"),
        ("POST", "/json/oneway/SendMail"),
        ("POST", "/json/reply/SendMail[]"),
        ("GET", "/Status"),
        ("PUT", "/Mail/Send"),
    ],
)
def test_without_a_checked_key_nothing_is_done_whatever_the_headers_say(
    call: Call, ses: Ses, table: Any, method: str, path: str
) -> None:
    """API Gateway lets a method of another name through where it takes one that needs no key."""
    headers = {"X-Http-Method-Override": "POST", "x-api-key": "a-key"}
    headers = headers if method == "PUT" else {"x-api-key": "a-key"}

    reply = call(method, path, MAIL if method != "GET" else None, headers=headers, key=None)

    assert (reply["statusCode"], reply["json"]["ResponseStatus"]["ErrorCode"]) == (403, "Forbidden")
    assert reply["json"]["Status"] == "failed"
    assert ses.asked == 0
    assert table.scan()["Items"] == []


def test_under_sam_cli_which_names_no_key_the_header_is_the_key(
    call: Call, ses: Ses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "CONFIG", CONFIG._replace(is_emulated=True))

    assert call("POST", "/Mail/Send", MAIL, headers={"x-api-key": "k"}, key=None)["json"]["Status"]
    assert call("POST", "/Mail/Send", MAIL, key=None)["statusCode"] == 403


def test_an_answer_is_kept_by_nobody_and_taken_for_nothing_else(call: Call, ses: Ses) -> None:
    sent = call("POST", "/Mail/Send", MAIL)
    for reply in (
        sent,
        call("GET", f"/Status/{sent['json']['MessageId']}"),
        call("POST", "/Mail/Send", {}),
        call("POST", "/Mail/Send", MAIL, key=None),
        call("GET", "/Nope"),
        preflight.handler(proxy_event("OPTIONS", "/Mail/Send", key=None), Context()),
    ):
        assert reply["headers"]["Cache-Control"] == "no-store"
        assert reply["headers"]["X-Content-Type-Options"] == "nosniff"


def test_without_configured_origins_browsers_are_told_nothing(call: Call) -> None:
    reply = call("POST", "/Mail/Send", MAIL, headers={"Origin": "https://app.example"})

    assert call("OPTIONS", "/Mail/Send")["statusCode"] == 404
    assert not [name for name in reply["headers"] if name.startswith("Access-Control")]


@pytest.mark.parametrize(
    ("allowed", "origin", "told"),
    [
        ({"https://app.example"}, "https://app.example", "https://app.example"),
        ({"https://app.example"}, "https://evil.example", None),
        ({"*"}, "https://any.example", "*"),
    ],
)
def test_configured_origins_may_call(
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
    allowed: set[str],
    origin: str,
    told: str | None,
) -> None:
    for handler in (api, preflight):
        monkeypatch.setattr(handler, "CONFIG", replace(CONFIG, cors_origins=frozenset(allowed)))
    headers = {"Origin": origin}
    asked = proxy_event("OPTIONS", "/Mail/Send", headers=headers, key=None)

    for reply in (
        preflight.handler(asked, Context()),
        call("POST", "/Mail/Send", MAIL, headers=headers),
        call("POST", "/Mail/Send", {}, headers=headers),
        call("GET", "/Nope", headers=headers),
    ):
        assert reply["headers"].get("Access-Control-Allow-Origin") == told


@pytest.mark.parametrize("method", ["OPTIONS", "POST", "GET"])
def test_a_preflight_is_answered_as_one_whatever_verb_it_is_said_to_have(
    monkeypatch: pytest.MonkeyPatch, ses: Ses, method: str
) -> None:
    monkeypatch.setattr(preflight, "CONFIG", replace(CONFIG, cors_origins=frozenset({"*"})))
    headers = {"X-Http-Method-Override": "POST", "Origin": "https://app.example"}

    reply = preflight.handler(
        proxy_event(method, "/Mail/Send", json.dumps(MAIL), headers=headers), Context()
    )

    assert (reply["statusCode"], reply["body"]) == (200, "")
    assert "POST" in reply["headers"]["Access-Control-Allow-Methods"]
    assert "traceparent" in reply["headers"]["Access-Control-Allow-Headers"]
    for name in ("X-Ignored", "X-Amzn-RequestId"):
        assert name in reply["headers"]["Access-Control-Expose-Headers"]
    assert ses.asked == 0


def test_a_page_shows_what_an_answer_holds_and_runs_nothing_of_it(call: Call) -> None:
    mail = MAIL | {"To": '"<script>" <ada@recipient.example>'}

    body = call("POST", "/Mail/Send", mail, headers={"Accept": "text/html"})["body"]

    assert "ada@recipient.example" in body
    assert "<script>" not in body


def test_an_answer_in_csv_is_a_file(call: Call) -> None:
    reply = call("POST", "/Mail/Send.csv", MAIL)

    assert reply["headers"]["Content-Disposition"] == 'attachment;filename="SendMail.csv"'
    assert reply["body"].count("\r\n") == 2


def test_a_compressed_body_in_camel_case_is_answered_in_camel_case(call: Call) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    body = gzip.compress(b'{"to": "ada@recipient.example", "subject": "s"}')

    assert call("POST", "/api/SendMail", body, headers=headers)["json"]["status"] == "sent"


@pytest.mark.parametrize("body", [b'{"To":"t"}', b'[{"To":', json.dumps([{}] * 101).encode()])
def test_an_array_that_cannot_be_read_blames_no_item(call: Call, ses: Ses, body: bytes) -> None:
    reply = call("POST", "/json/reply/SendMail[]", body)

    assert reply["statusCode"] == 400
    assert "Meta" not in reply["json"]["ResponseStatus"]
    assert ses.asked == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/Mail/Send", 404),
        ("POST", "/Status", 404),
        ("POST", "/SMS/Send", 404),
        ("POST", "/json/reply/SendSMS", 405),
        ("DELETE", "/xml/reply/SendMail", 405),
    ],
)
def test_a_path_that_leads_nowhere_leads_to_the_documentation(
    call: Call, method: str, path: str, status: int
) -> None:
    reply = call(method, path)

    up = "../" * (path.count("/") - 1)
    assert reply["statusCode"] == status
    assert reply["headers"]["Link"] == f'<{up}metadata>; rel="help"'
    assert status != 404 or reply["body"] == "404"


def test_an_answer_that_helps_has_no_header_that_says_where_help_is(call: Call, ses: Ses) -> None:
    for reply in (call("POST", "/Mail/Send", MAIL), call("POST", "/Mail/Send", {})):
        assert "Link" not in reply["headers"]


@pytest.mark.parametrize("given", ["invoice.pdf", ["a.pdf"], 1])
def test_attachments_that_are_no_objects_are_told_how_to_be(call: Call, given: Any) -> None:
    reply = call("POST", "/Mail/Send", MAIL | {"Attachments": given})

    (fault,) = reply["json"]["ResponseStatus"]["Errors"]
    assert (reply["statusCode"], fault["FieldName"]) == (400, "Attachments")
    assert '[{"Bytes": "...", "Name": "...", "ContentType": "..."' in fault["Message"]


@pytest.mark.parametrize("kind", ["json", "xml", "jsv", "form"])
def test_a_file_whose_path_was_sent_is_refused_with_the_reason_in_every_format(
    call: Call, kind: str
) -> None:
    space = "http://schemas.datacontract.org/2004/07/CommunicationHub.APIModel"
    path = "files/2026/invoice.pdf"
    bodies = {
        "json": ("application/json", json.dumps(MAIL | {"Attachments": [{"Bytes": path}]})),
        "xml": (
            "application/xml",
            (
                f'<SendMail xmlns="{space}"><Attachments xmlns:h="{space}.Helper"><h:Attachment>'
                f"<h:Bytes>{path}</h:Bytes></h:Attachment></Attachments><To>a@b.example</To></SendMail>"
            ),
        ),
        "jsv": ("application/jsv", f"{{To:a@b.example,Attachments:[{{Bytes:{path}}}]}}"),
        "form": (
            "application/x-www-form-urlencoded",
            f"To=a@b.example&Attachments=[{{Bytes:{path}}}]",
        ),
    }
    media_type, body = bodies[kind]
    headers = {"Content-Type": media_type, "Accept": "application/json"}

    reply = call("POST", "/Mail/Send", body, headers=headers)

    (fault,) = reply["json"]["ResponseStatus"]["Errors"]
    assert (fault["ErrorCode"], fault["FieldName"]) == ("Base64", "Attachments[0].Bytes")
    assert fault["Message"].endswith("not its path or address.")
