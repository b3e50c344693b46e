"""What has expired is not there any more: at once, not when DynamoDB and S3 get to it."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from support import mails
from support.account import before_send
from support.answers import refusing
from support.domains import put_domain
from support.gateway import Context
from support.ses import Ses
from support.ses_events import batch, failed, sample

from core.aws import clients
from core.aws.content_store import CLASSES
from core.config import CONFIG
from handlers import api, resend, ses_events, sweep

Call = Callable[..., dict[str, Any]]
FILES = {"Attachments": [{"Name": "a.txt", "Bytes": "QUJD"}]}
MAIL = mails.MAIL | FILES
DAY = 86_400


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let so many days pass, in which nothing deletes anything."""

    def _later(days: float) -> None:
        moment = time.time() + days * DAY
        monkeypatch.setattr(time, "time", lambda: moment)

    return _later


@pytest.fixture
def waiting(call: Call, ses: Ses) -> Callable[..., str]:
    """Send a mail that SES does not take; its id."""

    def _waiting(**more: Any) -> str:
        ses.faults.append(refusing(429, "TooManyRequestsException"))
        return str(call("POST", "/Mail/Send", MAIL, **more)["json"]["MessageId"])

    return _waiting


def keys() -> list[str]:
    listed = clients.s3().list_objects_v2(Bucket=CONFIG.bucket_name).get("Contents", [])
    return [held["Key"] for held in listed]


def configured(table: Any, **attributes: Any) -> None:
    put_domain(**attributes)


@pytest.mark.parametrize(("days", "kept"), [(2, 2), (7, 7), (8, 10), (100, 180), (365, 365)])
def test_content_is_kept_in_the_class_of_its_domains_days(
    call: Call, table: Any, days: int, kept: int
) -> None:
    configured(table, content_retention_days=days)

    message_id = call("POST", "/Mail/Send", MAIL)["json"]["MessageId"]

    assert keys() == [f"messages/{kept}/{message_id}/1"]
    content = table.get_item(Key={"pk": f"MSG#{message_id}", "sk": "CONTENT"})["Item"]
    assert int(content["expires_at"]) == pytest.approx(time.time() + days * DAY, abs=5)


@pytest.mark.parametrize("days", [1, max(CLASSES) + 1])
def test_a_domain_cannot_ask_for_days_that_nothing_keeps(call: Call, table: Any, days: int) -> None:
    configured(table, content_retention_days=days)

    call("POST", "/Mail/Send", MAIL)

    assert api.domain_table.broken == ["example.com"]


def test_a_record_that_has_expired_is_gone_for_callers_and_events(
    call: Call, context: Context, later: Callable[[float], None]
) -> None:
    message_id = call("POST", "/Mail/Send", MAIL)["json"]["MessageId"]
    identity = sample("identity_bounce_with_dsn", message_id)
    later(90)

    assert call("GET", f"/Status/{message_id}")["statusCode"] == 404
    about = batch(sample("delivery", message_id), identity)
    assert failed(ses_events.handler(about, context)) == ["m0", "m1"]


def test_content_that_has_expired_is_not_read_for_a_try(
    call: Call, waiting: Callable[..., str], context: Context, later: Callable[[float], None]
) -> None:
    message_id = waiting()
    assert keys()
    later(7)
    asked: list[str] = []

    with before_send("s3.GetObject", lambda **_: asked.append("S3")):
        resend.handler(batch(json.dumps({"MessageId": message_id})), context)

    assert asked == []
    assert call("GET", f"/Status/{message_id}")["json"]["Status"] == "failed"


def test_a_replay_stores_nothing_anew_once_the_content_has_expired(
    call: Call, waiting: Callable[..., str], later: Callable[[float], None], table: Any
) -> None:
    configured(table, content_retention_days=2)
    message_id = waiting(headers={"Idempotency-Key": "k"})
    clients.s3().delete_object(Bucket=CONFIG.bucket_name, Key=f"messages/2/{message_id}/1")
    later(2)

    reply = call("POST", "/Mail/Send", MAIL, headers={"Idempotency-Key": "k"})

    assert reply["headers"]["Idempotent-Replayed"] == "true"
    assert f"messages/2/{message_id}/1" not in keys()


def test_a_key_that_has_expired_is_free(call: Call, later: Callable[[float], None]) -> None:
    first, second = (
        call("POST", "/Mail/Send", MAIL, headers={"Idempotency-Key": "k"})["json"],
        (later(7), call("POST", "/Mail/Send", MAIL, headers={"Idempotency-Key": "k"}))[1]["json"],
    )

    assert first["MessageId"] != second["MessageId"]


def test_the_sweep_leaves_a_record_alone_that_has_expired(
    waiting: Callable[..., str], context: Context, later: Callable[[float], None], table: Any
) -> None:
    message_id = waiting()
    before = table.get_item(Key={"pk": f"MSG#{message_id}", "sk": "RECORD"})["Item"]
    later(90)

    sweep.handler({}, context)  # type: ignore[arg-type]

    assert table.get_item(Key={"pk": f"MSG#{message_id}", "sk": "RECORD"})["Item"] == before
