"""Turns are shared by recipients, and a turn's time reaches the queue (`message/pace.py`)."""

from collections import Counter
from itertools import islice, repeat

import pytest

from core.message.pace import WaitingList, delay_of, in_turn

MANY, FEW, FAST = (
    WaitingList("slow", "a.example"),
    WaitingList("slow", "b.example"),
    WaitingList("fast", "c.example"),
)


def test_a_list_of_mails_with_many_recipients_gets_no_more_turns_than_another() -> None:
    lists = {MANY: repeat(20), FEW: repeat(1)}
    turns: Counter[WaitingList] = Counter()

    for each, recipients in islice(in_turn(lists, size=lambda it: it), 2_100):
        turns[each] += recipients

    assert abs(turns[MANY] - turns[FEW]) <= 20


def test_the_fast_lane_has_four_times_as_many_whatever_the_sizes() -> None:
    lists = {MANY: repeat(3), FAST: repeat(5)}
    turns: Counter[WaitingList] = Counter()

    for each, recipients in islice(in_turn(lists, size=lambda it: it), 5_000):
        turns[each] += recipients

    assert turns[FAST] / turns[MANY] == pytest.approx(4, rel=0.01)


def test_a_list_alone_gets_every_turn_however_large_its_mails_are() -> None:
    lists = {MANY: iter([50, 50, 1])}

    assert [size for _, size in in_turn(lists, size=lambda it: it)] == [50, 50, 1]


@pytest.mark.parametrize(
    ("at", "now", "rate", "delay"),
    [
        (110.0, 100.4, 14.0, 10),
        (109.8, 100.4, 14.0, 9),
        (110.2, 99.6, 14.0, 11),
        (99.0, 100.4, 14.0, 0),
        (110.25, 100.5, 4.0, 9.75),
        (110.0, 100.5, 4.0, 9.5),
    ],
)
def test_a_turn_is_kept_to_the_second_or_exactly_if_few_go_out(
    at: float, now: float, rate: float, delay: float
) -> None:
    assert delay_of(at, now, rate) == delay
