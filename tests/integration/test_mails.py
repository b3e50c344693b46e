"""Finding, showing, sending again and cancelling mails that were accepted."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from support.domains import hash_of
from support.faults import Fault
from support.mails import MAIL
from support.world import BOUNCED, DELIVERED, World, world

from core.aws import clients
from core.aws.counters import Counters
from core.config import CONFIG

ADA, BOB, EVE = MAIL["To"], "bob@recipient.example", "eve@recipient.example"
SEND = "sesv2.SendEmail#1"
CLAIM = "dynamodb.PutItem#1"
"""The first write of a retry."""
STEP = "dynamodb.PutItem#2"
"""The second write for an event: it is kept in the history."""
DAY = 86_400


@pytest.fixture(autouse=True)
def ses() -> None:
    """Not the common stand-in: `World` plays SES here."""


@pytest.fixture
def service() -> Iterator[World]:
    with world() as made:
        yield made


def accepted(service: World, *, oneway: bool = False, fault: Any = None, **changes: Any) -> str:
    """Have a mail accepted, and let a second pass."""
    reply = service.post(MAIL | changes, oneway=oneway, fault=fault)
    assert reply
    assert reply["statusCode"] == 200, reply["body"]
    service.clock.pass_by(1)
    return str(json.loads(reply["body"])["MessageId"])


def shown(service: World, message_id: str, **query: str) -> dict[str, Any]:
    reply = service.get(f"/Mail/{message_id}", **query)
    assert reply["statusCode"] == 200, reply["body"]
    return dict(json.loads(reply["body"]))


def found(service: World, **query: str) -> list[str]:
    """Find mails, page by page; return their ids."""
    ids, cursor = [], ""
    while True:
        reply = service.get("/Mail", **query, **({"Cursor": cursor} if cursor else {}))
        assert reply["statusCode"] == 200, reply["body"]
        page = json.loads(reply["body"])
        ids += [mail["MessageId"] for mail in page["Mails"]]
        if not (cursor := page.get("Cursor", "")):
            return ids


def refused(reply: dict[str, Any]) -> tuple[int, str]:
    """Return the status and the first field of a refusal."""
    status = json.loads(reply["body"])["ResponseStatus"]
    fields = [error["FieldName"] for error in status["Errors"]]
    return reply["statusCode"], fields[0] if fields else status["ErrorCode"]


def kinds(details: dict[str, Any]) -> list[tuple[str, int]]:
    return [(step["Kind"], step["Recipient"]) for step in details["History"]]


# ---- one mail


def test_a_mail_is_shown_with_all_that_is_known_about_it(service: World) -> None:
    service.fate = BOUNCED
    file = {"Bytes": "QUJD", "Name": "a.txt"}
    message_id = accepted(service, CC=BOB, Reference="r-1", Attachments=[file])
    service.tell_all()
    details = shown(service, message_id)

    assert (details["Status"], details["Domain"], details["Reference"], details["Subject"]) == (
        "undelivered",
        CONFIG.default_domain.domain,
        "r-1",
        MAIL["Subject"],
    )
    assert details["Attachments"] == [{"Name": "a.txt", "ContentType": "text/plain", "Size": 3}]
    ada, bob = details["Recipients"]
    assert (ada["Address"], ada["Status"], bob["Address"]) == (ADA, "undelivered", BOB)
    assert ada["Detail"] == 'Bounced: Permanent/General 5.1.1 "550 5.1.1 user unknown"'
    assert ada["StatusAt"] == "2026-11-20T09:15:34.500Z"
    (attempt,) = details["Tries"]
    assert (attempt["Outcome"], attempt["SesMessageId"]) == (
        "sent",
        service.taken[0].ses_message_id,
    )
    assert sorted(kinds(details)) == [("accepted", 0), ("bounced", 1), ("sent", 0), ("tried", 0)]
    bounced = next(step for step in details["History"] if step["Kind"] == "bounced")
    assert (bounced["Code"], bounced["Detail"]) == ("5.1.1", "550 5.1.1 user unknown")
    assert bounced["Host"] == "a6-25.smtp-out.eu-west-1.amazonses.com"


def test_an_event_that_comes_again_and_in_another_order_is_in_the_history_once(
    service: World,
) -> None:
    message_id = accepted(service)
    events = list(service.events)
    for event in (*reversed(events), *events):
        service.tell(event)

    assert sorted(kinds(shown(service, message_id))) == [
        ("accepted", 0),
        ("delivered", 1),
        ("sent", 1),
        ("tried", 0),
    ]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(STEP, "throttled", lasting=True),
        Fault(STEP, "timeout", after=True, lasting=True),
        Fault(STEP, "killed"),
        Fault(STEP, "killed", after=True),
    ],
    ids=str,
)
def test_an_event_whose_step_is_not_kept_comes_again_and_counts_once(
    service: World, fault: Fault
) -> None:
    service.fate = BOUNCED
    message_id = accepted(service)
    for event in service.events:
        is_bounce = event["eventType"] == "Bounce"
        assert service.tell(event, fault if is_bounce else None) is not is_bounce
        assert service.tell(event)

    details = shown(service, message_id)
    assert sorted(kinds(details)) == [("accepted", 0), ("bounced", 1), ("sent", 1), ("tried", 0)]
    assert service.suppressed() == {ADA: "bounce"}
    hours = Counters(clients.dynamodb(), CONFIG.table_name).hours(int(service.clock.now) - DAY)
    bounces = sum(hour.tally.bounces for hour in hours)
    assert bounces == 1 or (bounces == 0 and fault.kind == "killed")  # Then nobody could count.


def test_once_the_content_is_gone_the_mail_is_shown_without_it(service: World) -> None:
    message_id = accepted(service, Reference="r-1")
    service.clock.pass_by(8 * DAY)
    details = shown(service, message_id)

    assert {"Subject", "ContentUntil"}.isdisjoint(details)
    assert (details["Reference"], details["Attachments"]) == ("r-1", [])


def test_every_try_is_in_the_history_with_its_code(service: World) -> None:
    message_id = accepted(service, fault=Fault(SEND, "throttled"))
    service.run_on(told=False, until=service.clock.now + 60)

    details = shown(service, message_id)
    assert [(one["Outcome"], one.get("Code", "")) for one in details["Tries"]] == [
        ("throttled", "TooManyRequestsException"),
        ("sent", ""),
    ]
    assert [step["Code"] for step in details["History"] if step["Kind"] == "tried"] == [
        "throttled TooManyRequestsException",
        "sent",
    ]


def test_a_long_history_is_paged(service: World) -> None:
    message_id = accepted(service)
    delay = json.loads(json.dumps(service.events[0]))
    for number in range(130):
        delay["send"] = {"timestamp": f"2026-11-20T{number // 60:02}:{number % 60:02}:30.000Z"}
        delay["mail"]["timestamp"] = delay["send"]["timestamp"]
        service.tell(delay)
    first = shown(service, message_id)
    rest = shown(service, message_id, Cursor=first["Cursor"])

    times = [step["At"] for page in (first, rest) for step in page["History"]]
    assert len([one for one in times if one.startswith("2026-11-20")]) == 130
    assert len({*times}) >= 130
    assert "Cursor" not in rest
    other = accepted(service)
    for asked, cursor in (
        (message_id, "abc"),
        (message_id, first["Cursor"][:-1]),
        (message_id, first["Cursor"] + "="),
        (message_id, base64.urlsafe_b64encode(b"0001-01-01T00:00:00Z#x").decode()),
        (message_id, base64.urlsafe_b64encode(b"9999-12-31T23:59:59Z\x00").decode()),
        (message_id, "A" * 5_000),
        (other, first["Cursor"]),
    ):
        reply = service.get(f"/Mail/{asked}", Cursor=cursor)
        assert refused(reply) == (400, "Cursor")


def test_a_mail_that_is_suppressed_says_for_whom(service: World) -> None:
    service.suppress(BOB)
    details = shown(service, accepted(service, CC=BOB))

    assert ("suppressed", 2) in kinds(details)
    assert details["Recipients"][1]["Status"] == "undelivered"


# ---- to find


def test_mails_are_listed_the_newest_first_page_by_page(service: World) -> None:
    ids = [accepted(service) for _ in range(7)]

    for limit in (1, 2, 3, 7, 100):
        assert found(service, Limit=str(limit)) == ids[::-1]
    assert found(service, Limit="0") == ids[::-1]  # As typed clients send it.


def test_a_page_says_what_each_mail_is(service: World) -> None:
    accepted(service, Reference="r-1", Subject="Grüße")
    (mail,) = json.loads(service.get("/Mail")["body"])["Mails"]

    assert (mail["Subject"], mail["Reference"], mail["Status"]) == ("Grüße", "r-1", "sent")
    assert datetime.fromisoformat(mail["AcceptedAt"]).tzinfo == UTC


def test_mails_are_found_by_every_recipient_in_any_spelling(service: World) -> None:
    first = accepted(service)
    second = accepted(service, CC=BOB, BCC=EVE)
    service.tell_all()  # So the records have been read and written once more.

    assert found(service, Recipient=ADA.upper()) == [second, first]
    assert found(service, Recipient=f"Bob <{BOB}>") == [second]
    assert found(service, Recipient=EVE) == [second]
    assert found(service, Recipient="nobody@recipient.example") == []


def test_mails_are_found_by_reference_and_status_together(service: World) -> None:
    service.fate = BOUNCED
    bad = [accepted(service, Reference=f"r-{number % 2}") for number in range(4)]
    service.tell_all()
    good = [accepted(service, To=BOB, Reference=f"r-{number % 2}") for number in range(4)]

    assert found(service, Reference="r-1") == [good[3], good[1], bad[3], bad[1]]
    assert found(service, Status="undelivered") == bad[::-1]
    assert found(service, Status="failed, undelivered") == bad[::-1]
    assert found(service, Status="sent") == good[::-1]
    assert found(service, Status="sent", Reference="r-0") == [good[2], good[0]]
    assert found(service, Recipient=ADA, Status="Undelivered", Reference="r-0") == [bad[2], bad[0]]


def test_mails_are_found_by_when_they_were_accepted(service: World) -> None:
    ids = [accepted(service) for _ in range(3)]
    at = [json.loads(service.get(f"/Mail/{one}")["body"])["AcceptedAt"] for one in ids]

    assert found(service, Since=at[1]) == [ids[2], ids[1]]
    assert found(service, Until=at[1]) == [ids[0]]
    assert found(service, Since=at[0], Until=at[2]) == [ids[1], ids[0]]
    assert found(service, Since=at[0][:10]) == ids[::-1]
    assert found(service, Until=at[0][:10]) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"Limit": "-1"}, "Limit"),
        ({"Limit": "101"}, "Limit"),
        ({"Limit": "x"}, "Limit"),
        ({"Status": "bounced"}, "Status"),
        ({"Since": "yesterday"}, "Since"),
        ({"Until": "2026-11-20T09:15:30"}, "Until"),
        ({"Recipient": "ada"}, "Recipient"),
        ({"Recipient": "a@b.example, c@d.example"}, "Recipient"),
        ({"Cursor": "x"}, "Cursor"),
    ],
)
def test_a_search_that_cannot_be_understood_says_why(
    service: World, query: dict[str, str], field: str
) -> None:
    assert refused(service.get("/Mail", **query)) == (400, field)


@pytest.mark.parametrize(
    ("operation", "asked", "field"),
    [
        ("FindMails", {"Reference": "\ud800"}, "Reference"),
        ("FindMails", {"Reference": "r" * 3_000}, "Reference"),
        ("FindMails", {"Recipient": "\ud800@recipient.example"}, "Recipient"),
        ("FindMails", {"Since": "\ud800"}, "Since"),
        ("FindMails", {"Until": "9" * 5_000}, "Until"),
        ("FindMails", {"Status": "\ud800"}, "Status"),
        ("FindMails", {"Cursor": "\ud800"}, "Cursor"),
        ("GetStatus", {"Reference": "\ud800"}, "Reference"),
        ("GetStatus", {"Reference": "r" * 3_000}, "Reference"),
    ],
)
def test_what_no_mail_can_have_is_refused_by_its_name(
    service: World, operation: str, asked: dict[str, str], field: str
) -> None:
    reply = service.ask(f"/json/reply/{operation}", asked)

    assert reply
    assert refused(reply) == (400, field)


def test_no_mail_is_of_a_domain_that_is_no_text(service: World) -> None:
    accepted(service)
    reply = service.ask("/json/reply/FindMails", {"Domain": "\ud800"})

    assert reply
    assert json.loads(reply["body"])["Mails"] == []


def test_a_cursor_is_for_its_own_search_only(service: World) -> None:
    for _ in range(3):
        accepted(service)
    cursor = json.loads(service.get("/Mail", Limit="2")["body"])["Cursor"]

    assert service.get("/Mail", Limit="1", Cursor=cursor)["statusCode"] == 200
    assert refused(service.get("/Mail", Status="sent", Cursor=cursor)) == (400, "Cursor")
    assert refused(service.get("/Mail", Recipient=ADA, Cursor=cursor)) == (400, "Cursor")


def test_a_caller_finds_the_mails_of_its_own_domains_only(service: World) -> None:
    service.configure_domain("shop.example", api_keys={hash_of("a-key")})
    service.configure_domain("other.example", api_keys={hash_of("another")})
    own = accepted(service, Domain="shop.example", Reference="r")
    cursor = json.loads(service.get("/Mail", Limit="1")["body"]).get("Cursor", "")
    with service.calling_as("another"):
        others = accepted(service, Domain="other.example", Reference="r")

        assert found(service) == [others]
        assert found(service, Domain="shop.example") == []
        assert found(service, Recipient=ADA) == [others]
        assert found(service, Reference="r") == [others]
        assert service.get("/Status", Reference="r")["statusCode"] == 200
        theirs = [service.get(f"/Mail/{one}") for one in (own, "01JD9ZK4M6T0V3Q8W2X5Y7B1CD")]
        assert [reply["statusCode"] for reply in theirs] == [404, 404]
        assert theirs[0]["body"] == theirs[1]["body"]
        for action in ("Cancel", "Resend"):
            assert service.ask(f"/Mail/{own}/{action}", {})["statusCode"] == 404
        if cursor:
            assert refused(service.get("/Mail", Limit="1", Cursor=cursor)) == (400, "Cursor")
    assert found(service) == [own]


def test_the_newest_mail_with_a_reference_is_asked_for_by_it(service: World) -> None:
    accepted(service, Reference="r-1")
    newest = accepted(service, Reference="r-1")

    assert json.loads(service.get("/Status", Reference="r-1")["body"])["MessageId"] == newest
    reply = service.get("/Status", Reference="r-2")
    assert (reply["statusCode"], refused(reply)[1]) == (404, "NotFound")


@pytest.mark.slow
def test_a_search_that_must_read_much_answers_a_short_page(service: World) -> None:
    for _ in range(1100):
        accepted(service, oneway=True)
    newest = accepted(service, To=BOB)
    page = json.loads(service.get("/Mail", Status="sent", Limit="5")["body"])

    assert [mail["MessageId"] for mail in page["Mails"]] == [newest]
    assert page["Cursor"]
    assert found(service, Status="sent", Limit="5") == [newest]


# ---- to cancel


def test_a_mail_that_waits_is_cancelled(service: World) -> None:
    message_id = accepted(service, oneway=True)
    reply = service.ask(f"/Mail/{message_id}/Cancel", {})

    answer = json.loads(reply["body"])
    assert (answer["Status"], answer["ErrorMessage"], answer["Retry"]) == (
        "failed",
        "Cancelled.",
        False,
    )
    service.run_on()
    assert service.tries == 0
    assert ("cancelled", 0) in kinds(shown(service, message_id))
    assert service.all_letters() == []
    again = service.ask(f"/Mail/{message_id}/Cancel", {})
    assert (again["statusCode"], again["body"]) == (200, reply["body"])


def test_a_mail_that_ses_has_is_not_cancelled(service: World) -> None:
    message_id = accepted(service)
    reply = service.ask(f"/Mail/{message_id}/Cancel", {})

    assert refused(reply) == (409, "TooLate")
    assert service.status(message_id) == "sent"


def test_of_a_claim_and_a_cancellation_exactly_one_wins(service: World) -> None:
    """In either order of the two writes."""
    answers: list[dict[str, Any]] = []
    for first in ("claim", "cancel"):
        message_id = accepted(service, oneway=True)
        service.clock.pass_by(5)
        ((receipt, body),) = service.receive()

        def cancel(target: str = message_id) -> None:
            answers.append(service._request("POST", f"/Mail/{target}/Cancel", "{}", ""))

        before = service.tries
        if first == "claim":
            service.meanwhile[SEND] = cancel
        else:
            service.meanwhile[CLAIM] = cancel
        service.work(body)
        service.forget(receipt)
        answer = answers.pop()
        was_tried = service.tries > before
        assert was_tried is (first == "claim")
        assert (answer["statusCode"] == 409) is was_tried
        assert service.status(message_id) == ("sent" if was_tried else "failed")


# ---- to send again


def test_a_mail_is_sent_again_as_a_new_one(service: World) -> None:
    file = {"Bytes": "QUJD", "Name": "a.txt"}
    message_id = accepted(service, CC=BOB, Reference="r-1", Attachments=[file])
    reply = service.ask(f"/Mail/{message_id}/Resend", {})

    answer = json.loads(reply["body"])
    assert (reply["statusCode"], answer["Status"]) == (200, "sent")
    again = shown(service, answer["MessageId"])
    assert again["ResentFrom"] == message_id
    assert [one["Address"] for one in again["Recipients"]] == [ADA, BOB]
    assert (again["Reference"], again["Subject"]) == ("r-1", MAIL["Subject"])
    assert again["Attachments"][0]["Size"] == 3
    last = shown(service, message_id)["History"][-1]
    assert (last["Kind"], last["Detail"]) == ("resent", f"As {answer['MessageId']}.")


def test_a_mail_is_sent_again_to_somebody_else(service: World) -> None:
    message_id = accepted(service, CC=BOB)
    reply = service.ask(f"/Mail/{message_id}/Resend", {"To": f"Eve <{EVE}>"})

    again = shown(service, json.loads(reply["body"])["MessageId"])
    assert [one["Address"] for one in again["Recipients"]] == [EVE]
    assert again["Receiver"] == f"Eve <{EVE}>"


def test_a_mail_is_sent_again_to_those_that_it_has_not_reached(service: World) -> None:
    service.set_policy("resend")
    service.configure(suppression=False)
    service.forget_domains()
    service.fate = BOUNCED
    message_id = accepted(service, CC=BOB)
    service.tell_all()
    service.fate = DELIVERED
    reply = service.ask(f"/Mail/{message_id}/Resend", {"OnlyUndelivered": True})

    again = shown(service, json.loads(reply["body"])["MessageId"])
    assert [one["Address"] for one in again["Recipients"]] == [ADA]
    reply = service.ask(f"/Mail/{again['MessageId']}/Resend", {"OnlyUndelivered": True})
    assert refused(reply) == (400, "OnlyUndelivered")
    reply = service.ask(f"/Mail/{message_id}/Resend", {"OnlyUndelivered": True, "To": EVE})
    assert refused(reply) == (400, "OnlyUndelivered")


def test_a_mail_whose_content_is_gone_is_not_sent_again(service: World) -> None:
    message_id = accepted(service)
    service.clock.pass_by(8 * DAY)

    assert refused(service.ask(f"/Mail/{message_id}/Resend", {})) == (410, "Gone")
    assert len(service.taken) == 1


@pytest.mark.parametrize(
    "to", ["nobody", ", ", ",".join(f"a{number}@b.example" for number in range(51))]
)
def test_whom_a_mail_cannot_be_sent_to_again_is_told(service: World, to: str) -> None:
    message_id = accepted(service)

    reply = service.ask(f"/Mail/{message_id}/Resend", {"To": to})
    assert refused(reply) == (400, "To")
    assert len(service.taken) == 1


def test_a_request_to_send_again_that_is_repeated_sends_one_mail(service: World) -> None:
    message_id = accepted(service)
    first, second = (service.ask(f"/Mail/{message_id}/Resend", {}, key="k-1") for _ in range(2))

    assert first
    assert second
    assert first["body"] == second["body"]
    assert len(service.taken) == 2
    other = service.ask(f"/Mail/{message_id}/Resend", {"To": BOB}, key="k-1")
    assert other["statusCode"] == 422


def test_a_reference_that_is_the_key_of_its_mail_does_not_keep_it_from_being_sent_again(
    service: World,
) -> None:
    service.configure(reference_is_key=True)
    service.forget_domains()
    message_id = accepted(service, Reference="r-1")
    service.ask(f"/Mail/{message_id}/Resend", {})

    assert len(service.taken) == 2


def test_no_address_is_a_key_of_the_table(service: World) -> None:
    accepted(service, CC=BOB)
    pages = clients.dynamodb().get_paginator("scan").paginate(TableName=CONFIG.table_name)
    items = [item for page in pages for item in page["Items"]]
    keys = {"pk", "sk", "listed", "problem", "recipient_key", "reference_key"}

    assert len([item for item in items if "recipient_key" in item]) == 2
    assert not [item for item in items for key in keys & item.keys() if "@" in item[key]["S"]]
