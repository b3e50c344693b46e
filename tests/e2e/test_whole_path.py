"""From `POST /Mail/Send` to `delivered`, as a caller and an operator see it."""

import base64
import hashlib
import http.client
import json
import os
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from email import message_from_bytes, policy
from typing import Any

import httpx
import pytest
from support import mails
from support.mails import NAMESPACE, RESPONSE

from local.stack import Stack

Until = Callable[..., dict[str, Any]]
TO = "success@simulator.amazonses.com"
MAIL = mails.MAIL | {"To": TO}
XML = {"Content-Type": "application/xml", "Accept": "application/xml"}
ANSWER = f"{{{RESPONSE}}}"

# The sample of the original's metadata page, with addresses that exist.
SEED = """<SendMail xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://schemas.datacontract.org/2004/07/CommunicationHub.APIModel">
  <Attachments xmlns:d2p1="http://schemas.datacontract.org/2004/07/CommunicationHub.APIModel.Helper">
    <d2p1:Attachment>
      <d2p1:Bytes>AA==</d2p1:Bytes>
      <d2p1:ContentType>text/plain</d2p1:ContentType>
      <d2p1:Name>String</d2p1:Name>
    </d2p1:Attachment>
  </Attachments>
  <BCC>bcc@recipient.example</BCC>
  <CC>cc@recipient.example</CC>
  <Domain>example.com</Domain>
  <From>sender@example.com</From>
  <FromName>String</FromName>
  <HTML>String</HTML>
  <ReceiverName>String</ReceiverName>
  <Reference>String</Reference>
  <Subject>String</Subject>
  <Text>String</Text>
  <To>success@simulator.amazonses.com</To>
</SendMail>"""


def send(api: httpx.Client, **mail: Any) -> dict[str, Any]:
    reply = api.post("/Mail/Send", json=MAIL | mail)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def test_the_seeds_xml_sample_is_sent_and_delivered(
    api: httpx.Client, ses: httpx.Client, until: Until
) -> None:
    reply = api.post("/Mail/Send", content=SEED, headers=XML)

    assert reply.headers["content-type"] == "application/xml"
    answer = ET.fromstring(reply.content)
    assert answer.findtext(f"{ANSWER}Status") == "sent"
    assert until(str(answer.findtext(f"{ANSWER}MessageId")))["Status"] == "delivered"
    (mail,) = ses.get("/messages").json()
    assert mail["Destination"]["BccAddresses"] == ["bcc@recipient.example"]
    assert mail["Attachments"][0]["Size"] == 1


def test_three_megabytes_arrive_as_they_were_sent(
    api: httpx.Client, ses: httpx.Client, until: Until, source: Callable[[], bytes]
) -> None:
    content = os.urandom(3_000_000)
    given = [{"Name": "Über 😀.pdf", "Bytes": base64.b64encode(content).decode()}]

    answer = send(api, Attachments=given)

    assert until(answer["MessageId"])["Status"] == "delivered"
    (attachment,) = ses.get("/messages").json()[0]["Attachments"]
    assert attachment["Sha256"] == hashlib.sha256(content).hexdigest()
    (part,) = message_from_bytes(source(), policy=policy.default).iter_attachments()
    assert part.get_filename() == "Über 😀.pdf"
    assert part.get_payload(decode=True) == content


@pytest.mark.parametrize("format_", ["json", "xml"])
def test_umlauts_and_emoji_arrive_in_every_text_field(
    api: httpx.Client, ses: httpx.Client, source: Callable[[], bytes], format_: str
) -> None:
    text = "Grüße, Привет, 日本語 😀 <b> & \"q\" 'a'"
    mail = {
        "FromName": "Jörg Müßig 😀",
        "ReceiverName": "日本語, Привет",
        "Subject": text,
        "Text": f"{text}\r\nzweite Zeile\r\n",
        "HTML": f"<p>{text}</p>",
        "Reference": "Ä-1",
    }
    if format_ == "json":
        send(api, **mail)
    else:
        fields = "".join(
            f"<{name}>{value.replace('&', '&amp;').replace('<', '&lt;')}</{name}>".replace(
                "\r", "&#xD;"
            )
            for name, value in ({"To": TO} | mail).items()
        )
        body = f'<SendMail xmlns="{NAMESPACE}">{fields}</SendMail>'
        assert api.post("/Mail/Send", content=body.encode(), headers=XML).status_code == 200

    message = message_from_bytes(source(), policy=policy.default)
    assert message["Subject"] == mail["Subject"]
    assert message["From"].addresses[0].display_name == mail["FromName"]
    assert message["To"].addresses[0].display_name == mail["ReceiverName"]
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == mail["Text"].splitlines()
    assert html.get_content().strip() == mail["HTML"]


@pytest.mark.parametrize(
    ("recipient", "becomes"),
    [
        ("success+label@simulator.amazonses.com", "delivered"),
        ("bounce@simulator.amazonses.com", "undelivered"),
        ("suppressionlist@simulator.amazonses.com", "undelivered"),
        ("complaint@simulator.amazonses.com", "delivered"),
        ("ooto@simulator.amazonses.com", "delivered"),
        ("anybody@recipient.example", "delivered"),
    ],
)
def test_the_status_becomes_what_ses_reports(
    api: httpx.Client, until: Until, recipient: str, becomes: str
) -> None:
    answer = send(api, To=recipient)

    assert until(answer["MessageId"])["Status"] == becomes


def test_an_automatic_reply_leaves_the_mail_delivered(
    stack: Stack, api: httpx.Client, until: Until
) -> None:
    message_id = send(api, To="ooto@simulator.amazonses.com")["MessageId"]
    until(message_id)
    table = stack.client("dynamodb")
    key = {"pk": {"S": f"MSG#{message_id}"}, "sk": {"S": "RECORD"}}

    deadline = time.monotonic() + 30
    replied_at = None
    while replied_at is None and time.monotonic() < deadline:
        time.sleep(0.2)
        item = table.get_item(TableName=stack.deployed.table, Key=key)["Item"]
        replied_at = item["recipients"]["L"][0]["M"].get("replied_at")

    assert replied_at
    answer = api.get(f"/Status/{message_id}").json()
    assert (answer["Status"], answer.get("ErrorMessage")) == ("delivered", None)


def test_one_bouncing_recipient_of_several_makes_the_mail_undelivered(
    api: httpx.Client, until: Until
) -> None:
    answer = send(api, To=f"{TO}; Bob <bounce@simulator.amazonses.com>", BCC="eve@other.example")

    final = until(answer["MessageId"])

    assert final["Status"] == "undelivered"
    assert final["ErrorMessage"] == 'Bounced: Permanent/General 5.1.1 "550 5.1.1 user unknown"'


def test_blind_copies_are_sent_and_stand_nowhere(
    api: httpx.Client, ses: httpx.Client, source: Callable[[], bytes]
) -> None:
    send(api, BCC="secret@recipient.example")

    assert b"secret@" not in source()


def test_without_the_key_nothing_is_sent_or_read(stack: Stack, ses: httpx.Client) -> None:
    meant = {"X-Http-Method-Override": "POST"}
    for headers in ({}, {"x-api-key": "wrong"}):
        reply = httpx.post(f"{stack.url}/Mail/Send", json=MAIL, headers=headers)
        assert reply.status_code == 403
        assert httpx.get(f"{stack.url}/Status?MessageId=x", headers=headers).status_code == 403
        # Not even a preflight starts a function: no page may call this stack.
        asked = httpx.options(f"{stack.url}/Mail/Send", headers=headers | meant)
        assert (asked.status_code, asked.json()["Status"]) == (403, "failed")

    assert ses.get("/messages").json() == []


@pytest.mark.parametrize("kind", ["throttle", "paused"])
def test_what_ses_does_not_take_waits_and_is_sent_later(
    api: httpx.Client, ses: httpx.Client, until: Until, kind: str
) -> None:
    ses.post("/faults", json={"kind": kind, "count": 1})

    answer = send(api)

    assert (answer["Status"], answer["Retry"], answer["RetryCount"]) == ("queued", True, 0)
    if kind == "throttle":  # A paused account is tried again after a quarter of an hour.
        final = until(answer["MessageId"])
        assert (final["Status"], final["RetryCount"]) == ("delivered", 1)
        assert len(ses.get("/messages").json()) == 1


def test_what_ses_refuses_has_failed(api: httpx.Client, ses: httpx.Client) -> None:
    ses.post("/faults", json={"kind": "rejected", "count": 1})

    answer = send(api)

    assert (answer["Status"], answer["Retry"]) == ("failed", False)
    assert ses.get("/messages").json() == []


@pytest.mark.parametrize("kind", ["error_after", "drop_after", "timeout_after"])
def test_a_lost_answer_is_settled_by_events_and_the_mail_goes_out_once(
    api: httpx.Client, ses: httpx.Client, until: Until, kind: str
) -> None:
    ses.post("/faults", json={"kind": kind, "count": 1})

    answer = send(api)

    assert answer["Status"] in ("unknown", "sent", "delivered")
    assert until(answer["MessageId"])["Status"] == "delivered"
    assert len(ses.get("/messages").json()) == 1


def test_events_of_every_kind_in_any_number_are_taken(
    api: httpx.Client, ses: httpx.Client, until: Until
) -> None:
    answer = send(api)
    until(answer["MessageId"])
    mail = ses.get("/messages").json()[0]["MessageId"]

    for kind in ("DeliveryDelay", "Send", "Complaint", "Bounce", "Delivery", "Rendering Failure"):
        event = {"MessageId": mail, "eventType": kind, "recipients": [TO], "count": 3}
        assert ses.post("/events", json=event).json()["published"] == 3

    assert until(answer["MessageId"], "undelivered")["Status"] == "undelivered"


def test_the_same_idempotency_key_at_once_from_many_sends_once(
    api: httpx.Client, ses: httpx.Client
) -> None:
    """Here and not on moto, whose transactions are not isolated from one another."""

    def request(_: int) -> int:
        return api.post("/Mail/Send", json=MAIL, headers={"Idempotency-Key": "once"}).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(request, range(16)))

    assert set(statuses) <= {200, 409}
    assert len(ses.get("/messages").json()) == 1


def test_chunked_bodies_and_expect_100_continue_are_read(stack: Stack, ses: httpx.Client) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", stack.api_port, timeout=30)
    headers = {"x-api-key": stack.api_key, "Content-Type": "application/json"}
    pieces = (piece.encode() for piece in (json.dumps(MAIL)[:10], json.dumps(MAIL)[10:]))

    connection.request("POST", "/Mail/Send", pieces, headers | {"Expect": "100-continue"})

    with closing(connection):
        assert connection.getresponse().status == 200


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"To":'),
        ("application/json", b"[" * 100_000),
        ("application/json", b'{"To": "a@b.example\\r\\nBcc: c@d.example", "Subject": "s"}'),
        ("application/json", b'{"To": "x@y.example", "Subject": "\\ud800"}'),
        ("application/xml", b"<SendMail"),
        ("application/xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
        ("text/plain", b"hello"),
        ("application/octet-stream", bytes(range(256))),
        ("application/json", b""),
    ],
)
def test_hostile_and_broken_bodies_are_refused_and_send_nothing(
    api: httpx.Client, ses: httpx.Client, content_type: str, body: bytes
) -> None:
    reply = api.post("/Mail/Send", content=body, headers={"Content-Type": content_type})

    assert reply.status_code == 400
    assert ses.get("/messages").json() == []


def test_the_gateways_own_refusals_have_the_services_form(stack: Stack) -> None:
    reply = httpx.post(f"{stack.url}/Mail/Send", json=MAIL)

    assert reply.status_code == 403
    assert reply.json()["ResponseStatus"]["Errors"] == []
    assert (reply.json()["Status"], reply.json()["Retry"]) == ("failed", False)
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_a_verb_that_leads_nowhere_is_unknown(stack: Stack) -> None:
    reply = httpx.post(f"{stack.url}/", headers={"x-api-key": stack.api_key})

    assert (reply.status_code, reply.text) == (404, "404")
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"


def test_one_way_mails_are_sent_by_the_queue(api: httpx.Client, until: Until) -> None:
    answer = api.post("/json/oneway/SendMail", json=MAIL).json()

    assert answer["Status"] == "queued"
    assert until(answer["MessageId"])["Status"] == "delivered"


@pytest.fixture
def verbose(stack: Stack) -> Iterator[None]:
    """Let every function log at DEBUG; they all start anew, so its test comes last."""
    functions = stack.client("lambda")
    before = {}
    for name in stack.deployed.functions.values():
        held = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        before[name] = held
        debug = held | {"LOG_LEVEL": "DEBUG", "POWERTOOLS_LOG_LEVEL": "DEBUG"}
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": debug})
    yield
    for name, held in before.items():
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": held})


def test_no_log_holds_personal_data(
    api: httpx.Client, ses: httpx.Client, stack: Stack, until: Until, verbose: None
) -> None:
    marked = {
        "To": "zq7marked Ada <zq7marked@recipient.example>",
        "CC": "zq7marked-cc@recipient.example",
        "BCC": "zq7marked-bcc@recipient.example",
        "From": "zq7marked@example.com",
        "Subject": "zq7marked",
        "Text": "zq7marked",
        "HTML": "<p>zq7marked</p>",
        "Attachments": [
            {"Name": "zq7marked.txt", "Bytes": base64.b64encode(b"zq7marked").decode()}
        ],
    }
    names = ("FromName", "ReceiverName", "Reference")
    marked |= {name: f"zq7marked-{name}" for name in names}
    headers = {"Idempotency-Key": "zq7marked-key", "X-Other": "zq7marked"}

    (first, _) = (api.post("/Mail/Send", json=marked, headers=headers).json() for _ in range(2))
    ses.post("/faults", json={"kind": "throttle", "count": 1})
    waits = send(api, **marked)
    oneway = api.post("/json/oneway/SendMail", json=marked).json()
    bounces = send(api, **marked | {"To": "bounce+zq7marked@simulator.amazonses.com"})
    api.post("/Mail/Send", json=dict.fromkeys(marked, "zq7marked\r\n"))
    api.post("/Mail/Send", content=b'{"To": "zq7marked', headers={"Content-Type": "text/zq7marked"})
    api.get("/Status/zq7marked", params={"MessageId": "zq7marked"})
    api.get("/types/zq7marked", params={"op": "zq7marked"})
    httpx.post(f"{stack.url}/Mail/Send", json=marked, headers={"x-api-key": "zq7marked"})
    functions, poison = (
        stack.client("lambda"),
        {"Records": [{"messageId": "m", "body": "zq7marked"}]},
    )
    for name in stack.deployed.functions.values():  # The last has no record that could be read.
        for event in (
            poison,
            {"Records": [{"zq7marked": "zq7marked"}]},
            {"zq7marked": "zq7marked"},
        ):
            functions.invoke(FunctionName=name, Payload=json.dumps(event))
    for answer in (first, waits, oneway, bounces):
        until(answer["MessageId"])

    lines = written_by(stack)
    for name in stack.deployed.functions:
        assert any(group == name for group, _ in lines), name
    assert any(first["MessageId"] in line for _, line in lines)
    marks = ("zq7marked", base64.b64encode(b"zq7marked").decode(), stack.api_key)
    assert [entry for entry in lines if any(mark in entry[1] for mark in marks)] == []


def written_by(stack: Stack) -> list[tuple[str, str]]:
    """Return every line of the functions' log groups, and of the files in the stack's folder."""
    logs = stack.client("logs").get_paginator("filter_log_events")
    lines = [
        (name, event["message"])
        for name, function in stack.deployed.functions.items()
        for page in logs.paginate(logGroupName=f"/aws/lambda/{function}")
        for event in page["events"]
    ]
    kept = [
        (file.name, line)
        for file in stack.logs.glob("*.log")
        for line in file.read_text("utf-8", "replace").splitlines()
        # MiniStack logs what SES publishes; SNS itself does nothing of the kind.
        if "[sns] SNS publish" not in line
    ]
    assert "requests.log" in dict(kept)
    return [*lines, *kept]
