"""What `domains` says of mails that wait, as the dispatcher has counted them."""

import time
from collections.abc import Callable

import pytest
from support.mails import MAIL
from support.world import World

from core.aws import clients
from core.aws.pace_clock import PaceClock
from core.config import CONFIG
from ops.waiting import Waiting

DOMAIN = "example.com"
Counted = Callable[[], Waiting]


@pytest.fixture
def at_work(service: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a service with room for one mail in 20 seconds, in which three are lined up."""
    monkeypatch.setattr(time, "time_ns", lambda: int(service.clock.now * 1e9))
    service.quota |= {"MaxSendRate": 0.05}
    service.line_up(3)
    service.clock.pass_by(90)
    return service


@pytest.fixture
def counted(at_work: World) -> Counted:
    """Let the dispatcher run, and read what it has counted."""

    def _counted() -> Waiting:
        at_work.dispatch()
        with at_work.aside():
            now = at_work.clock.now
            return Waiting(*PaceClock(clients.dynamodb(), CONFIG.table_name).state(now), now)

    return _counted


def test_what_has_its_turn_is_not_in_it_and_the_others_leave_at_the_accounts_pace(
    counted: Counted,
) -> None:
    told = counted().of_domain(DOMAIN)

    assert told == "fast 0  slow 2 (oldest 2 minutes, empty within 1 minute)"


def test_the_mails_of_a_paused_domain_are_shown_and_do_not_leave(
    at_work: World, counted: Counted
) -> None:
    at_work.configure_domain(DOMAIN, paused="manual")

    assert counted().of_domain(DOMAIN) == "fast 0  slow 3 (oldest 2 minutes, none leaves now)"


def test_so_are_those_of_a_domain_that_was_removed(at_work: World, counted: Counted) -> None:
    at_work.configure_domain("gone.example")
    at_work.post(MAIL | {"Domain": "gone.example"}, oneway=True)
    at_work.remove_domain("gone.example")

    waiting = counted()

    assert waiting.domains == {DOMAIN, "gone.example"}
    assert waiting.of_domain("gone.example").endswith("slow 1 (oldest 1 minute, none leaves now)")


def test_when_the_days_quota_is_used_up_nothing_leaves(at_work: World, counted: Counted) -> None:
    at_work.quota |= {"Max24HourSend": 200.0, "SentLast24Hours": 200.0}

    waiting = counted()

    assert waiting.of_domain(DOMAIN) == "fast 0  slow 3 (oldest 2 minutes, none leaves now)"
    assert waiting.remarks() == ["The account's sending quota is used up: no turns for 60 minutes."]
