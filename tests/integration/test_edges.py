"""What only some callers and some settings need, on its whole way through the handlers."""

import gzip
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from support.account import before_send
from support.answers import refusing
from support.gateway import Context
from support.ses import Ses
from support.ses_events import batch

from handlers import resend

Call = Callable[..., dict[str, Any]]
MAIL = {"To": "ada@recipient.example", "Subject": "s", "Text": "t"}
THROTTLE = refusing(429, "TooManyRequestsException")


@pytest.fixture
def send(call: Call) -> Callable[..., dict[str, Any]]:
    def _send(**more: Any) -> dict[str, Any]:
        reply = call("POST", "/Mail/Send", MAIL | more)
        assert reply["statusCode"] == 200
        return dict(reply["json"])

    return _send


@pytest.fixture
def configure(table: Any) -> Callable[..., None]:
    return lambda **settings: table.put_item(Item={"pk": "DOMAIN", "sk": "example.com"} | settings)


def wait_until(table: Any, message_id: str, at: int) -> None:
    table.update_item(
        Key={"pk": f"MSG#{message_id}", "sk": "RECORD"},
        UpdateExpression="SET next_attempt_at = :at",
        ExpressionAttributeValues={":at": at},
    )


def work(context: Context, message_id: str) -> list[Any]:
    answer = resend.handler(batch(json.dumps({"MessageId": message_id})), context)
    return list(answer["batchItemFailures"])


def test_the_reply_to_of_a_domain_reaches_ses(send: Any, configure: Any, ses: Ses) -> None:
    send()
    configure(reply_to=["help@example.com", "Desk@example.com"])
    # The domains are read once a minute, so the first mail knew of none.
    from handlers import api  # noqa: PLC0415 - the one of this test, see `call`

    api.domain_table._read_at = float("-inf")
    send()

    assert "ReplyToAddresses" not in ses.taken[0]
    assert ses.taken[1]["ReplyToAddresses"] == ["help@example.com", "Desk@example.com"]


def test_a_retry_for_a_domain_without_a_suppression_list_asks_for_nobody(
    send: Any, configure: Any, call: Call, ses: Ses, context: Context, table: Any
) -> None:
    """DynamoDB refuses a BatchGetItem without keys, so the message would never be sent."""
    configure(suppression=False)
    ses.faults = [THROTTLE]
    message_id = send()["MessageId"]
    wait_until(table, message_id, 1)
    asked = []

    with before_send("dynamodb.BatchGetItem", lambda **_: asked.append(1)):
        assert work(context, message_id) == []

    assert asked == []
    assert call("GET", f"/Status/{message_id}")["json"]["Status"] == "sent"


@pytest.mark.parametrize(("early", "delay"), [(100, 100), (899, 899), (900, 900), (3600, 900)])
def test_a_message_that_comes_too_early_comes_back_when_its_time_has_come(
    send: Any, ses: Ses, context: Context, table: Any, monkeypatch: pytest.MonkeyPatch,
    early: int, delay: int,
) -> None:  # fmt: skip
    """Or after a quarter of an hour, the most that SQS holds it back: then once more."""
    now = int(time.time())
    monkeypatch.setattr(time, "time", lambda: now + 0.5)
    ses.faults = [THROTTLE]
    message_id = send()["MessageId"]
    wait_until(table, message_id, now + early)
    put: list[dict[str, Any]] = []

    with before_send("sqs.SendMessage", lambda request, **_: put.append(json.loads(request.body))):
        assert work(context, message_id) == []

    assert [(one["DelaySeconds"], json.loads(one["MessageBody"])) for one in put] == [
        (delay, {"MessageId": message_id})
    ]
    assert ses.asked == 1


@pytest.mark.parametrize("early", [0, 1])
def test_a_second_too_early_is_early_enough(
    send: Any, call: Call, ses: Ses, context: Context, table: Any, early: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """SQS counts in seconds of its own."""
    now = int(time.time())
    monkeypatch.setattr(time, "time", lambda: now + 0.5)
    ses.faults = [THROTTLE]
    message_id = send()["MessageId"]
    wait_until(table, message_id, now + early)

    work(context, message_id)

    assert call("GET", f"/Status/{message_id}")["json"]["Status"] == "sent"


def test_a_body_is_unpacked_once_and_no_oftener(call: Call, ses: Ses) -> None:
    once = gzip.compress(json.dumps(MAIL).encode())
    twice = gzip.compress(once)
    gzipped = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

    assert call("POST", "/Mail/Send", once, headers=gzipped)["statusCode"] == 200
    assert call("POST", "/Mail/Send", twice, headers=gzipped)["statusCode"] == 400
    declared = gzipped | {"Content-Encoding": "gzip, gzip"}
    assert call("POST", "/Mail/Send", twice, headers=declared)["statusCode"] == 400
    assert len(ses.taken) == 1


def test_a_batch_is_answered_in_csv_with_one_line_for_each_mail(call: Call, ses: Ses) -> None:
    mails = [MAIL | {"To": f"{name}@recipient.example"} for name in ("ada", "bob", "eve")]
    headers = {"Content-Type": "application/json", "Accept": "text/csv"}

    reply = call("POST", "/api/SendMail[]", json.dumps(mails), headers=headers)

    assert reply["statusCode"] == 200
    header, *rows, end = reply["body"].split("\r\n")
    receiver = header.split(",").index("Receiver")
    assert header.startswith("MessageId,")
    assert [row.split(",")[receiver] for row in rows] == [mail["To"] for mail in mails]
    assert end == ""


def test_an_empty_batch_is_answered_in_csv_with_nothing(call: Call, ses: Ses) -> None:
    headers = {"Content-Type": "application/json", "Accept": "text/csv"}

    reply = call("POST", "/api/SendMail[]", "[]", headers=headers)

    assert (reply["statusCode"], reply["body"]) == (200, "")


def test_a_batch_in_csv_is_refused(call: Call, ses: Ses) -> None:
    body = "To,Subject\r\nada@recipient.example,s\r\nbob@recipient.example,s\r\n"

    reply = call("POST", "/csv/reply/SendMail[]", body, headers={"Content-Type": "text/csv"})

    assert reply["statusCode"] == 400
    assert "must be JSON or XML" in reply["body"]
    assert ses.asked == 0
