"""What is told of a waiting mail's turn: how far away it is, in words, and if it comes too late."""

import pytest
from support.records import DAY, NOW, waiting

from core.message import expectation
from core.message.pace import Backlog, marks_of

REASON = "The account's sending quota is used up."
LATE = " Its time is over before that: it would be given up then."
MINUTE, HOUR = 60, 3600


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (-5, "1 minute"),
        (0, "1 minute"),
        (1, "1 minute"),
        (MINUTE, "1 minute"),
        (MINUTE + 1, "2 minutes"),
        (12 * MINUTE, "12 minutes"),
        (120 * MINUTE, "120 minutes"),
        (120 * MINUTE + 1, "3 hours"),
        (3 * HOUR, "3 hours"),
        (3 * HOUR + 1, "4 hours"),
        (24 * HOUR, "24 hours"),
    ],
)
def test_a_turn_is_told_in_minutes_and_beyond_two_hours_in_hours(seconds, told):
    record = waiting(next_attempt_at=NOW + seconds)

    assert expectation.of_turn(record, NOW) == f"Waits for its turn, expected within {told}."


def test_a_turn_after_the_mails_time_says_that_the_mail_would_be_given_up():
    record = waiting(next_attempt_at=NOW + 2 * HOUR, retry_until=NOW + 2 * HOUR)
    in_time = "Waits for its turn, expected within 120 minutes."
    assert expectation.of_turn(record, NOW) == in_time

    record = waiting(next_attempt_at=NOW + 2 * HOUR, retry_until=NOW + 2 * HOUR - 1)
    assert expectation.of_turn(record, NOW) == in_time + LATE


def test_in_a_list_the_turn_follows_from_how_many_are_before_it():
    record = waiting()
    backlog = Backlog(waiting=600, marks=marks_of([record.id] * 2), per_hour=600, counted_at=NOW)
    assert backlog.minutes_before(record.id, NOW) == 1

    alone = backlog._replace(marks=())  # Nobody knows where in the list it is: at its end.
    assert expectation.of_lined_up(record, backlog, NOW).endswith("within 1 minute.")
    assert expectation.of_lined_up(record, alone, NOW).endswith("within 61 minutes.")
    assert expectation.of_lined_up(record, alone._replace(waiting=100_000), NOW).endswith(LATE)


@pytest.mark.parametrize(
    ("age", "told"),
    [
        (0, "Waits for its turn, expected within 2 minutes."),
        (119, "Waits for its turn, expected within 2 minutes."),
        (120, "Waits for its turn."),
    ],
)
def test_a_list_that_was_not_counted_yet_says_little(age, told):
    assert expectation.of_lined_up(waiting(created_at=NOW - age), None, NOW) == told


def test_a_list_that_does_not_move_says_nothing_of_when():
    backlog = Backlog(waiting=1, marks=(), per_hour=0, counted_at=NOW)

    assert expectation.of_lined_up(waiting(), backlog, NOW) == "Waits for its turn."


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (5 * MINUTE + 1, f"{REASON} Waits for its turn, expected within 6 minutes."),
        (5 * HOUR, f"{REASON} Waits for its turn, expected within 5 hours."),
        (DAY, f"{REASON} Waits for its turn, expected within 24 hours."),
        (DAY + 1, f"{REASON} Waits for its turn, expected within 25 hours.{LATE}"),
    ],
)
def test_a_used_up_day_says_in_how_many_hours_it_frees(seconds, told):
    assert expectation.of_closed(waiting(), REASON, NOW + seconds, NOW) == told


@pytest.mark.parametrize("seconds", [1, 5 * MINUTE])
def test_as_long_as_nobody_knows_when_the_day_frees_no_time_is_named(seconds):
    """Five minutes are what SES's refusal alone stops the turns for."""
    told = "The account's sending quota is used up: the mail waits until it frees."

    assert expectation.of_closed(waiting(), REASON, NOW + seconds, NOW) == told
    assert expectation.of_refused(REASON, NOW + seconds, NOW) == told


def test_whose_mail_is_refused_for_the_day_hears_when_that_frees():
    told = expectation.of_refused(REASON, 1_800_003_600 + 2 * HOUR, NOW)

    assert told == f"{REASON} It frees at about 11:00 UTC."
