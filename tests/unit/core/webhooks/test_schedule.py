"""When a delivery is tried again."""

import pytest
from support.records import NOW

from core.webhooks import schedule
from core.webhooks.schedule import LONGEST_PAUSE, PAUSE_SECONDS, STEPS

MIDDLE = 0.5
"""The chance by which a step is as long as it is said to be."""
HOUR = 3600


def after(tries: int, jitter: float = MIDDLE, retry_after: int = 0, status: int = 500) -> int:
    at = schedule.next_at(tries, NOW, jitter, status, retry_after)
    assert at is not None
    return at - NOW


def test_ten_tries_take_seventy_five_hours_and_a_half() -> None:
    steps = [after(tries) for tries in range(1, 10)]

    assert steps == [5, 300, 1800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR]
    assert round(sum(steps) / HOUR, 1) == 75.6
    assert STEPS[0] == 0
    assert len(STEPS) == 10


@pytest.mark.parametrize("tries", [10, 11, 99])
@pytest.mark.parametrize("retry_after", [0, 60])
def test_after_the_tenth_there_is_none(tries: int, retry_after: int) -> None:
    assert schedule.next_at(tries, NOW, MIDDLE, 500, retry_after) is None


@pytest.mark.parametrize("tries", range(1, 10))
def test_a_step_is_up_to_a_fifth_shorter_or_longer_and_never_less_than_a_second(tries: int) -> None:
    shortest, longest = after(tries, 0.0), after(tries, 1 - 2**-53)

    assert shortest == max(1, round(0.8 * STEPS[tries]))
    assert longest == round(1.2 * STEPS[tries])


@pytest.mark.parametrize(
    ("tries", "asked", "waits"),
    [
        (2, 0, 300),
        (2, 100, 300),  # Less than the step: the step.
        (2, 450, 450),
        (2, 600, 600),
        (2, 601, 600),  # More than twice the step.
        (2, 2**31, 600),
        (1, 3600, 10),
    ],
)
def test_what_the_receiver_asks_for_is_honoured_up_to_twice_the_step(
    tries: int, asked: int, waits: int
) -> None:
    assert after(tries, retry_after=asked) == waits


@pytest.mark.parametrize("status", sorted(schedule.SLOW))
def test_a_receiver_that_does_not_keep_up_is_given_a_minute_at_least(status: int) -> None:
    assert after(1, 0.0, status=status) == PAUSE_SECONDS
    assert after(1, 1 - 2**-53, status=status) == round(1.2 * PAUSE_SECONDS)
    assert after(1, retry_after=1000, status=status) == 2 * PAUSE_SECONDS
    assert after(3, status=status) == 1800


@pytest.mark.parametrize("status", [500, 503, 404, 301, 0])
def test_any_other_failure_is_no_reason_to_wait_for_longer(status: int) -> None:
    assert after(1, status=status) == 5
    assert schedule.paused_until(NOW, status, "Status", 600) == 0


@pytest.mark.parametrize(
    ("asked", "paused"),
    [(0, PAUSE_SECONDS), (30, PAUSE_SECONDS), (120, 120), (900, 900), (901, LONGEST_PAUSE)],
)
@pytest.mark.parametrize(
    ("status", "error"), [(429, "Status"), (502, "Status"), (504, "Status"), (0, "Timeout")]
)
def test_all_that_is_for_a_slow_receiver_waits_for_as_long_as_it_asks(
    status: int, error: str, asked: int, paused: int
) -> None:
    assert schedule.paused_until(NOW, status, error, asked) == NOW + paused
