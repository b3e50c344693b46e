"""A mail of the slow lane leaves SES to others, though its turn has come: if they need it more."""

import json
from collections.abc import Iterator

import pytest
from support.faults import Fault
from support.mails import MAIL
from support.world import World, world

from core.aws.retry_queue import parse
from core.message import pace

THROTTLED = Fault("sesv2.SendEmail#1", "throttled")
EACH = 1 / 0.97
"""How long a turn is at one recipient a second, which a new stack assumes."""


@pytest.fixture(autouse=True)
def ses() -> None:
    """Not the common stand-in: `World` plays SES here."""


@pytest.fixture
def service() -> Iterator[World]:
    with world() as made:
        yield made


def one_way(service: World, number: int) -> list[str]:
    """Have so many mails sent one way; return what the queue holds of them, by their turns."""
    for _ in range(number):
        service.post(MAIL, oneway=True)
    service.clock.pass_by(number)
    bodies = sorted((body for _, body in service.receive()), key=lambda it: parse(it).at)
    service.clock.pass_by(-number)
    return bodies


def refused_inline(service: World) -> str:
    """Have a mail sent inline that SES throttles."""
    reply = service.post(MAIL, fault=THROTTLED)
    assert reply
    return str(json.loads(reply["body"])["MessageId"])


def test_a_mail_with_an_exact_turn_leaves_it_to_one_that_ses_has_refused(service: World) -> None:
    _, body = one_way(service, 2)
    refused_inline(service)

    assert service.work(body)
    assert service.lined_up() == {parse(body).message_id}
    assert service.tries == 0


def test_the_refused_one_goes_when_ses_has_room_again(service: World) -> None:
    fast = refused_inline(service)
    service.clock.pass_by(2)

    ((_, body),) = service.receive()
    wait = parse(body).at - service.clock.now + 2
    assert wait == pytest.approx(EACH + pace.READING_SECONDS, abs=0.001)
    assert service.work(body)
    assert [one.message_id for one in service.taken] == [fast]


def test_whoever_has_gone_needs_no_more_room(service: World) -> None:
    *_, body = one_way(service, 3)
    refused_inline(service)

    assert parse(body).at - service.clock.now > EACH + pace.READING_SECONDS
    assert service.work(body)
    assert service.tries == 1


def test_every_fifth_mail_keeps_its_turn_so_that_nothing_waits_for_ever(service: World) -> None:
    bodies = one_way(service, 11)
    for _ in range(9):
        refused_inline(service)

    kept = []
    for body in bodies[1:]:
        before, service.clock.now = service.tries, parse(body).at
        assert service.work(body)
        kept.append(service.tries > before)
    assert kept.count(True) == 2


@pytest.mark.parametrize("call", ["dynamodb.GetItem#2"])
def test_if_the_clock_cannot_be_read_the_mail_is_tried(service: World, call: str) -> None:
    _, body = one_way(service, 2)
    refused_inline(service)

    assert service.work(body, Fault(call, "broken", lasting=True))
    assert service.struck
    assert service.tries == 1


def test_after_two_refusals_in_a_row_a_worker_tries_no_slow_mail_for_two_seconds(
    service: World,
) -> None:
    first, second, third, fourth, fifth = one_way(service, 5)

    assert service.work(first, THROTTLED)
    assert service.work(second, THROTTLED)
    assert service.tries == 0
    assert service.work(third)
    assert service.tries == 0
    assert len(service.lined_up()) == 3
    service.clock.pass_by(2)
    assert service.work(fourth)
    assert service.work(fifth)
    assert len(service.taken) == 2


def test_a_fast_mail_gives_way_to_nobody(service: World) -> None:
    fast = refused_inline(service)
    service.clock.pass_by(2)
    ((_, body),) = service.receive()
    for slow in one_way(service, 2):
        assert service.work(slow, THROTTLED)

    assert service.work(body)
    assert [one.message_id for one in service.taken] == [fast]
