"""The clock of the pace, met directly: turns that nobody else has, and who has to line up."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from support.account import before_send
from support.turns import turn_of

from core.aws import clients
from core.aws.clock_item import Clock
from core.aws.outage import Outage
from core.aws.pace_clock import PaceClock
from core.config import CONFIG
from core.message.pace import NEW_RATE, Backlog, WaitingList

NOW = 1_800_000_000
HOUR = 3600
KEY = {"pk": "PACE", "sk": "CLOCK"}
EACH = 1 / 0.97
"""How long a turn is at one recipient a second."""
ROOM = EACH + 0.25
"""How long a mail waits then that SES has refused."""
NEWSLETTER = WaitingList("slow", "a.example")


def process() -> PaceClock:
    """Make a clock that knows nothing yet, as a process does that has just started."""
    return PaceClock(clients.dynamodb(), CONFIG.table_name)


@pytest.fixture
def pace_clock() -> PaceClock:
    return process()


def planned(now: int = NOW, **changes: Any) -> Clock:
    """Let a dispatcher plan a round; return the clock as it left it."""
    before = process().read(consistent=True)
    after = before._replace(rounds=before.rounds + 1, planned_at=now, **changes)
    assert process().plan(before, after)
    return after


@pytest.fixture
def sandbox() -> Clock:
    """Let SES take one recipient a second."""
    return planned(rate=1.0)


@pytest.fixture
def calls() -> Any:
    """Keep which operations DynamoDB is asked for."""
    made: list[str] = []

    def note(request: Any, **_: Any) -> None:
        made.append(request.headers["X-Amz-Target"].decode().rpartition(".")[2])

    with before_send("dynamodb.*", note):
        yield made


# ---- turns


def test_the_first_mail_of_all_is_to_go_at_once(pace_clock: PaceClock, table: Any) -> None:
    assert turn_of(pace_clock, 1, NOW) == NOW
    assert pace_clock.read().rate == NEW_RATE
    assert math.isclose(pace_clock.read().slow_until, NOW + 1 / (0.97 * NEW_RATE), abs_tol=1e-5)
    assert set(table.get_item(Key=KEY)["Item"]) == {*KEY, "slow_until"}


@pytest.mark.usefixtures("sandbox")
def test_a_turn_is_as_long_as_a_mail_has_recipients(pace_clock: PaceClock) -> None:
    turns = [turn_of(pace_clock, recipients, NOW) for recipients in (1, 5, 2, 1)]

    assert turns == [pytest.approx(NOW + EACH * before) for before in (0, 1, 6, 8)]


@pytest.mark.parametrize("lane", ["fast", "slow"])
@pytest.mark.usefixtures("sandbox")
def test_turns_of_many_processes_at_once_never_overlap(lane: str) -> None:
    def take(number: int) -> float | None:
        own = process() if number % 2 else shared
        if lane == "slow":
            return turn_of(own, 1, NOW + number / 100)
        return own.throttled("fast", 1, NOW + number / 100)

    shared = process()
    with ThreadPoolExecutor(8) as threads:
        taken = [turn for turn in threads.map(take, range(16)) if turn is not None]
    assert len(taken) > 4
    assert all(later - earlier >= EACH - 0.001 for earlier, later in pairwise(sorted(taken)))


def test_who_comes_after_all_turns_are_over_need_not_wait(pace_clock: PaceClock) -> None:
    planned(rate=1.0)
    turn_of(pace_clock, 3, NOW)

    assert turn_of(pace_clock, 1, NOW + 3) == pytest.approx(NOW + 3 * EACH)
    assert turn_of(pace_clock, 1, NOW + 60) == NOW + 60


@pytest.mark.parametrize("rate", [5.0, 14.0, 200.0, 1000.0, 5000.0])
def test_at_any_rate_turns_take_nearly_all_of_it_and_never_more(
    pace_clock: PaceClock, rate: float
) -> None:
    planned(rate=rate)
    for _ in range(20):
        turn_of(pace_clock, 1, NOW)

    used = 20 / (pace_clock.read().slow_until - NOW)
    assert 0.96 * rate <= used <= 0.97 * rate * 1.00001


@pytest.mark.parametrize(("rate", "turns"), [(4.0, [0, 0.258, 0.515]), (14.0, [0, 0, 0])])
def test_a_turn_has_fractions_where_they_matter(
    pace_clock: PaceClock, rate: float, turns: list[float]
) -> None:
    planned(rate=rate)

    taken = [turn_of(pace_clock, 1, NOW) for _ in range(3)]
    assert taken == [pytest.approx(NOW + each, abs=0.001) for each in turns]


# ---- who lines up


@pytest.mark.parametrize(
    ("take", "ahead"),
    [
        (lambda own: turn_of(own, 1, NOW), 60),
        (lambda own: own.throttled("fast", 1, NOW), 10 + ROOM),
    ],
)
@pytest.mark.usefixtures("sandbox")
def test_nobody_gets_a_turn_that_is_far_away(
    pace_clock: PaceClock, take: Callable[[PaceClock], float | None], ahead: float
) -> None:
    taken = [take(pace_clock) for _ in range(80)]
    turns = [turn for turn in taken if turn is not None]

    assert taken == turns + [None] * (80 - len(turns))
    assert ahead - ROOM < turns[-1] - NOW <= ahead
    assert take(process()) is None


@pytest.mark.usefixtures("sandbox")
def test_who_knows_of_earlier_turns_only_gets_none_that_is_far_away(
    pace_clock: PaceClock, calls: list[str]
) -> None:
    turn_of(pace_clock, 1, NOW)
    while turn_of(process(), 1, NOW) is not None:
        pass
    calls.clear()

    assert turn_of(pace_clock, 1, NOW) is None  # It asks for a turn, and learns better.
    assert turn_of(pace_clock, 1, NOW) is None  # And now it knows.
    assert calls == ["UpdateItem"]


@pytest.mark.usefixtures("sandbox")
def test_a_batch_has_its_turns_at_once_even_if_they_reach_far(pace_clock: PaceClock) -> None:
    assert turn_of(pace_clock, 100, NOW) == NOW
    assert turn_of(pace_clock, 1, NOW) is None
    assert turn_of(pace_clock, 1, NOW + 80) == pytest.approx(NOW + 100 * EACH)


def test_the_lanes_do_not_take_each_others_turns(pace_clock: PaceClock) -> None:
    planned(rate=1.0)
    for _ in range(40):
        turn_of(pace_clock, 1, NOW)

    assert pace_clock.throttled("fast", 1, NOW) == pytest.approx(NOW + ROOM)


@pytest.mark.parametrize(("rate", "wait"), [(14.0, 0), (5.0, 0), (4.0, 0.25 + 0.258)])
def test_a_refused_mail_waits_until_ses_has_room(
    pace_clock: PaceClock, rate: float, wait: float
) -> None:
    planned(rate=rate)

    assert pace_clock.throttled("fast", 1, NOW) == pytest.approx(NOW + wait, abs=0.001)


def test_as_long_as_others_are_lined_up_the_slow_lane_lines_up_too(
    pace_clock: PaceClock, calls: list[str]
) -> None:
    assert turn_of(pace_clock, 1, NOW) == NOW
    planned(busy_until=NOW + 40)
    calls.clear()

    assert (
        turn_of(pace_clock, 1, NOW) is None
    )  # It is told so by the table, for it knows of nothing.
    assert calls == ["UpdateItem"]
    assert turn_of(pace_clock, 1, NOW + 39) is None  # And now it knows.
    assert calls == ["UpdateItem"]
    assert turn_of(process(), 1, NOW) is None
    assert pace_clock.throttled("fast", 1, NOW) is not None
    assert turn_of(pace_clock, 1, NOW + 40) == NOW + 40


def test_as_long_as_the_day_is_used_up_the_slow_lane_lines_up(pace_clock: PaceClock) -> None:
    process().close(NOW, 300)

    assert turn_of(pace_clock, 1, NOW) is None
    assert turn_of(pace_clock, 1, NOW + 299) is None
    assert turn_of(pace_clock, 1, NOW + 300) == NOW + 300


def test_who_does_not_know_of_a_used_up_day_learns_of_it_with_its_next_turn(
    pace_clock: PaceClock,
) -> None:
    turn_of(pace_clock, 1, NOW)
    process().close(NOW, 300)

    assert turn_of(pace_clock, 1, NOW) is not None  # One mail more that SES will refuse.
    assert turn_of(pace_clock, 1, NOW) is None


def test_who_knows_of_a_used_up_day_hears_when_it_was_opened_early(
    pace_clock: PaceClock,
) -> None:
    process().close(NOW, 10 * HOUR)
    assert turn_of(pace_clock, 1, NOW) is None
    planned(closed_until=0)

    assert turn_of(pace_clock, 1, NOW + 60) == NOW + 60


# ---- throttles


def test_every_refusal_is_counted_once_whatever_follows(pace_clock: PaceClock) -> None:
    planned(rate=5.0)
    turns = [pace_clock.throttled("fast", 1, NOW) for _ in range(60)]
    assert None in turns
    assert pace_clock.read().throttled == 60

    assert pace_clock.throttled("slow", 1, NOW) is None
    assert pace_clock.read().throttled == 61
    assert turn_of(pace_clock, 1, NOW) == NOW
    assert pace_clock.read().throttled == 61


@pytest.mark.usefixtures("sandbox")
def test_whom_a_slow_mail_gives_way_to_takes_no_place_that_was_not_planned(
    pace_clock: PaceClock,
) -> None:
    turns = [pace_clock.throttled("fast", 1, NOW) for _ in range(20)]

    assert pace_clock.read().throttled == turns.count(None) > 0


# ---- the day


def test_who_closes_hears_if_it_is_known_when_the_day_frees(pace_clock: PaceClock) -> None:
    assert pace_clock.close(NOW, 300).closed_until == NOW + 300
    assert pace_clock.close(NOW + 10, 300).closed_until == NOW + 310

    planned(closed_until=NOW + 5 * HOUR)
    assert pace_clock.close(NOW + 20, 300).closed_until == NOW + 5 * HOUR
    assert process().read().closed_until == NOW + 5 * HOUR


# ---- rounds


def test_of_two_dispatchers_with_the_same_round_one_may_give_out() -> None:
    before = process().read(consistent=True)
    after = before._replace(rounds=1, slow_until=NOW + 20.0)

    assert process().plan(before, after)
    assert not process().plan(before, after._replace(slow_until=NOW + 90.0))
    assert process().read().slow_until == NOW + 20
    assert process().plan(after, after._replace(rounds=2))


def test_a_round_leaves_alone_what_others_write_meanwhile(pace_clock: PaceClock) -> None:
    planned(rate=14.0)
    before = process().read(consistent=True)
    pace_clock.throttled("fast", 1, NOW)
    pace_clock.close(NOW, 300)
    was = process().read()

    assert process().plan(before, before._replace(rounds=2, last="slow#a.example"))
    now = process().read()
    assert (now.throttled, now.fast_until, now.closed_until) == (
        1,
        was.fast_until,
        NOW + 300,
    )
    assert now.last_list == WaitingList("slow", "a.example")


def test_all_that_a_round_wrote_is_read_again() -> None:
    written = planned(
        slow_until=NOW + 0.25,
        busy_until=NOW + 40,
        rate=0.5,
        closed_until=NOW + HOUR,
        unplanned=0.125,
        throttled_before=7,
        last="fast#a.example",
    )

    assert process().read() == written
    assert process().state(NOW) == (written, {})


def test_a_clock_that_never_ran_says_what_a_new_account_has(pace_clock: PaceClock) -> None:
    assert pace_clock.read() == Clock()
    assert pace_clock.state(NOW) == (Clock(), {})
    assert Clock().last_list is None


# ---- what is lined up


def test_what_was_counted_of_late_is_known(pace_clock: PaceClock, table: Any) -> None:
    counted = Backlog(3, (1, 5, 9), 600, NOW)
    pace_clock.write_backlog(NEWSLETTER, counted)
    pace_clock.write_backlog(WaitingList("fast", "a.example"), Backlog(1, (2,), 9, NOW))
    pace_clock.write_backlog(WaitingList("slow", "a-b.example"), Backlog(0, (), 9, NOW))

    _, backlogs = pace_clock.state(NOW + 179)
    assert backlogs == {
        NEWSLETTER: counted,
        WaitingList("fast", "a.example"): Backlog(1, (2,), 9, NOW),
    }
    assert pace_clock.state(NOW + 180)[1] == {}
    item = table.get_item(Key={"pk": "PACE", "sk": "LIST#slow#a.example"})["Item"]
    assert item["expires_at"] == NOW + 24 * HOUR


# ---- faults


@pytest.mark.parametrize(
    "ask",
    [
        lambda own: turn_of(own, 1, NOW),
        lambda own: own.throttled("fast", 1, NOW),
        lambda own: own.throttled("slow", 1, NOW),
        lambda own: own.close(NOW, 300),
        lambda own: own.read(),
        lambda own: own.plan(Clock(), Clock()),
        lambda own: own.write_backlog(NEWSLETTER, Backlog(0, (), 0, NOW)),
        lambda own: own.state(NOW),
    ],
)
def test_whatever_dynamodb_does_is_an_outage(ask: Callable[[PaceClock], Any]) -> None:
    def fail(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="dynamodb", error="refused")

    with before_send("dynamodb.*", fail), pytest.raises(Outage):
        ask(process())
