"""SES is gone for minutes or hours, in one way or another: what callers heard must become true.

Time is virtual. A mail comes every few minutes while SES is gone, and the system goes on by itself,
before and after. In the end each mail is delivered or has a dead letter.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from support.faults import Fault
from support.mails import MAIL
from support.world import World

from core.message.record import GRACE_SECONDS

MINUTE, HOUR, DAY = 60, 3600, 86_400
EVERY = 5 * MINUTE
SES = "sesv2.SendEmail#1"


@pytest.fixture
def service(service: World, figures: Callable[[str], Counter[str]]) -> Iterator[World]:
    yield service
    service.count_into(figures("outages"))


@dataclass
class Heard:
    """What a caller was answered."""

    message_id: str
    status: str
    retry: bool


def send(service: World, **more: Any) -> Heard:
    reply = service.post(MAIL | more)
    assert reply
    assert reply["statusCode"] == 200
    body = json.loads(reply["body"])
    return Heard(body["MessageId"], body["Status"], body["Retry"])


def outage(service: World, kind: str, minutes: int, *, after: bool = False) -> list[Heard]:
    """Let SES be gone while a mail comes every five minutes; return what their callers heard."""
    service.outage = Fault(SES, kind, after=after)
    heard, end = [], service.clock.now + minutes * MINUTE
    while service.clock.now < end:
        heard.append(send(service))
        service.run_on(until=min(end, service.clock.now + EVERY))
    service.outage = None
    return heard


def ends(service: World, heard: list[Heard], figures: Counter[str]) -> Counter[str]:
    """Let the system come to rest; count how the mails ended, and check that none ended badly."""
    service.run_on()
    ended = Counter(service.status(one.message_id) for one in heard)
    letters = set(service.all_letters())
    failed = {one.message_id for one in heard if service.status(one.message_id) == "failed"}
    assert failed <= letters
    assert ended.keys() <= {"delivered", "failed"}
    for one in heard:
        assert (one.status, one.retry) in {("queued", True), ("unknown", True), ("sent", False)}
    figures.update({f"ended {status}": number for status, number in ended.items()})
    return ended


def copies(service: World) -> Counter[str]:
    return Counter(taken.message_id for taken in service.taken)


@pytest.mark.parametrize("minutes", [5, 20, pytest.param(90, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "kind", ["broken", "timeout", "throttled", "unreachable", "stalled", "stale"]
)
def test_a_mail_of_an_outage_is_delivered_once_when_it_is_over(
    service: World, figures: Callable[[str], Counter[str]], kind: str, minutes: int
) -> None:
    """Nothing was taken: errors, timeouts, throttling, a dead endpoint, a name that hangs."""
    heard = outage(service, kind, minutes)

    assert ends(service, heard, figures("outages")) == {"delivered": len(heard)}
    assert set(copies(service).values()) == {1}


@pytest.mark.parametrize("minutes", [5, 20, 90])
@pytest.mark.parametrize("kind", ["broken", "timeout"])
def test_mails_whose_answers_were_lost_are_not_sent_twice_while_events_are_heard(
    service: World, figures: Callable[[str], Counter[str]], kind: str, minutes: int
) -> None:
    heard = outage(service, kind, minutes, after=True)

    assert ends(service, heard, figures("outages")) == {"delivered": len(heard)}
    assert set(copies(service).values()) == {1}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["broken", "throttled", "unreachable"])
def test_a_mail_whose_time_is_over_before_the_outage_is_has_a_letter(
    service: World, figures: Callable[[str], Counter[str]], kind: str
) -> None:
    service.configure(retry_hours=1)
    heard = outage(service, kind, 130)

    assert ends(service, heard, figures("outages"))["failed"]
    assert {service.status(one.message_id) for one in heard[:6]} == {"failed"}


def test_a_broken_event_destination_makes_a_handful_of_copies_and_then_a_letter(
    service: World, figures: Callable[[str], Counter[str]]
) -> None:
    """SES takes every try, no answer arrives and no event is heard, for longer than a day."""
    service.outage = Fault(SES, "timeout", after=True)
    one = send(service)

    service.run_on(told=False)

    attempts = service.records()[one.message_id]["attempts"]
    minutes = [round((tried["at"] - attempts[0]["at"]) / MINUTE) for tried in attempts]
    expected = [0, 15, 45, 105, 225, 465, 945]  # Each takes seconds until it has its turn.
    assert len(minutes) == len(expected)
    assert all(0 <= at - due <= 1 for at, due in zip(minutes, expected, strict=True))
    assert service.status(one.message_id) == "failed"
    assert service.all_letters() == [one.message_id]
    assert service.metrics["BlindTries"] == len(attempts) - 1
    figures("outages")["most copies of a mail"] = len(attempts)


def test_a_blind_try_waits_until_events_are_heard_that_are_newer_than_the_last_one(
    service: World,
) -> None:
    service.outage = Fault(SES, "timeout")
    lost = send(service)
    service.run_on(until=service.clock.now + 50 * MINUTE)  # Tries at 0, 15 and 45 minutes.
    assert len(service.records()[lost.message_id]["attempts"]) == 3
    service.outage = None
    service.run_on(until=service.clock.now + 5 * MINUTE)
    began = service.clock.now

    other = send(service)
    service.run_on()

    assert service.status(other.message_id) == service.status(lost.message_id) == "delivered"
    tried_at = service.records()[lost.message_id]["attempts"][3]["at"]
    assert tried_at - began < GRACE_SECONDS + 3 * MINUTE + 30 * MINUTE
    assert tried_at - service.records()[lost.message_id]["attempts"][2]["at"] < HOUR


def test_the_events_of_another_configuration_set_say_nothing(service: World) -> None:
    """They take another way: its working does not show that this one works."""
    service.configure_domain("shop.example", configuration_set="mail-shop", name="shop")
    service.outage = Fault(SES, "timeout", after=True)
    lost = send(service, Domain="shop.example")

    for _ in range(12):
        service.outage = None
        send(service, Domain="example.com")
        service.outage = Fault(SES, "timeout", after=True)
        service.events = [event for event in service.events if _of(event) != lost.message_id]
        service.run_on(until=service.clock.now + 5 * MINUTE)

    tries = service.records()[lost.message_id]["attempts"]
    assert [round((tried["at"] - tries[0]["at"]) / MINUTE) for tried in tries] == [0, 15, 45]


def _of(event: dict[str, Any]) -> str:
    return str(event["mail"]["tags"]["mailapi_message_id"][0])


def test_at_most_once_fails_with_a_letter_after_the_grace_time(
    service: World, figures: Callable[[str], Counter[str]]
) -> None:
    service.set_policy("fail")
    service.outage = Fault(SES, "broken")
    one = send(service)
    service.outage = None

    assert (one.status, one.retry) == ("unknown", False)
    service.run_on()
    assert service.status(one.message_id) == "failed"
    assert service.all_letters() == [one.message_id]
    figures("outages")["ended failed"] += 1


@pytest.mark.parametrize("policy", ["resend", "fail"])
def test_what_ses_said_is_not_forgotten_because_the_table_is_down(
    service: World, policy: str
) -> None:
    """SES throttles, and the table does not take the note: the queue carries it."""
    service.set_policy(policy)
    service.outage = Fault(SES, "throttled")
    reply = service.post(MAIL, fault=Fault("dynamodb.PutItem#1", "broken", lasting=True))
    service.outage = None
    assert reply
    answer = json.loads(reply["body"])
    assert (answer["Status"], answer["Retry"]) == ("queued", True)

    service.run_on()

    attempts = service.records()[answer["MessageId"]]["attempts"]
    assert [attempt["outcome"] for attempt in attempts] == ["throttled", "sent"]
    assert service.status(answer["MessageId"]) == "delivered"


@pytest.mark.parametrize(("policy", "retry"), [("resend", True), ("fail", False)])
@pytest.mark.parametrize("kind", ["throttled", "broken"])
def test_if_nobody_can_note_what_ses_said_the_caller_hears_that_it_is_not_known(
    service: World, policy: str, retry: bool, kind: str
) -> None:
    service.set_policy(policy)
    service.outage = Fault(SES, kind)
    service.also = Fault("sqs.SendMessage#1", "unreachable", lasting=True)
    reply = service.post(MAIL, fault=Fault("dynamodb.PutItem#1", "broken", lasting=True))
    service.outage = service.also = None
    assert reply
    answer = json.loads(reply["body"])
    assert (answer["Status"], answer["Retry"]) == ("unknown", retry)

    service.run_on()

    ended = service.status(answer["MessageId"])
    assert ended == ("delivered" if retry else "failed")
    assert service.all_letters() == ([] if retry else [answer["MessageId"]])


def test_what_ses_took_is_sent_once_though_neither_note_nor_event_is_heard(service: World) -> None:
    reply = service.post(MAIL, fault=Fault("dynamodb.PutItem#1", "broken", lasting=True))
    assert reply
    assert json.loads(reply["body"])["Status"] == "sent"

    service.run_on(told=False)

    assert len(service.taken) == 1


def test_a_mail_of_a_domain_that_was_removed_waits_and_goes_out_when_it_is_back(
    service: World,
) -> None:
    service.configure_domain("shop.example", name="shop")
    service.outage = Fault(SES, "throttled")
    one = send(service, Domain="shop.example")
    service.outage = None
    service.remove_domain("shop.example")

    service.run_on(until=service.clock.now + 3 * HOUR)

    record = service.records()[one.message_id]
    assert (record["state"], record["attempts"][-1]["code"]) == ("queued", "DomainRemoved")
    assert service.taken == []
    service.configure_domain("shop.example", name="shop")
    service.run_on()
    assert service.status(one.message_id) == "delivered"


def test_a_mail_of_a_domain_that_stays_removed_has_a_letter(service: World) -> None:
    service.configure_domain("shop.example", name="shop")
    reply = service.post(MAIL | {"Domain": "shop.example"}, oneway=True)
    assert reply
    message_id = json.loads(reply["body"])["MessageId"]
    service.remove_domain("shop.example")

    service.run_on()

    assert service.tries == 0
    assert service.records()[message_id]["state"] == "failed"
    assert service.all_letters() == [message_id]
