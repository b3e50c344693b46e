"""What SES tells, through the events handler, in every shape in which it arrives."""

import copy
import itertools
import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from support.account import before_send
from support.answers import refusing
from support.gateway import Context
from support.paths import SES_EVENTS
from support.samples import some
from support.ses import Ses
from support.ses_events import batch, failed, sample

from handlers import ses_events

Call = Callable[..., dict[str, Any]]
TO = "ada@recipient.example"


@pytest.fixture
def note(context: Context) -> Callable[..., list[str]]:
    return lambda *bodies: failed(ses_events.handler(batch(*bodies), context))


@pytest.fixture
def sent(call: Call) -> Callable[..., str]:
    def _sent(**more: Any) -> str:
        reply = call("POST", "/Mail/Send", {"To": TO, "Subject": "s"} | more)
        return str(reply["json"]["MessageId"])

    return _sent


@pytest.fixture
def status(call: Call) -> Callable[[str], str]:
    return lambda message_id: call("GET", f"/Status/{message_id}")["json"]["Status"]


@pytest.mark.parametrize(
    ("name", "becomes"),
    [
        ("send", "sent"),
        ("delivery", "delivered"),
        ("delivery_delay", "sent"),
        ("bounce_permanent_general", "undelivered"),
        ("bounce_permanent_suppressed_global", "undelivered"),
        ("bounce_transient_mailbox_full", "undelivered"),
        ("bounce_undetermined", "undelivered"),
        ("bounce_automatic_reply", "sent"),
        ("bounce_forwarded_mailbox", "undelivered"),
        ("bounce_nobody", "undelivered"),
        ("bounce_failed_and_delayed", "undelivered"),
        ("bounce_transient_no_such_user", "undelivered"),
        ("complaint_abuse", "sent"),
        ("complaint_without_feedback_report", "sent"),
        ("complaint_of_one_host", "sent"),
        ("complaint_account_suppression_list", "undelivered"),
        ("reject", "failed"),
        ("rendering_failure", "failed"),
        ("open", "read"),
        ("click", "sent"),
        ("eventbridge_delivery", "delivered"),
        ("identity_bounce_with_dsn", "undelivered"),
    ],
)
def test_each_event_makes_of_the_message_what_the_contract_says(
    sent: Any, note: Any, status: Any, name: str, becomes: str
) -> None:
    message_id = sent()

    assert note(sample(name, message_id)) == []
    assert status(message_id) == becomes


def test_a_mail_that_ses_rejected_is_tried_anew_with_its_key(call: Call, note: Any) -> None:
    def send() -> dict[str, Any]:
        mail = {"To": TO, "Subject": "s"}
        reply = call("POST", "/Mail/Send", mail, headers={"Idempotency-Key": "k"})
        return dict(reply["json"])

    rejected = send()
    assert note(sample("reject", rejected["MessageId"])) == []
    again = send()

    assert again["Status"] == "sent"
    assert again["MessageId"] != rejected["MessageId"]
    assert send() == again


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (
            "bounce_permanent_general",
            'Bounced: Permanent/General 5.1.1 "550 5.1.1 user unknown"',
        ),
        (
            "identity_bounce_with_dsn",
            'Bounced: Permanent/General 5.1.1 "550 5.1.1 <[address]>... User"',
        ),
        (
            "bounce_forwarded_mailbox",
            'Bounced: Transient/MailboxFull 5.2.2 "552 5.2.2 <[address]>: mailbox full"',
        ),
        ("bounce_nobody", "Bounced: Permanent/NoEmail"),
        ("bounce_undetermined", "Bounced: Undetermined/Undetermined"),
        (
            "complaint_account_suppression_list",
            "Not sent: the address is on the suppression list of the SES account.",
        ),
    ],
)
def test_an_undelivered_mail_says_why_in_the_hosts_words_without_any_address(
    sent: Any, note: Any, call: Call, table: Any, name: str, why: str
) -> None:
    message_id = sent()
    note(sample(name, message_id))

    answer = call("GET", "/Status", query={"MessageId": message_id})["json"]

    assert answer["ErrorMessage"] == why
    assert "freemail" not in json.dumps(table.scan()["Items"], default=str)


@pytest.mark.parametrize("format_", ["json", "xml"])
def test_a_hosts_words_break_no_answer(sent: Any, note: Any, call: Call, format_: str) -> None:
    message_id = sent()
    event = sample("bounce_permanent_general", message_id)
    words = 'smtp; 550 5.1.1 <b>\x00"no\ud800 such"\r\n&amp; ]]> \u202euser\ufffe' + "é" * 900
    event["bounce"]["bouncedRecipients"][0]["diagnosticCode"] = words

    assert note(event) == []

    reply = call("GET", f"/Status/{message_id}", query={"format": format_})
    assert reply["statusCode"] == 200
    said = "Bounced: Permanent/General 5.1.1 &quot;" if format_ == "xml" else "Bounced: Permanent/"
    assert "no such" in reply["body"]
    assert said.partition(" &quot;")[0] in reply["body"]


def test_an_automatic_reply_leaves_a_delivered_mail_delivered(
    sent: Any, note: Any, call: Call, table: Any
) -> None:
    for order in itertools.permutations(["delivery", "bounce_automatic_reply"]):
        message_id = sent()

        note(*(sample(name, message_id) for name in order))

        answer = call("GET", f"/Status/{message_id}")["json"]
        assert answer["Status"] == "delivered"
        assert "ErrorMessage" not in answer
        record = table.get_item(Key={"pk": f"MSG#{message_id}", "sk": "RECORD"})["Item"]
        assert record["recipients"][0]["replied_at"] > 0


def test_with_several_recipients_a_bounce_of_a_stranger_changes_nobody(
    sent: Any, note: Any, status: Any
) -> None:
    message_id = sent(CC="bob@recipient.example")

    assert (
        note(*(sample(name, message_id) for name in ("bounce_forwarded_mailbox", "bounce_nobody")))
        == []
    )
    assert status(message_id) == "sent"


def test_the_error_message_is_of_who_bounced_and_not_of_who_waits(
    sent: Any, note: Any, call: Call
) -> None:
    message_id = sent(To="eve@other.example", CC=TO)

    note(sample("bounce_failed_and_delayed", message_id))

    answer = call("GET", f"/Status/{message_id}")["json"]
    assert answer["ErrorMessage"] == 'Bounced: Permanent/General 5.0.0 "550 user unknown"'


def test_several_recipients_are_delivered_when_the_last_one_is(
    sent: Any, note: Any, status: Any
) -> None:
    message_id = sent(To="Ada@Recipient.example; bob@recipient.example", BCC="eve@other.example")

    note(sample("delivery_multi_same_domain", message_id))
    assert status(message_id) == "sent"

    note(sample("delivery_multi_second_event", message_id))
    assert status(message_id) == "delivered"


def test_a_bounce_after_a_delivery_wins_in_any_order(sent: Any, note: Any, status: Any) -> None:
    names = ("send", "delivery", "bounce_permanent_general", "complaint_abuse", "delivery")
    for order in some(sorted(set(itertools.permutations(names)))):
        message_id = sent()

        note(*(sample(name, message_id) for name in order))

        assert status(message_id) == "undelivered"


def test_one_poison_record_does_not_block_its_batch(sent: Any, note: Any, status: Any) -> None:
    message_id = sent()
    unknown = sample("delivery", "01JD9ZK4M6T0V3Q8W2X5Y7B1CE", "nobody-knows-it")
    setup = (SES_EVENTS / "setup_validation_message.txt").read_text()

    left = note(
        '{"not": "an event',
        setup,
        unknown,
        {"eventType": "Brand New", "mail": {}},
        {"notificationType": "AmazonSnsSubscriptionSucceeded"},
        sample("delivery", message_id),
        "[]",
    )

    assert left == ["m0", "m2", "m6"]
    assert status(message_id) == "delivered"


def test_a_record_that_cannot_be_read_does_not_block_the_batch(
    sent: Any, note: Any, status: Any, table: Any
) -> None:
    broken, message_id = sent(), sent()
    key = {"pk": f"MSG#{broken}", "sk": "RECORD"}
    table.put_item(Item=table.get_item(Key=key)["Item"] | {"state": "of another version"})

    left = note(sample("delivery", broken), sample("delivery", message_id))

    assert left == ["m0"]
    assert status(message_id) == "delivered"


def test_a_delay_of_a_sent_mail_is_noted_and_changes_no_status(
    sent: Any, note: Any, status: Any
) -> None:
    message_id = sent()
    note(sample("send", message_id))
    written: list[str] = []

    def look(request: Any, **_: Any) -> None:
        written.append(json.loads(request.body)["Item"]["sk"]["S"])

    with before_send("dynamodb.PutItem", look):
        assert note(sample("delivery_delay", message_id)) == []

    event, *noted = sorted(written)
    assert event.startswith("EVENT#")
    assert noted == ["RECORD"]
    assert status(message_id) == "sent"

    with before_send("dynamodb.PutItem", look):
        written.clear()
        assert note(sample("delivery_delay", message_id)) == []

    assert written == [event], "It is noted once."


def test_a_delay_proves_that_ses_has_a_mail_whose_answer_was_lost(
    sent: Any, note: Any, status: Any, ses: Ses
) -> None:
    ses.after = [refusing(500, "InternalServiceErrorException")]
    message_id = sent()
    assert status(message_id) == "unknown"

    assert note(sample("delivery_delay", message_id)) == []

    assert status(message_id) == "sent"


def test_an_event_may_come_in_an_sns_envelope(sent: Any, note: Any, status: Any) -> None:
    message_id = sent()
    message = json.dumps(sample("delivery", message_id))

    assert note({"Type": "Notification", "TopicArn": "arn", "Message": message}) == []
    assert status(message_id) == "delivered"


def test_sns_and_eventbridge_may_call_the_function_themselves(
    sent: Any, status: Any, context: Context
) -> None:
    first, second = sent(), sent()
    by_sns = {"Records": [{"Sns": {"Message": json.dumps(sample("delivery", first))}}]}

    ses_events.handler(by_sns, context)
    ses_events.handler(sample("eventbridge_delivery", second, Ses.id_of(2)), context)

    assert (status(first), status(second)) == ("delivered", "delivered")


def test_recipients_are_found_in_other_case_and_script(sent: Any, note: Any, status: Any) -> None:
    message_id = sent(To="Jörg <Info@Müller.example>")
    event = sample("delivery", message_id)
    event["delivery"]["recipients"] = ["INFO@XN--MLLER-KVA.EXAMPLE"]

    note(event)

    assert status(message_id) == "delivered"


def test_a_complaint_list_that_names_others_changes_nobody_else(
    sent: Any, note: Any, table: Any
) -> None:
    message_id = sent()
    event = sample("complaint_abuse", message_id)
    event["complaint"]["complainedRecipients"].append({"emailAddress": "other@recipient.example"})

    note(event)

    record = table.get_item(Key={"pk": f"MSG#{message_id}", "sk": "RECORD"})["Item"]
    assert [recipient["address"] for recipient in record["recipients"]] == [TO]
    assert record["recipients"][0]["complained_at"] > 0


def test_an_automated_open_is_no_reading(sent: Any, note: Any, status: Any) -> None:
    message_id = sent()
    event = sample("open", message_id)
    event["open"]["isBot"] = True

    note(event)

    assert status(message_id) == "sent"


def test_a_repeated_event_changes_nothing(sent: Any, note: Any, table: Any) -> None:
    message_id = sent()
    note(sample("bounce_permanent_general", message_id))
    before = table.scan()["Items"]

    note(*[sample("bounce_permanent_general", message_id)] * 50)

    assert table.scan()["Items"] == before


def test_events_find_a_mail_whose_answer_was_lost(
    sent: Any, note: Any, status: Any, ses: Ses, table: Any
) -> None:
    ses.after = [refusing(500, "InternalServiceErrorException")]
    message_id = sent()
    assert status(message_id) == "unknown"

    note(sample("send", message_id))

    assert status(message_id) == "sent"
    record = table.get_item(Key={"pk": f"MSG#{message_id}", "sk": "RECORD"})["Item"]
    assert record["ses_message_id"] == Ses.id_of(1)


def test_no_event_whatever_is_missing_or_odd_in_it_stops_the_others(
    sent: Any, note: Any, status: Any
) -> None:
    """Each member of each sample is left out, nulled, or of another type, one at a time."""
    message_id = sent()
    odd = [
        changed
        for path in SES_EVENTS.glob("*.json")
        if "Records" not in (document := json.loads(path.read_text()))
        for changed in _changed(document)
    ]

    for events in itertools.batched(some(odd), 500, strict=False):
        note(*events)
    note(sample("delivery", message_id))

    assert len(odd) > 500
    assert status(message_id) == "delivered"


def _changed(document: dict[str, Any]) -> Iterable[dict[str, Any]]:
    for path in list(_paths(document)):
        for value in (None, 7, "x", [], {}, ...):
            changed = copy.deepcopy(document)
            parent = changed
            for step in path[:-1]:
                parent = parent[step]
            if value is ...:
                del parent[path[-1]]
            else:
                parent[path[-1]] = value
            yield changed


def _paths(document: Any, prefix: tuple[Any, ...] = ()) -> Iterable[tuple[Any, ...]]:
    items: Iterable[tuple[Any, Any]] = ()
    if isinstance(document, dict):
        items = document.items()
    elif isinstance(document, list):
        items = enumerate(document)
    for key, value in items:
        if "headers" not in (*prefix, key):
            yield (*prefix, key)
            yield from _paths(value, (*prefix, key))


@pytest.mark.parametrize("around", ['"{}"', "{{{}}}", "<{}>", " '{}' "])
def test_quotes_and_brackets_around_an_id_are_none_of_it(
    sent: Any, call: Call, around: str
) -> None:
    message_id = sent()

    answer = call("GET", "/Status", query={"MessageId": around.format(message_id)})

    assert answer["json"]["MessageId"] == message_id


@pytest.mark.parametrize("name", ["id", "message_id", "MailId"])
def test_who_asks_by_another_name_is_told_what_it_is_called(call: Call, name: str) -> None:
    hint = f"'{name}' is not a member of GetStatus: did you mean 'MessageId'?"

    by_query = call("GET", "/Status", query={name: "x"})
    by_body = call("POST", "/json/reply/GetStatus", {name: "x"})

    assert [reply["statusCode"] for reply in (by_query, by_body)] == [400, 400]
    assert hint in by_query["json"]["ErrorMessage"]
    assert hint in by_body["json"]["ErrorMessage"]
