"""When SES was last heard, as the table has it."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from support.account import before_send
from support.answers import raising

from core.aws import clients
from core.aws.event_flow import EventFlow
from core.aws.outage import Outage
from core.config import CONFIG

NOW = 1_800_000_000
UNREACHABLE = raising(EndpointConnectionError(endpoint_url="https://dynamodb"))


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW)


@pytest.fixture
def flow() -> EventFlow:
    return EventFlow(clients.dynamodb(), CONFIG.table_name)


@pytest.fixture
def writes() -> list[Any]:
    return []


@pytest.fixture
def hear(flow: EventFlow, writes: list[Any]) -> Callable[..., None]:
    def _hear(**at: int) -> None:
        for domain, moment in at.items():
            flow.hear(domain, moment)
        with before_send("dynamodb.UpdateItem", lambda request, **_: writes.append(request)):
            flow.write()

    return _hear


def test_the_newest_event_of_each_domain_is_kept(flow: EventFlow, hear: Any) -> None:
    flow.hear("a", NOW - 500)
    flow.hear("a", NOW - 700)
    hear(b=NOW - 3)

    assert flow.newest() == {"a": NOW - 500, "b": NOW - 3}


def test_what_is_dated_into_the_future_is_of_now(flow: EventFlow, hear: Any) -> None:
    hear(a=NOW + 5000)

    assert flow.newest() == {"a": NOW}


def test_an_older_event_changes_nothing_whoever_hears_it(flow: EventFlow, hear: Any) -> None:
    hear(a=NOW - 100)
    other = EventFlow(clients.dynamodb(), CONFIG.table_name)
    other.hear("a", NOW - 5000)
    other.write()
    hear(a=NOW - 9000)

    assert flow.newest() == {"a": NOW - 100}


def test_once_a_minute_is_enough(flow: EventFlow, hear: Any, writes: list[Any]) -> None:
    for at in (NOW - 100, NOW - 99, NOW - 41):
        hear(a=at)
    assert (len(writes), flow.newest()) == (1, {"a": NOW - 100})

    hear(a=NOW - 40)
    assert (len(writes), flow.newest()) == (2, {"a": NOW - 40})


def test_what_could_not_be_written_is_written_with_the_next(flow: EventFlow, hear: Any) -> None:
    flow.hear("a", NOW - 100)
    with before_send("dynamodb.UpdateItem", lambda **_: UNREACHABLE()), pytest.raises(Outage):
        flow.write()

    hear(a=NOW - 90)
    assert flow.newest() == {"a": NOW - 90}


def test_an_outage_is_one(flow: EventFlow) -> None:
    with before_send("dynamodb.Query", lambda **_: UNREACHABLE()), pytest.raises(Outage):
        flow.newest()
