"""How often each path calls AWS: every call costs its caller time, so one more fails here."""

from collections import Counter
from typing import Any

import pytest
from support.faults import Fault
from support.mails import MAIL
from support.world import World

from core.aws.clock_item import Clock
from handlers import api

FILES = [{"Bytes": "QUJD", "Name": f"{number}.txt"} for number in range(3)]
SEND = [
    "dynamodb.BatchGetItem#1",
    "dynamodb.PutItem#1",
    "dynamodb.TransactWriteItems#1",
    "sesv2.SendEmail#1",
]
QUEUE = ["dynamodb.TransactWriteItems#1", "dynamodb.UpdateItem#1", "sqs.SendMessageBatch#1"]


@pytest.fixture
def service(service: World) -> World:
    service.post({})  # The first request in a minute also reads the domains; so do try and sweep.
    return service


def names(service: World) -> list[str]:
    """Return the calls of the newest invocation; objects lose their ids."""
    return sorted(call.partition("/")[0] for call in service.calls)


def test_a_small_mail_takes_four_calls_two_of_them_side_by_side(service: World):
    service.post(MAIL)

    assert names(service) == SEND


def test_a_key_costs_no_call(service: World):
    service.post(MAIL, key="k")

    assert names(service) == SEND


def test_each_attachment_takes_one_more(service: World):
    service.post(MAIL | {"Attachments": FILES})

    assert names(service) == sorted([*SEND, *["s3.PutObject"] * 3])


def test_a_mail_for_the_queue_takes_three_and_one_that_lines_up_takes_one(service: World):
    """A turn, the mail, its place in the queue. A process reads the clock of the pace once."""
    service.post(MAIL, oneway=True)
    assert names(service) == sorted(["dynamodb.GetItem#1", *QUEUE])

    service.post(MAIL, oneway=True)
    assert names(service) == QUEUE
    api.services.pace_clock._known = Clock(busy_until=int(service.clock.now) + 60)
    service.post(MAIL, oneway=True)
    assert names(service) == ["dynamodb.TransactWriteItems#1"]


def test_a_batch_takes_one_turn_for_all_and_a_tenth_of_the_requests_to_the_queue(service: World):
    service.dispatch()  # It asks SES for the rate: at that of a sandbox most would line up.
    service.post(MAIL, oneway=True)

    service.ask("/json/reply/SendMail[]", [MAIL] * 100)

    assert Counter(name.partition("#")[0] for name in service.calls) == {
        "dynamodb.UpdateItem": 1,
        "dynamodb.TransactWriteItems": 100,
        "sqs.SendMessageBatch": 10,
    }


def test_a_status_takes_one(service: World):
    reply = service.post(MAIL)
    assert reply

    service.status(next(iter(service.records())))

    assert names(service) == ["dynamodb.GetItem#1"]


def test_a_mail_of_a_domain_with_a_daily_cap_takes_one_more(service: World):
    service.set_cap(1)

    service.post(MAIL)
    assert names(service) == sorted([*SEND, "dynamodb.UpdateItem#1"])
    service.post(MAIL)
    assert names(service) == [
        "dynamodb.BatchGetItem#1",
        "dynamodb.TransactWriteItems#1",
        "dynamodb.UpdateItem#1",
    ]


def test_an_outcome_takes_four_and_a_repeated_event_takes_two(service: World):
    """Read, write, the step of the history, and the count of the batch for the domain's rates.

    Once a minute one more, for the domain: that SES is heard. A repeated event writes its step
    again, under the same key, since nobody reads before whether it is there.
    """
    service.post(MAIL)
    (sent, delivered) = service.events

    service.tell(delivered)
    record = ["dynamodb.GetItem#1", "dynamodb.PutItem#1"]
    counts = ["dynamodb.UpdateItem#1", "dynamodb.UpdateItem#2"]
    assert sorted(names(service)) == sorted([*record, "dynamodb.PutItem#2", *counts])
    for known in (sent, delivered):
        service.tell(known)
        assert names(service) == ["dynamodb.GetItem#1", "dynamodb.PutItem#1"]


def test_another_try_takes_six(service: World):
    service.post(MAIL, fault=Fault("sesv2.SendEmail#1", "throttled"))
    service.clock.now += 60
    ((_, body),) = service.receive()

    service.work(body)

    reads: list[Any] = ["dynamodb.BatchGetItem#1", "dynamodb.GetItem#1", "dynamodb.GetItem#2"]
    assert names(service) == [
        *reads,
        "dynamodb.PutItem#1",
        "dynamodb.PutItem#2",
        "sesv2.SendEmail#1",
    ]


def test_a_dispatcher_that_finds_nobody_in_line_makes_a_query_for_each_partition(service: World):
    """Twice, as it counts as well; and it asks SES what the account may send."""
    service.dispatch()

    queries = [f"dynamodb.Query#{number}" for number in range(1, 17)]
    clock = ["dynamodb.GetItem#1", "dynamodb.GetItem#2", "dynamodb.UpdateItem#1"]
    assert names(service) == sorted([*queries, *clock, "sesv2.GetAccount#1"])


def test_a_sweep_that_finds_nothing_asks_each_shard_twice_and_once_for_all_rates(service: World):
    """And for the domains, which are read at most once a minute; and each of webhooks once."""
    service.post(MAIL)

    service.sweep()

    queries = [f"dynamodb.Query#{number}" for number in range(1, 70)]
    assert names(service) == sorted(queries)
