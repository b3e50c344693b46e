"""What `GetStatus` and the first answer say of when a waiting mail is sent."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from support.documents import DOCS, table
from support.domains import DOMAIN
from support.faults import Fault
from support.mails import MAIL
from support.world import World

from core.aws import clients
from core.aws.pace_clock import PaceClock
from core.config import CONFIG
from core.message.pace import Backlog, WaitingList
from handlers import api

HOUR = 3600
SLOW = WaitingList("slow", DOMAIN)
QUERY = "dynamodb.Query#1"
FAILED = Fault(QUERY, "broken", lasting=True)
Scene = Callable[[World, PaceClock], str]
"""Lets a mail wait in some way; returns its id."""
USED_UP = "The account's sending quota is used up."


@pytest.fixture
def pace_clock() -> PaceClock:
    return PaceClock(clients.dynamodb(), CONFIG.table_name)


def asked(service: World, *message_ids: str, fault: Fault | None = None) -> list[dict[str, Any]]:
    """Ask for the status of mails with one request."""
    body = json.dumps([{"MessageId": message_id} for message_id in message_ids])
    api.domain_table.domains()  # Read as for an earlier request: it is another query.
    reply = service.invoke(
        lambda: service._request("POST", "/json/reply/GetStatus[]", body, ""), fault
    )
    assert reply
    assert reply["statusCode"] == 200, reply["body"]
    answers: list[dict[str, Any]] = json.loads(reply["body"])
    return answers


def told(service: World, message_id: str, fault: Fault | None = None) -> str:
    (answer,) = asked(service, message_id, fault=fault)
    assert (answer["Status"], answer["Retry"]) == ("queued", True)
    return str(answer.get("ErrorMessage", ""))


def queries(service: World) -> list[str]:
    return [call for call in service.calls if "Query" in call]


def line_up(service: World, pace_clock: PaceClock) -> str:
    """Accept a mail of the slow lane that has to line up, because others are before it."""
    now = int(service.clock.now)
    with service.aside():
        before = pace_clock.read()
        pace_clock.plan(before, before._replace(busy_until=now + 40, rounds=1))
    answer = service.post(MAIL, oneway=True)
    assert answer
    assert json.loads(answer["body"])["Status"] == "queued"
    (message_id,) = service.records()
    assert "waiting" in service.records()[message_id]
    return message_id


def count(service: World, pace_clock: PaceClock, **counted: Any) -> None:
    backlog = {"waiting": 100, "marks": (), "per_hour": 600, "counted_at": int(service.clock.now)}
    with service.aside():
        pace_clock.write_backlog(SLOW, Backlog(**backlog | counted))


# ---- what is told, for each row of the documented table


def with_a_turn(service: World, _: PaceClock) -> str:
    service.post(MAIL, oneway=True)
    (message_id,) = service.records()
    return message_id


def counted(**backlog: Any) -> Scene:
    def scene(service: World, pace_clock: PaceClock) -> str:
        message_id = line_up(service, pace_clock)
        count(service, pace_clock, **backlog)
        return message_id

    return scene


def of_an_unknown_list(service: World, pace_clock: PaceClock) -> str:
    message_id = line_up(service, pace_clock)
    service.clock.pass_by(120)
    return message_id


def closed(seconds: int) -> Scene:
    def scene(service: World, pace_clock: PaceClock) -> str:
        message_id = counted()(service, pace_clock)
        with service.aside():
            pace_clock.close(int(service.clock.now), seconds)
        return message_id

    return scene


def paused(service: World, pace_clock: PaceClock) -> str:
    message_id = counted()(service, pace_clock)
    service.configure_domain(DOMAIN, paused="manual")
    return message_id


def not_reached(service: World, _: PaceClock) -> str:
    service.outage = Fault("", "unreachable")
    service.post(MAIL)
    (message_id,) = service.records()
    return message_id


SCENES: dict[str, tuple[Scene, int]] = {
    "for a turn that it has": (with_a_turn, 0),
    "in its domain's list": (counted(), 1),
    "in its domain's list, behind many others": (counted(waiting=3000), 1),
    "in its domain's list, behind more than can be sent in its time (`RetryHours`)": (
        counted(waiting=60_000),
        1,
    ),
    "in a list that was not counted yet: that happens once a minute": (line_up, 1),
    "in a list of which nothing is known": (of_an_unknown_list, 1),
    "until the account's quota frees": (closed(5 * HOUR), 1),
    "until the account's quota frees, and nobody knows yet when that is": (closed(300), 1),
    "in its domain's list, while the domain is paused": (paused, 0),
    "because SES could not be asked": (not_reached, 0),
}
"""How each row comes about, and how many queries its answer takes beside reading the record."""
ROWS = table(DOCS / "status.md", header="| the mail waits |")


@pytest.mark.parametrize(("waits", "said"), ROWS, ids=[waits for waits, _ in ROWS])
def test_a_status_says_what_the_documentation_tells(
    service: World, pace_clock: PaceClock, waits: str, said: str
) -> None:
    scene, most = SCENES[waits]

    assert told(service, scene(service, pace_clock)) == said
    assert service.calls == ["dynamodb.GetItem#1", *[QUERY] * most]


def test_every_scene_is_documented() -> None:
    assert [waits for waits, _ in ROWS] == [*SCENES]


def test_the_count_of_another_list_says_nothing(service: World, pace_clock: PaceClock) -> None:
    message_id = line_up(service, pace_clock)
    with service.aside():
        for other in (WaitingList("fast", DOMAIN), WaitingList("slow", f"a.{DOMAIN}")):
            pace_clock.write_backlog(other, Backlog(100, (), 600, int(service.clock.now)))

    assert told(service, message_id) == "Waits for its turn, expected within 2 minutes."


def test_once_the_day_is_over_the_list_counts_again(service: World, pace_clock: PaceClock) -> None:
    message_id = closed(HOUR)(service, pace_clock)
    service.clock.pass_by(HOUR - 1)
    assert "quota" in told(service, message_id)

    service.clock.pass_by(1)
    assert told(service, message_id) == "Waits for its turn."
    count(service, pace_clock)
    assert told(service, message_id) == "Waits for its turn, expected within 11 minutes."


def test_a_status_without_the_clock_is_a_status_all_the_same(
    service: World, pace_clock: PaceClock
) -> None:
    assert told(service, line_up(service, pace_clock), FAILED) == ""
    assert service.struck


def test_a_batch_asks_for_the_clock_once_even_in_vain(
    service: World, pace_clock: PaceClock
) -> None:
    message_id = line_up(service, pace_clock)
    answers = asked(service, *[message_id] * 3)
    assert {answer["ErrorMessage"] for answer in answers} == {
        "Waits for its turn, expected within 2 minutes."
    }
    assert queries(service) == [QUERY]

    assert len(asked(service, *[message_id] * 3, fault=FAILED)) == 3
    assert queries(service) == [QUERY]


def test_all_other_states_cost_no_call_and_say_what_they_said(service: World) -> None:
    service.post(MAIL)
    service.tell_all()
    (message_id,) = service.records()

    (answer,) = asked(service, message_id)
    assert (answer["Status"], answer.get("ErrorMessage")) == ("delivered", None)
    assert service.calls == ["dynamodb.GetItem#1"]


# ---- the first answer


def first_answer(service: World, used_up: str) -> dict[str, Any]:
    service.outage = Fault("", used_up)
    reply = service.post(MAIL)
    assert reply
    answer: dict[str, Any] = json.loads(reply["body"])
    assert (answer["Status"], answer["Retry"]) == ("queued", True)
    return answer


def test_a_mail_that_is_throttled_hears_why_and_later_when_its_turn_is(service: World) -> None:
    answer = first_answer(service, "throttled")
    assert answer["ErrorMessage"] == "SES is throttling the account."

    said = told(service, answer["MessageId"])
    assert said == "Waits for its turn, expected within 1 minute."


def test_a_used_up_day_names_no_time_as_long_as_nobody_knows_it(service: World) -> None:
    said = "The account's sending quota is used up: the mail waits until it frees."
    answer = first_answer(service, "used up")
    assert answer["ErrorMessage"] == said

    service.clock.pass_by(1)  # Another mail meets the same.
    again = first_answer(service, "used up")
    assert again["ErrorMessage"] == said
    assert told(service, answer["MessageId"]) == said


def test_a_used_up_day_names_the_hour_in_which_it_frees(
    service: World, pace_clock: PaceClock
) -> None:
    with service.aside():  # The clock starts at 14:13 UTC.
        pace_clock.close(int(service.clock.now), 4 * HOUR)

    answer = first_answer(service, "used up")
    assert answer["ErrorMessage"] == f"{USED_UP} It frees at about 18:13 UTC."
    said = told(service, answer["MessageId"])
    assert said == f"{USED_UP} Waits for its turn, expected within 4 hours."
