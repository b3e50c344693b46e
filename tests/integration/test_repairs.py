"""What the sweep counts, and that nothing keeps it from the messages behind."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from support.faults import Fault
from support.gateway import Context
from support.mails import MAIL
from support.world import World

from core.aws import clients
from core.aws.items import tombstone
from core.config import CONFIG
from handlers import sweep

Figures = Callable[[str], Counter[str]]
SES = "sesv2.SendEmail#1"
THROTTLED, UNANSWERED = Fault(SES, "throttled"), Fault(SES, "broken", after=True)
MINUTE, HOUR = 60, 3600


def post(service: World, fault: Fault | None = None, **more: Any) -> str:
    reply = service.post(MAIL | more, fault=fault)
    assert reply
    return str(json.loads(reply["body"])["MessageId"])


def left_behind(service: World, number: int = 1) -> list[str]:
    """Leave messages that have a turn and are not in the queue, and whose time has come."""
    ids = [post(service, THROTTLED) for _ in range(number)]
    for receipt, _ in service.receive():
        service.forget(receipt)
    service.clock.now += 20 * MINUTE
    for receipt, _ in service.receive():
        service.forget(receipt)
    return ids


def swept(service: World) -> dict[str, int]:
    """Sweep once more, and say what this sweep counted."""
    before = service.metrics.copy()
    service.sweep()
    return {name: n - before[name] for name, n in service.metrics.items() if n != before[name]}


def waiting(service: World) -> set[str]:
    """Say which messages are lined up."""
    return service.lined_up()


def test_a_message_that_only_waits_again_is_no_unknown_outcome(service: World) -> None:
    ids = left_behind(service)

    counted = swept(service)

    assert (counted["Requeued"], counted.get("UnknownOutcome", 0)) == (1, 0)
    assert counted.get("GaveUp", 0) == 0
    assert waiting(service) == set(ids)


def test_a_claim_that_nobody_ended_is_an_unknown_outcome_and_is_not_queued(service: World) -> None:
    service.post(MAIL, fault=Fault(SES, "killed"))
    service.clock.now += 2 * MINUTE

    counted = swept(service)

    assert (counted["UnknownOutcome"], counted.get("Requeued", 0)) == (1, 0)
    assert waiting(service) == set()


def test_what_another_sweep_has_repaired_is_counted_once(service: World) -> None:
    """Both read the same message that is due; the second one's write comes first."""
    post(service, UNANSWERED)
    service.clock.now += 16 * MINUTE
    service.meanwhile["dynamodb.PutItem#1"] = service.sweep

    counted = swept(service)

    assert (counted["UnknownOutcome"], counted["Requeued"]) == (1, 1)


def erase(service: World, message_id: str) -> None:
    key = {"pk": {"S": f"MSG#{message_id}"}, "sk": {"S": "RECORD"}}
    item = tombstone(key, int(service.clock.now))
    clients.dynamodb().put_item(TableName=CONFIG.table_name, Item=item)


@pytest.mark.parametrize("call", ["dynamodb.GetItem#1", "dynamodb.PutItem#1"])
def test_a_message_that_is_erased_during_the_sweep_keeps_no_other_from_its_repair(
    service: World, call: str
) -> None:
    """It is erased before the sweep reads it, or between reading and writing."""
    ids = left_behind(service, 5)
    first = min(ids, key=lambda one: (ord(one[-1]) % 4, service.records()[one]["due_at"]))
    service.meanwhile[call] = lambda: erase(service, first)

    counted = swept(service)

    assert (counted["Requeued"], counted.get("Errors", 0)) == (4, 0)
    assert waiting(service) == set(ids) - {first}


def test_whoever_is_given_up_gets_one_dead_letter_and_is_counted_once(service: World) -> None:
    ids = left_behind(service)
    service.clock.now += 25 * HOUR

    counted = swept(service)

    assert (counted["GaveUp"], counted.get("Requeued", 0)) == (1, 0)
    assert service.letters() == ids
    service.clock.now += 2 * MINUTE
    assert swept(service).get("GaveUp", 0) == 0
    assert service.letters() == ids


def test_every_unknown_outcome_counts(service: World) -> None:
    for _ in range(2):
        post(service, UNANSWERED)
    service.clock.now += 16 * MINUTE

    assert swept(service)["UnknownOutcome"] == 2


@pytest.mark.parametrize(("milliseconds", "requeued"), [(4_999, 0), (5_000, 3)])
def test_a_sweep_goes_on_while_there_is_time_for_one_more(
    service: World, milliseconds: int, requeued: int
) -> None:
    """What is left is due again in a minute, when the next sweep comes."""
    left_behind(service, 3)

    service.invoke(lambda: sweep.handler({}, Context(milliseconds=milliseconds)))

    assert service.metrics["Requeued"] == requeued
