"""The send protocol, through the handler, with every way in which SES and AWS can answer."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from moto.core.models import botocore_stubber
from support.account import before_send, queued
from support.answers import answer as answering
from support.answers import raising, refusing
from support.domains import put_domain
from support.gateway import Context
from support.mails import MAIL
from support.ses import Ses

from core.aws import clients, items
from core.aws.items import UnreadableRecord
from core.config import CONFIG

Call = Callable[..., dict[str, Any]]
URL = "https://email"


def send(call: Call, **more: Any) -> dict[str, Any]:
    reply = call("POST", "/Mail/Send", MAIL | more)
    assert reply["statusCode"] == 200
    return dict(reply["json"])


def status(call: Call, message_id: str) -> dict[str, Any]:
    return dict(call("GET", "/Status", query={"MessageId": message_id})["json"])


def record(table: Any, message_id: str) -> dict[str, Any]:
    return dict(table.get_item(Key={"pk": f"MSG#{message_id}", "sk": "RECORD"})["Item"])


def test_a_mail_that_ses_takes_is_sent_and_carries_its_id_and_attempt(call: Call, ses: Ses) -> None:
    answer = send(call)

    assert (answer["Status"], answer["Retry"], answer["RetryCount"]) == ("sent", False, 0)
    assert ses.taken[0]["EmailTags"] == [
        {"Name": "mailapi_message_id", "Value": answer["MessageId"]},
        {"Name": "mailapi_attempt", "Value": "1"},
    ]
    assert status(call, answer["MessageId"]) == answer


@pytest.mark.parametrize(
    ("http", "code"),
    [
        (429, "TooManyRequestsException"),
        (400, "LimitExceededException"),
        (400, "SendingPausedException"),
        (400, "Throttling"),
        (429, "AndWhateverElse"),
        (403, "AccessDeniedException"),
        (403, "ExpiredTokenException"),
        (400, "AccountSuspendedException"),
        (400, "MailFromDomainNotVerifiedException"),
        (404, "NotFoundException"),
        (408, "RequestTimeoutException"),
    ],
)
def test_what_ses_certainly_did_not_take_waits_in_the_queue(
    call: Call, ses: Ses, http: int, code: str
) -> None:
    ses.faults = [refusing(http, code)]

    answer = send(call)

    assert (answer["Status"], answer["Retry"], answer["RetryCount"]) == ("queued", True, 0)
    assert "recipient.example" not in answer["ErrorMessage"]
    assert ses.asked == 1


@pytest.mark.parametrize(
    "error",
    [
        ConnectTimeoutError(endpoint_url=URL),
        EndpointConnectionError(endpoint_url=URL, error="refused"),
    ],
)
def test_a_request_that_never_left_waits_in_the_queue(
    call: Call, ses: Ses, error: Exception
) -> None:
    ses.faults = [raising(error)]

    assert send(call)["Status"] == "queued"
    assert ses.asked == 1


@pytest.mark.parametrize(
    ("http", "code"),
    [
        (400, "MessageRejected"),
        (400, "BadRequestException"),
    ],
)
def test_what_ses_refuses_has_failed_and_is_an_answer_not_an_error(
    call: Call, ses: Ses, http: int, code: str
) -> None:
    ses.faults = [refusing(http, code)]

    answer = send(call)

    assert (answer["Status"], answer["Retry"]) == ("failed", False)
    assert answer["ErrorMessage"]
    assert "recipient.example" not in answer["ErrorMessage"]
    assert queued(CONFIG.retry_queue_url) == []


@pytest.mark.parametrize("where", ["faults", "after"])
@pytest.mark.parametrize(
    "fault",
    [
        raising(ReadTimeoutError(endpoint_url=URL)),
        raising(ConnectionClosedError(endpoint_url=URL)),
        refusing(500, "InternalServiceErrorException"),
        refusing(503, "ServiceUnavailable"),
        raising(RuntimeError("nobody has seen this yet")),
        lambda: answering(200, {}),
    ],
)
def test_without_an_answer_the_outcome_is_unknown_and_nothing_is_sent_again_by_itself(
    call: Call, ses: Ses, where: str, fault: Callable[[], Any]
) -> None:
    setattr(ses, where, [fault])

    answer = send(call)

    assert (answer["Status"], answer["Retry"]) == ("unknown", True)
    assert ses.asked == 1
    assert queued(CONFIG.retry_queue_url) == []


def test_too_little_time_for_an_answer_leaves_the_try_to_the_queue(
    call: Call, ses: Ses, context: Context
) -> None:
    context.milliseconds = 10_000

    answer = send(call)

    assert answer["Status"] == "queued"
    assert ses.asked == 0
    assert status(call, answer["MessageId"])["Status"] == "queued"


def test_attachments_are_kept_under_keys_of_the_services_own(call: Call, ses: Ses) -> None:
    given = [{"Bytes": "QUJD", "Name": "../../etc/passwd"}, {"Bytes": "", "Name": "empty.txt"}]

    answer = send(call, Attachments=given)

    listed = clients.s3().list_objects_v2(Bucket=CONFIG.bucket_name)["Contents"]
    assert [held["Key"] for held in listed] == [
        f"messages/7/{answer['MessageId']}/1",
        f"messages/7/{answer['MessageId']}/2",
    ]
    assert ses.attachments() == [b"ABC", b""]


def test_a_small_mail_needs_no_object_and_a_large_one_does(call: Call, ses: Ses) -> None:
    send(call)
    assert clients.s3().list_objects_v2(Bucket=CONFIG.bucket_name)["KeyCount"] == 0

    large = send(call, Text="ü" * 200_000)

    listed = clients.s3().list_objects_v2(Bucket=CONFIG.bucket_name)["Contents"]
    assert [held["Key"] for held in listed] == [f"messages/7/{large['MessageId']}/content"]
    assert len(ses.taken) == 2


def test_a_mail_whose_attachments_cannot_be_kept_is_not_accepted_and_leaves_no_trace(
    call: Call, ses: Ses, table: Any
) -> None:
    clients.s3().delete_bucket(Bucket=CONFIG.bucket_name)

    reply = call("POST", "/Mail/Send", MAIL | {"Attachments": [{"Bytes": "QUJD"}]})

    assert reply["statusCode"] == 500
    assert ses.asked == 0
    assert table.scan()["Items"] == []


@pytest.mark.parametrize(
    "error",
    [ResponseParserError("invalid"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid")],
)
def test_a_record_that_is_answered_with_garbage_is_not_accepted_and_leaves_no_trace(
    call: Call, ses: Ses, table: Any, error: Exception
) -> None:
    """botocore lets these two through as they are; the record has been written by then."""

    def garble(request: Any, event_name: str, **more: Any) -> None:
        if not written:
            written.append(botocore_stubber(event_name, request, **more))
            raise error

    written: list[Any] = []
    with before_send("dynamodb.TransactWriteItems", garble):
        reply = call("POST", "/Mail/Send", MAIL)

    assert written[0].status_code == 200
    assert reply["statusCode"] == 500
    assert ses.asked == 0
    assert table.scan()["Items"] == []


def test_the_answer_is_true_even_if_it_cannot_be_written_down(
    call: Call, ses: Ses, table: Any
) -> None:
    def lose(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://dynamodb")

    with before_send("dynamodb.PutItem", lose):
        answer = send(call)

    assert answer["Status"] == "sent"
    assert record(table, answer["MessageId"])["state"] == "sending"


def test_our_own_first_write_after_a_lost_answer_is_not_taken_for_anothers(
    call: Call, ses: Ses
) -> None:
    """DynamoDB has written, the answer is lost, and the SDK writes again: its condition fails."""
    lost = []

    def lose_once(request: Any, event_name: str, **more: Any) -> None:
        if not lost:
            lost.append(botocore_stubber(event_name, request, **more))
            raise ConnectionClosedError(endpoint_url="https://dynamodb")

    with before_send("dynamodb.TransactWriteItems", lose_once):
        answer = send(call)

    assert lost[0].status_code == 200
    assert answer["Status"] == "sent"
    assert len(ses.taken) == 1


# ---- idempotency


def keyed(call: Call, key: str, **more: Any) -> dict[str, Any]:
    return call("POST", "/Mail/Send", MAIL | more, headers={"Idempotency-Key": key})


def test_the_same_key_and_mail_is_sent_once_and_answered_with_its_live_status(
    call: Call, ses: Ses
) -> None:
    first = keyed(call, "k")
    second = keyed(call, "k")

    assert len(ses.taken) == 1
    assert second["json"] == first["json"]
    assert second["headers"]["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first["headers"]


def test_the_same_key_with_another_mail_is_refused(call: Call, ses: Ses) -> None:
    keyed(call, "k")

    reply = keyed(call, "k", Subject="another")

    assert reply["statusCode"] == 422
    assert len(ses.taken) == 1


def test_a_key_is_free_again_once_ses_has_refused_its_mail(call: Call, ses: Ses) -> None:
    ses.faults = [refusing(400, "MessageRejected")]
    refused = keyed(call, "k")

    again = keyed(call, "k")
    repeated = keyed(call, "k")

    assert (refused["json"]["Status"], again["json"]["Status"]) == ("failed", "sent")
    assert "Idempotent-Replayed" not in again["headers"]
    assert repeated["json"] == again["json"] != refused["json"]
    assert len(ses.taken) == 1
    assert status(call, refused["json"]["MessageId"]) == refused["json"]


def test_a_key_stays_with_its_mail_even_if_that_was_refused(call: Call, ses: Ses) -> None:
    ses.faults = [refusing(400, "MessageRejected")]
    keyed(call, "k")

    assert keyed(call, "k", Subject="another")["statusCode"] == 422
    assert keyed(call, "k")["json"]["Status"] == "sent"


def test_of_two_who_repeat_a_refused_request_at_once_one_sends(call: Call, ses: Ses) -> None:
    ses.faults = [refusing(400, "MessageRejected")]
    keyed(call, "k")
    others: list[dict[str, Any]] = []

    def repeat(**_: Any) -> None:
        if not others:
            others.append({})
            others[0] |= keyed(call, "k")

    with before_send("dynamodb.TransactWriteItems", repeat):
        one = keyed(call, "k")

    assert one["json"] == others[0]["json"]
    assert one["json"]["Status"] == "sent"
    assert len(ses.taken) == 1


def test_a_key_belongs_to_its_caller(call: Call, ses: Ses) -> None:
    headers = {"Idempotency-Key": "k"}
    call("POST", "/Mail/Send", MAIL, headers=headers, key="one")
    call("POST", "/Mail/Send", MAIL, headers=headers, key="two")

    assert len(ses.taken) == 2


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_must_have_1_to_255_characters(call: Call, key: str) -> None:
    reply = keyed(call, key)

    assert reply["statusCode"] == 400
    assert reply["json"]["ResponseStatus"]["Errors"][0]["FieldName"] == "Idempotency-Key"


@pytest.mark.parametrize(("is_key", "sent"), [(False, 2), (True, 1)])
def test_a_reference_is_a_key_only_where_the_domain_says_so(
    call: Call, ses: Ses, table: Any, is_key: bool, sent: int
) -> None:
    put_domain(domain="example.com", reference_is_key=is_key)

    send(call, Reference="r")
    send(call, Reference="r")

    assert len(ses.taken) == sent


@pytest.mark.parametrize(
    ("path", "state"), [("/Mail/Send", "sending"), ("/json/oneway/SendMail", "queued")]
)
def test_no_record_is_ever_only_accepted(call: Any, path: str, state: str) -> None:
    """Record and first step are one write: a crash after it leaves the claim, or the waiting."""
    written: list[dict[str, Any]] = []

    def keep(request: Any, **_: Any) -> None:
        (record, *_others) = json.loads(request.body)["TransactItems"]
        written.append(record["Put"]["Item"])

    with before_send("dynamodb.TransactWriteItems", keep):
        call("POST", path, MAIL)

    (item,) = written
    assert item["state"] == item["status"] == {"S": state}
    assert ("attempts" in item) is ("claimed_until" in item) is (state == "sending")
    assert ("next_attempt_at" in item) is (state == "queued")
    with pytest.raises(UnreadableRecord, match="state"):
        items.record_in(item | {"state": {"S": "accepted"}})


@pytest.mark.parametrize("path", ["/Mail/Send", "/json/oneway/SendMail"])
def test_a_refused_mail_has_never_been_claimed(call: Any, table: Any, path: str) -> None:
    table.put_item(Item={"pk": "DOMAIN", "sk": "example.com", "paused": "manual"})

    message_id = call("POST", path, MAIL)["json"]["MessageId"]

    key = {"pk": f"MSG#{message_id}", "sk": "RECORD"}
    item = table.get_item(Key=key)["Item"]
    assert item["state"] == "failed"
    assert not {"attempts", "claimed_until", "next_attempt_at", "unfinished"} & item.keys()
