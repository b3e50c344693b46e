"""The counters, met directly: what counts, what is given back, and how long it is known."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from support.account import before_send

from core.aws import clients
from core.aws.counters import Counters, Hour
from core.aws.outage import Outage
from core.config import CONFIG
from core.message.reputation import Tally

DAY, HOUR = 86_400, 3600
NOW = 1_800_000_000
"""2027-01-15, 8:00 UTC."""
DOMAIN = "example.com"
CAP_KEY = {"pk": f"CAP#{DOMAIN}", "sk": "20270115"}


class NotKept(Exception):
    """The mail that was counted is not kept after all."""


@pytest.fixture
def counters() -> Counters:
    return Counters(clients.dynamodb(), CONFIG.table_name)


@pytest.fixture
def count(counters: Counters) -> Callable[..., bool]:
    def _count(message_id: str, cap: int = 2, now: int = NOW, domain: str = DOMAIN) -> bool:
        with counters.counting(domain, cap, message_id, now, recipients=1) as has_room:
            return has_room

    return _count


def mails(table: Any) -> int | None:
    item = table.get_item(Key=CAP_KEY).get("Item")
    return item and int(item["recipients"])


# ---- the mails of a day


def test_a_day_has_room_for_as_many_mails_as_its_cap_says(count: Any, table: Any) -> None:
    assert [count(f"m{number}") for number in range(4)] == [True, True, False, False]
    assert table.get_item(Key=CAP_KEY)["Item"] == CAP_KEY | {
        "recipients": 2,
        "newest": "m1",
        "expires_at": NOW + 3 * DAY,
    }


def test_a_cap_that_was_lowered_leaves_no_room(count: Any) -> None:
    assert [count("m0", 5), count("m1", 5), count("m2", 1), count("m3", 3)] == [
        True,
        True,
        False,
        True,
    ]


@pytest.mark.parametrize("cap", [1, 2])
def test_the_newest_mail_counts_once_however_often_it_is_counted(
    count: Any, table: Any, cap: int
) -> None:
    assert [count("m0", cap) for _ in range(3)] == [True] * 3
    assert mails(table) == 1


def test_domains_and_days_have_room_of_their_own(count: Any) -> None:
    end = NOW - NOW % DAY + DAY

    assert count("m0", 1)
    assert not count("m1", 1, end - 1)
    assert count("m2", 1, end)
    assert count("m3", 1, NOW, "shop.example")


def not_kept(counters: Counters, cap: int, meanwhile: Callable[[], Any] = lambda: None) -> bool:
    """Count a mail and then do not keep it; say whether there was room for it."""
    room = []

    def keep() -> None:
        with counters.counting(DOMAIN, cap, "not kept", NOW, recipients=1) as has_room:
            room.append(has_room)
            meanwhile()
            raise NotKept

    with pytest.raises(NotKept):
        keep()
    return room[0]


@pytest.mark.parametrize(("cap", "left"), [(2, 1), (1, 1)])
def test_a_mail_that_is_not_kept_gives_back_what_it_took(
    counters: Counters, count: Any, table: Any, cap: int, left: int
) -> None:
    """With a cap of one it took nothing, so nothing is given back."""
    count("m0", cap)

    assert not_kept(counters, cap) == (cap == 2)

    assert mails(table) == left


class Broken:
    """The counter, which can be reached or not."""

    def __init__(self) -> None:
        self.is_down = False

    def __call__(self, **_: Any) -> None:
        if self.is_down:
            raise EndpointConnectionError(endpoint_url="https://dynamodb")


def test_a_counter_that_could_not_be_reached_is_given_back_nothing(
    counters: Counters, count: Any, table: Any
) -> None:
    count("m0")
    broken = Broken()

    with before_send("dynamodb.UpdateItem", broken):
        broken.is_down = True
        assert not_kept(counters, 2, lambda: setattr(broken, "is_down", False))

    assert mails(table) == 1


def test_what_cannot_be_given_back_hides_nothing(counters: Counters, table: Any) -> None:
    broken = Broken()

    with before_send("dynamodb.UpdateItem", broken):
        assert not_kept(counters, 2, lambda: setattr(broken, "is_down", True))

    assert mails(table) == 1


# ---- how they are received


def test_the_tallies_of_an_hour_add_up_and_are_known_for_three_days(
    counters: Counters, table: Any
) -> None:
    counters.add(DOMAIN, Tally(1, 2, 3), NOW)
    counters.add(DOMAIN, Tally(10, 20, 30), NOW + HOUR - 1)

    key = {"pk": "RATES", "sk": f"2027011508#{DOMAIN}"}
    assert table.get_item(Key=key)["Item"] == key | {
        "outcomes": 11,
        "bounces": 22,
        "complaints": 33,
        "expires_at": NOW + HOUR - 1 + 3 * DAY,
    }


def test_the_hours_of_all_domains_are_listed_from_one_on(counters: Counters, table: Any) -> None:
    counters.add(DOMAIN, Tally(1), NOW - 1)
    counters.add(DOMAIN, Tally(2, 3, 4), NOW + 5)
    counters.add("shop.example", Tally(5), NOW + HOUR)
    table.put_item(Item={"pk": "RATES", "sk": f"2027011510#{DOMAIN}", "bounces": 7})

    since = [
        Hour(DOMAIN, NOW, Tally(2, 3, 4)),
        Hour("shop.example", NOW + HOUR, Tally(5)),
        Hour(DOMAIN, NOW + 2 * HOUR, Tally(0, 7, 0)),
    ]
    assert list(counters.hours(NOW)) == list(counters.hours(NOW + HOUR - 1)) == since
    assert list(counters.hours(NOW - 1)) == [Hour(DOMAIN, NOW - HOUR, Tally(1)), *since]
    assert list(counters.hours(NOW + 3 * HOUR)) == []


def test_all_that_dynamodb_fails_to_do_is_an_outage_but_for_the_cap(count: Any) -> None:
    broken = Counters(clients.dynamodb(), "no-such-table")

    with broken.counting(DOMAIN, 1, "m0", NOW, recipients=1) as has_room:
        assert has_room
    with pytest.raises(Outage, match="ResourceNotFound"):
        broken.add(DOMAIN, Tally(1), NOW)
    with pytest.raises(Outage, match="ResourceNotFound"):
        list(broken.hours(int(time.time())))
