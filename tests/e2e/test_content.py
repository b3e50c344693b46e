"""What a mail says, on the deployed stack: by the contract, by links, and on the page's way."""

import base64
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from support.deployed import change
from support.mails import MAIL
from support.operator_tool import ops

from core.aws.items import key
from local.stack import SENDER_DOMAIN, Stack

Until = Callable[..., dict[str, Any]]
PAGE = b"<script>alert(document.domain)</script>"
NAMES = (
    'a"; filename="b.html',
    "Grüße, 2026 (1) €.html",
    "a; type=text%2Fhtml.html",
    "a' or 'b\\c.html",
)
NOWHERE = "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"
MINUTE = 75
"""How long a change of a domain may take: functions read them once a minute."""


def file(name: str, content: bytes = PAGE, kind: str = "text/html") -> dict[str, str]:
    return {"Name": name, "ContentType": kind, "Bytes": base64.b64encode(content).decode()}


def sent(api: httpx.Client, **changes: Any) -> str:
    answer = api.post("/Mail/Send", json=MAIL | changes)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["MessageId"])


def content(api: httpx.Client, message_id: str) -> httpx.Response:
    return api.get(f"/Mail/{message_id}/Content")


def test_whoever_has_a_link_saves_the_file_and_renders_nothing(
    api: httpx.Client, ses: httpx.Client
) -> None:
    message_id = sent(api, HTML="<p>Hello", Attachments=[file(name) for name in NAMES])
    shown = content(api, message_id).json()

    assert (shown["Html"], shown["Subject"], shown["To"]) == (
        "<p>Hello",
        MAIL["Subject"],
        [MAIL["To"]],
    )
    assert len(shown["Attachments"]) == len(NAMES)
    for held in shown["Attachments"]:
        answer = httpx.get(held["Url"])  # Without a key.
        assert (answer.status_code, answer.content) == (200, PAGE)
        name = quote(held["Name"], safe="")
        assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''{name}"
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"] == "private, no-store"
    kinds = [(s["Kind"], s.get("Code")) for s in api.get(f"/Mail/{message_id}").json()["History"]]
    (noted,) = [code for kind, code in kinds if kind == "content shown"]
    assert noted


def test_an_image_is_an_image(api: httpx.Client, ses: httpx.Client) -> None:
    message_id = sent(api, Attachments=[file("a.png", b"\x89PNG", "image/png")])
    (held,) = content(api, message_id).json()["Attachments"]

    assert httpx.get(held["Url"]).headers["content-type"] == "image/png"


def test_a_link_is_for_one_file_and_for_five_minutes(api: httpx.Client, ses: httpx.Client) -> None:
    message_id = sent(api, Attachments=[file("a.txt"), file("b.txt")])
    held, _ = content(api, message_id).json()["Attachments"]

    asked = parse_qs(urlsplit(held["Url"]).query)
    assert asked["X-Amz-Expires"] == ["300"]
    assert {"X-Amz-Signature", "X-Amz-Credential"} <= asked.keys()


def test_a_mail_in_the_bucket_is_shown_whole(api: httpx.Client, ses: httpx.Client) -> None:
    html = "<p>Grüße</p>" * 100_000
    shown = content(api, sent(api, HTML=html)).json()

    assert (shown["Html"] == html, shown["IsShortened"]) == (True, False)


def test_a_mail_that_is_too_long_is_shown_from_its_beginning(
    api: httpx.Client, ses: httpx.Client
) -> None:
    html = "<p>" * 1_500_000
    shown = content(api, sent(api, HTML=html)).json()

    assert shown["IsShortened"] is True
    assert html.startswith(shown["Html"])


def test_another_tenants_mail_is_answered_as_what_is_not_there(
    api: httpx.Client, ses: httpx.Client, stack: Stack
) -> None:
    message_id = sent(api)
    change(stack, message_id, domain={"S": "other.example"})
    theirs, nobodys = content(api, message_id), content(api, NOWHERE)

    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert theirs.text == nobodys.text


def test_once_the_content_is_gone_it_is_said_to_be(
    api: httpx.Client, ses: httpx.Client, stack: Stack
) -> None:
    message_id = sent(api)
    stack.client("dynamodb").delete_item(
        TableName=stack.deployed.table, Key=key(f"MSG#{message_id}", "CONTENT")
    )
    answer = content(api, message_id)

    assert answer.status_code == 410
    assert answer.json()["ResponseStatus"]["ErrorCode"] == "Gone"


def test_a_page_of_the_simulators_reaches_the_api_and_causes_events(
    api: httpx.Client, ses: httpx.Client, until: Until
) -> None:
    settings = ses.get("/settings").json()
    base, headers = settings["ApiBase"], {"x-api-key": settings["ApiKey"]}
    two = "ada@recipient.example, bounced-here@recipient.example"
    answer = ses.post(f"{base}/Mail/Send", headers=headers, json=MAIL | {"To": two}, timeout=40)
    message_id = answer.json()["MessageId"]
    until(message_id, "delivered")
    bounce = {"MessageId": message_id, "eventType": "Bounce", "diagnosticCode": "smtp; 550 no"}
    bounce |= {"recipients": ["bounced-here@recipient.example"]}

    assert ses.get(f"/messages/{message_id}").content.count(b"To: ada@recipient.example")
    assert ses.post("/events", json=bounce).json() == {"published": 1}
    until(message_id, "undelivered")
    shown = ses.get(f"{base}/Mail/{message_id}", headers=headers, timeout=40).json()
    assert [one["Status"] for one in shown["Recipients"]] == ["delivered", "undelivered"]
    text = ses.get(f"{base}/Mail/{message_id}/Content", headers=headers, timeout=40)
    assert text.json()["Text"] == MAIL["Text"]
    refused = ses.get(f"{base}/Mail/{message_id}/Content", timeout=40)
    assert refused.status_code == 403
    never = ses.post("/events", json=bounce | {"MessageId": NOWHERE})
    assert never.status_code == 404


@pytest.mark.slow
def test_a_domain_that_does_not_allow_it_shows_nothing(
    api: httpx.Client, ses: httpx.Client, stack: Stack
) -> None:
    message_id = sent(api)

    def turned(value: str, status: int) -> httpx.Response:
        done = ops(
            *("domains", "change", SENDER_DOMAIN, f"show_content={value}"),
            API_PORT=str(stack.api_port),
        )
        assert done.returncode == 0, done.stderr
        deadline = time.monotonic() + MINUTE
        while (answer := content(api, message_id)).status_code != status:
            assert time.monotonic() < deadline
            time.sleep(1)
        return answer

    try:
        refusal = turned("false", 403).json()["ResponseStatus"]
        assert refusal["ErrorCode"] == "ContentNotShown"
        assert "show_content=true" in refusal["Message"]
    finally:
        turned("", 200)
