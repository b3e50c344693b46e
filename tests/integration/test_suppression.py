"""Whoever bounced for good or complained gets no more mail of the domain."""

import itertools
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from support.account import before_send
from support.answers import raising, refusing
from support.domains import put_domain
from support.gateway import Context
from support.ses import Ses
from support.ses_events import batch, sample

from handlers import resend, ses_events

Call = Callable[..., dict[str, Any]]
ADA, BOB = "ada@recipient.example", "bob@recipient.example"


@pytest.fixture
def send(call: Call) -> Callable[..., dict[str, Any]]:
    def _send(to: str = ADA, **more: Any) -> dict[str, Any]:
        reply = call("POST", "/Mail/Send", {"To": to, "Subject": "s"} | more)
        assert reply["statusCode"] == 200
        return dict(reply["json"])

    return _send


@pytest.fixture
def note(context: Context) -> Callable[..., None]:
    def _note(name: str, message_id: str, **changes: Any) -> None:
        event = sample(name, message_id)
        for member, value in changes.items():
            event[name.partition("_")[0]][member] = value
        ses_events.handler(batch(event), context)

    return _note


def suppressed(table: Any, domain: str = "example.com") -> dict[str, str]:
    items = table.scan()["Items"]
    return {item["sk"]: item["reason"] for item in items if item["pk"] == f"SUPPRESSED#{domain}"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("bounce_permanent_general", "bounce"),
        ("bounce_permanent_suppressed_global", "bounce"),
        ("complaint_abuse", "complaint"),
        ("complaint_without_feedback_report", "complaint"),
        ("bounce_transient_mailbox_full", None),
        ("bounce_transient_no_such_user", "bounce"),
        ("bounce_failed_and_delayed", "bounce"),
        ("complaint_account_suppression_list", "complaint"),
        ("complaint_of_one_host", "complaint"),
        ("bounce_undetermined", None),
        ("bounce_automatic_reply", None),
        ("bounce_forwarded_mailbox", None),
        ("bounce_nobody", None),
        ("delivery", None),
    ],
)
def test_a_bounce_for_good_and_a_complaint_suppress_the_address(
    send: Any, note: Any, table: Any, name: str, reason: str | None
) -> None:
    note(name, send()["MessageId"])

    assert suppressed(table) == ({ADA: reason} if reason else {})


def test_a_mail_to_a_suppressed_address_is_undelivered_without_calling_ses(
    send: Any, note: Any, call: Call, ses: Ses
) -> None:
    note("bounce_permanent_general", send()["MessageId"])

    answer = send("Ada <ADA@Recipient.example>")

    assert (answer["Status"], answer["Retry"]) == ("undelivered", False)
    assert "suppressed" in answer["ErrorMessage"]
    assert ses.asked == 1
    assert call("GET", f"/Status/{answer['MessageId']}")["json"] == answer


def test_of_several_recipients_the_others_get_the_mail(
    send: Any, note: Any, call: Call, ses: Ses
) -> None:
    note("bounce_permanent_general", send()["MessageId"])

    answer = send(f"{ADA}, {BOB}", CC=ADA)

    assert ses.taken[-1]["Destination"] == {
        "ToAddresses": [BOB],
        "CcAddresses": [],
        "BccAddresses": [],
    }
    assert answer["Status"] == "undelivered"
    note("delivery", answer["MessageId"], recipients=[BOB])
    assert call("GET", f"/Status/{answer['MessageId']}")["json"]["Status"] == "undelivered"


def test_a_complaint_that_was_no_spam_is_lifted_in_any_order(
    send: Any, note: Any, table: Any
) -> None:
    first, second = send()["MessageId"], send(BOB)["MessageId"]
    cleared = {"complaintFeedbackType": "not-spam", "timestamp": "2026-11-22T00:00:00Z"}

    note("complaint_abuse", first)
    note("complaint_abuse", first, **cleared)
    to_bob = {"complainedRecipients": [{"emailAddress": BOB}]}
    note("complaint_abuse", second, **cleared, **to_bob)
    note("complaint_abuse", second, **to_bob)

    assert suppressed(table) == {}


def test_what_was_no_spam_lifts_no_complaint_about_another_message_however_often_it_is_told(
    send: Any, note: Any, table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    milliseconds = itertools.count(time.time_ns() // 1_000_000)
    monkeypatch.setattr(time, "time_ns", lambda: next(milliseconds) * 1_000_000)
    cleared = {"complaintFeedbackType": "not-spam", "timestamp": "2026-11-22T00:00:00Z"}
    told = [("older", {}), ("older", cleared), ("newer", {})]
    for order in itertools.permutations(told):
        table.delete_item(Key={"pk": "SUPPRESSED#example.com", "sk": ADA})
        messages = {age: send()["MessageId"] for age in ("older", "newer")}

        for age, said in (*order, ("older", cleared), ("older", cleared)):
            note("complaint_abuse", messages[age], **said)

        assert suppressed(table) == {ADA: "complaint"}, order


EARLIER = "complaint_account_suppression_list"


def test_an_earlier_complaint_suppresses_as_a_complaint_does(
    send: Any, note: Any, call: Call, table: Any
) -> None:
    both = send(f"{ADA}, {BOB}")["MessageId"]
    named = {"complainedRecipients": [{"emailAddress": ADA}, {"emailAddress": BOB}]}

    note(EARLIER, both, **named)

    assert call("GET", f"/Status/{both}")["json"]["Status"] == "undelivered"
    assert suppressed(table) == {}

    note(EARLIER, both)
    assert suppressed(table) == {ADA: "complaint"}

    note("complaint_abuse", both, complaintFeedbackType="not-spam", timestamp="2026-11-23")
    note(EARLIER, both)
    assert suppressed(table) == {}


@pytest.mark.parametrize("named", [[], [{"emailAddress": "ada.privat@freemail.example"}]])
def test_an_earlier_complaint_of_nobody_of_ours_suppresses_nobody(
    send: Any, note: Any, call: Call, table: Any, named: Any
) -> None:
    message_id = send()["MessageId"]

    note(EARLIER, message_id, complainedRecipients=named)

    assert call("GET", f"/Status/{message_id}")["json"]["Status"] == "undelivered"
    assert suppressed(table) == {}


def test_a_bounce_is_not_lifted_by_anything(send: Any, note: Any, table: Any) -> None:
    message_id = send()["MessageId"]
    note("complaint_abuse", message_id)
    note("bounce_permanent_general", message_id)
    note("complaint_abuse", message_id, complaintFeedbackType="not-spam", timestamp="2026-11-23")

    assert suppressed(table) == {ADA: "bounce"}


def test_who_never_got_the_mail_is_not_suppressed_by_a_complaint_list(
    send: Any, note: Any, table: Any
) -> None:
    others = [{"emailAddress": ADA}, {"emailAddress": BOB}]

    note("complaint_abuse", send()["MessageId"], complainedRecipients=others)

    assert suppressed(table) == {ADA: "complaint"}


def test_who_is_only_delayed_in_a_bounce_of_others_still_gets_mail(
    send: Any, note: Any, ses: Ses, table: Any
) -> None:
    eve = "eve@other.example"
    note("bounce_failed_and_delayed", send(f"{ADA}; {eve}")["MessageId"])

    assert suppressed(table) == {ADA: "bounce"}
    assert send(eve)["Status"] == "sent"


def test_a_stranger_who_bounced_for_good_suppresses_nobody(
    send: Any, note: Any, table: Any
) -> None:
    stranger = [{"emailAddress": "ada.privat@freemail.example", "status": "5.1.1"}]

    note("bounce_permanent_general", send()["MessageId"], bouncedRecipients=stranger)

    assert suppressed(table) == {}


def test_a_complaint_that_names_several_of_ours_suppresses_nobody(
    send: Any, note: Any, table: Any
) -> None:
    message_id = send(f"{ADA}, {BOB}")["MessageId"]

    note("complaint_of_one_host", message_id)
    assert suppressed(table) == {}

    note("complaint_abuse", message_id)
    assert suppressed(table) == {ADA: "complaint"}


def test_it_lifts_nothing_that_another_message_taught(send: Any, note: Any, table: Any) -> None:
    both = send(f"{ADA}, {BOB}")["MessageId"]
    note("complaint_abuse", send()["MessageId"])

    note("complaint_of_one_host", both)
    note("complaint_of_one_host", both, complaintFeedbackType="not-spam", timestamp="2026-11-23")

    assert suppressed(table) == {ADA: "complaint"}


ALONE, OF_BOTH = "complaint_abuse", "complaint_of_one_host"
NO_SPAM = {"complaintFeedbackType": "not-spam"}


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ([(ALONE, 21, {}), (ALONE, 22, NO_SPAM), (OF_BOTH, 23, {})], None),
        ([(ALONE, 23, {}), (ALONE, 22, NO_SPAM), (OF_BOTH, 21, {})], "complaint"),
        ([(ALONE, 21, {}), (OF_BOTH, 22, NO_SPAM)], None),
        ([(ALONE, 22, {}), (OF_BOTH, 21, NO_SPAM)], "complaint"),
        ([(ALONE, 21, {}), (ALONE, 23, {}), (ALONE, 22, NO_SPAM)], "complaint"),
    ],
)
def test_complaints_and_what_takes_them_back_may_come_in_any_order(
    send: Any, note: Any, table: Any, told: Any, reason: str | None
) -> None:
    for order in itertools.permutations(told):
        table.delete_item(Key={"pk": "SUPPRESSED#example.com", "sk": ADA})
        message_id = send(f"{ADA}, {BOB}")["MessageId"]

        for name, day, more in order:
            note(name, message_id, timestamp=f"2026-11-{day}T00:00:00Z", **more)

        assert suppressed(table) == ({ADA: reason} if reason else {})


def test_the_mailbox_simulator_is_never_suppressed(send: Any, note: Any, table: Any) -> None:
    bounce = "bounce@simulator.amazonses.com"

    note(
        "bounce_permanent_general",
        send(bounce)["MessageId"],
        bouncedRecipients=[{"emailAddress": bounce}],
    )

    assert suppressed(table) == {}


def test_a_domain_can_do_without(send: Any, note: Any, ses: Ses, table: Any) -> None:
    put_domain(suppression=False)
    note("bounce_permanent_general", send()["MessageId"])

    assert send()["Status"] == "sent"
    assert suppressed(table) == {}


def test_a_retry_leaves_out_who_bounced_meanwhile(
    send: Any, note: Any, call: Call, ses: Ses, context: Context, table: Any
) -> None:
    earlier = send()["MessageId"]
    waiting = call("POST", "/json/oneway/SendMail", {"To": ADA, "Subject": "s"})["json"]
    note("bounce_permanent_general", earlier)

    resend.handler(batch(json.dumps({"MessageId": waiting["MessageId"]})), context)

    assert call("GET", f"/Status/{waiting['MessageId']}")["json"]["Status"] == "undelivered"
    assert ses.asked == 1


def test_a_throttled_mail_to_others_is_tried_again(
    send: Any, note: Any, call: Call, ses: Ses
) -> None:
    note("bounce_permanent_general", send()["MessageId"])
    ses.faults = [refusing(429, "TooManyRequestsException")]

    answer = send(f"{ADA}, {BOB}")

    assert (answer["Status"], answer["Retry"]) == ("queued", True)


def test_if_the_list_cannot_be_read_the_mail_is_sent(send: Any, note: Any, ses: Ses) -> None:
    note("bounce_permanent_general", send()["MessageId"])
    unreachable = EndpointConnectionError(endpoint_url="https://dynamodb")

    with before_send("dynamodb.BatchGetItem", lambda **_: raising(unreachable)()):
        assert send()["Status"] == "sent"
