"""A round that is being planned and mails that are accepted meanwhile get turns of their own."""

import pytest
from support.turns import turn_of

from core.aws import clients
from core.aws.pace_clock import PaceClock
from core.config import CONFIG

NOW = 1_790_000_000


@pytest.fixture
def clock() -> PaceClock:
    return PaceClock(clients.dynamodb(), CONFIG.table_name)


@pytest.fixture
def other() -> PaceClock:
    return PaceClock(clients.dynamodb(), CONFIG.table_name)


def test_nobody_takes_a_turn_of_the_slow_lane_while_a_round_is_planned(
    clock: PaceClock, other: PaceClock
) -> None:
    assert turn_of(other, 1, NOW) == NOW

    before = clock.keep_busy(NOW + 40)

    assert turn_of(other, 1, NOW) is None
    assert clock.plan(before, before._replace(rounds=1, slow_until=NOW + 20))
    assert other.read().slow_until == NOW + 20


def test_a_round_without_turns_leaves_alone_what_others_took_meanwhile(
    clock: PaceClock, other: PaceClock
) -> None:
    turn_of(other, 1, NOW)
    before = clock.read()
    turn_of(other, 14, NOW)

    assert clock.plan(before, before._replace(rounds=1, rate=10.0))

    read = other.read()
    assert read.slow_until > before.slow_until
    assert (read.rounds, read.rate) == (1, 10.0)
