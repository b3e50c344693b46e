"""Laws of the pace: whose turn it is, how long a turn is, and how far away one is."""

import math
import os
from collections import Counter
from itertools import accumulate, count, islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.message import pace
from core.message.ids import ALPHABET, is_id, made_at
from core.message.pace import TURNS, Backlog, WaitingList, in_turn, marks_of

NOW = 1_800_000_000
law = settings(deadline=None, max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "100")))
rates = st.floats(0.1, 10_000)
lists = st.builds(
    WaitingList,
    st.sampled_from(["fast", "slow"]),
    st.sampled_from(["a.example", "a.example.com", "a-b.example", "b.example", "z.example"]),
)


def id_at(milliseconds, last=0):
    """Make an id as if it had been made then (`ids.new_id`)."""
    number = milliseconds << 80 | last
    made = "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
    assert is_id(made)
    return made


# ---- in_turn


@law
@given(st.dictionaries(lists, st.integers(0, 30)), st.none() | lists)
def test_each_waiting_mail_gets_one_turn_and_each_list_keeps_its_order(lengths, last):
    waiting = {each: iter(range(length)) for each, length in lengths.items()}

    got = {each: [] for each in lengths}
    for each, one in in_turn(waiting, last):
        got[each].append(one)
    assert got == {each: [*range(length)] for each, length in lengths.items()}


@law
@given(st.dictionaries(lists, st.integers(1, 30), min_size=2), st.none() | lists)
def test_as_long_as_two_lists_have_mails_neither_gets_ahead_by_more_than_its_turns(lengths, last):
    given_out = Counter(dict.fromkeys(lengths, 0))
    for each, _ in in_turn({one: iter(range(n)) for one, n in lengths.items()}, last):
        given_out[each] += 1
        live = [one for one in lengths if given_out[one] < lengths[one]]
        rounds = [given_out[one] / TURNS[one.lane] for one in live]
        assert max(rounds, default=0) - min(rounds, default=0) <= 1


def test_a_mail_that_somebody_waits_for_gets_four_turns_for_each_one_of_another():
    fast, slow = WaitingList("fast", "b.example"), WaitingList("slow", "a.example")

    order = [each.lane for each, _ in islice(in_turn({slow: count(), fast: count()}), 12)]
    assert order == ["fast"] * 4 + ["slow"] + ["fast"] * 4 + ["slow"] + ["fast"] * 2


@law
@given(
    st.sets(lists, min_size=1),
    st.integers(1, 12),
    st.none() | lists,
)
def test_if_there_are_more_lists_than_turns_none_always_goes_without(names, most, last):
    """A round has so many turns; the next goes on behind the list that came last."""
    needed = sum(TURNS[each.lane] for each in names)
    rounds = math.ceil(needed / most) + len(names)
    got = Counter()
    for _ in range(rounds):
        for each, _ in islice(in_turn({one: count() for one in names}, last), most):
            got[each] += 1
            last = each
    assert got.keys() == names


@law
@given(st.sets(lists, min_size=1), st.integers(0, 40), st.none() | lists)
def test_a_list_is_read_no_further_than_its_turns_need(names, most, last):
    """A list may be very long, and each page of it is a query."""
    read, got = Counter(), Counter()

    def reading(name):
        for one in count():
            read[name] += 1
            yield one

    for each, _ in islice(in_turn({name: reading(name) for name in names}, last), most):
        got[each] += 1
    assert all(read[each] - got[each] < TURNS[each.lane] for each in names)
    assert all(read[each] == 0 for each in names if not got[each])


def test_nobody_waits_and_nobody_has_a_turn():
    assert [*in_turn({})] == []
    assert [*in_turn({WaitingList("slow", "a.example"): iter(())})] == []


# ---- how long a turn is


@law
@given(rates)
def test_nearly_all_of_the_rate_is_given_out(rate):
    assert 1 / pace.seconds_each(rate) == pytest.approx(0.97 * rate)


@law
@given(rates, st.lists(st.tuples(st.integers(0, 100_000), st.floats(0, 4000)), max_size=20))
def test_what_is_sent_beside_the_plan_leaves_a_tenth_to_those_who_wait(rate, rounds):
    unplanned = 0.0
    for throttled, seconds in rounds:
        unplanned = pace.unplanned_now(unplanned, throttled, seconds, rate)
        assert 0 <= unplanned <= 0.9 * 0.97 * rate
        assert 1 / pace.seconds_each(rate, unplanned) >= 0.0969 * rate


@law
@given(rates, st.floats(0, 0.8), st.floats(1, 500), st.floats(1, 500))
def test_what_was_sent_beside_the_plan_is_forgotten_with_time_however_it_is_cut(
    rate, part, first, second
):
    before = part * rate
    at_once = pace.unplanned_now(before, 0, first + second, rate)
    later = pace.unplanned_now(before, 0, first, rate)

    assert later <= before
    assert pace.unplanned_now(later, 0, second, rate) == pytest.approx(at_once)


def test_each_refusal_is_the_place_of_a_mail_that_was_sent_beside_the_plan():
    assert pace.unplanned_now(0.0, 30, 10, 14.0) == 3.0
    assert pace.unplanned_now(5.0, 30, 10, 14.0) == 7.0  # Four fifths of the five are left.
    assert pace.unplanned_now(0.0, 3, 0.1, 14.0) == 3.0  # Two rounds at once are no flood.
    assert pace.unplanned_now(0.0, 10_000, NOW, 14.0) < 0.001  # Since ever.


@pytest.mark.parametrize(("rate", "counts"), [(1.0, 0.2), (2.0, 0.2), (5.0, 0.5), (10.0, 1.0)])
def test_at_a_low_rate_a_refusal_stands_for_fewer_mails(rate, counts):
    assert pace.unplanned_now(0.0, 1, 10, rate) == pytest.approx(counts / 10)


def test_four_of_five_mails_with_an_exact_turn_give_way():
    assert [pace.gives_way(NOW + second + 0.5) for second in range(5)].count(True) == 4


@law
@given(st.floats(0, 2 * NOW), rates)
def test_a_turn_is_kept_to_the_second_or_exactly_where_seconds_count(at, rate):
    on_time = pace.on_time(at, rate)

    assert on_time == (at if rate < 5 else math.floor(at))


# ---- how far away one is


@st.composite
def backlogs(draw):
    marks = draw(st.lists(st.integers(1, NOW * 1000), max_size=33))
    return Backlog(
        waiting=draw(st.integers(0, 100_000)),
        marks=tuple(sorted(marks)),
        per_hour=draw(st.integers(1, 100_000)),
        counted_at=NOW,
    )


ages = st.integers(1, NOW * 1000)


@law
@given(backlogs(), ages, st.floats(0, 1000))
def test_a_turn_is_never_in_the_past(backlog, made, later):
    assert (backlog.minutes_before(id_at(made), NOW + later) or 0) >= 1


@law
@given(backlogs(), ages, ages, st.floats(0, 1000))
def test_who_came_earlier_waits_no_longer(backlog, one, other, later):
    first, second = sorted((one, other))
    in_minutes = [backlog.minutes_before(id_at(made), NOW + later) for made in (first, second)]

    assert in_minutes == sorted(in_minutes)


@law
@given(backlogs(), ages, st.floats(0, 1000), st.floats(0, 1000))
def test_with_time_a_turn_comes_nearer(backlog, made, one, other):
    first, second = sorted((one, other))
    minutes = [backlog.minutes_before(id_at(made), NOW + later) for later in (first, second)]

    assert minutes == sorted(minutes, reverse=True)


@law
@given(
    st.lists(st.integers(1, 1_000_000), min_size=1, max_size=300), st.data(), st.integers(1, 5000)
)
def test_what_is_told_is_enough_if_the_list_moves_as_it_did_and_not_much_too_much(
    gaps, data, per_hour
):
    ids = [id_at(1_700_000_000_000 + at) for at in accumulate(gaps)]
    place = data.draw(st.integers(0, len(ids) - 1))
    backlog = Backlog(len(ids), marks_of(ids), per_hour, NOW)

    told = backlog.minutes_before(ids[place], NOW)
    needed = 60 / per_hour
    step = len(ids) / max(1, len(backlog.marks) - 1)
    assert told is not None
    assert place * needed <= told <= (place + 2 * step + 1) * needed + 2


def test_nobody_knows_when_a_list_moves_that_does_not_move():
    assert Backlog(5, (), 0, NOW).minutes_before(id_at(1), NOW) is None


# ---- marks


@law
@given(st.lists(st.integers(1, NOW * 1000)), st.integers(2, 40))
def test_marks_are_of_the_oldest_and_the_newest_and_of_few_between(times, most):
    times.sort()
    marks = marks_of([id_at(each) for each in times], most)

    assert len(marks) == min(most, len(times))
    assert [*marks] == sorted(marks)
    assert {*marks} <= {*times}
    assert marks[:1] + marks[-1:] == tuple(times[:1] + times[-1:])


def test_marks_are_at_even_distances():
    assert marks_of([id_at(at) for at in range(1, 102)], 5) == (1, 26, 51, 76, 101)


def test_an_id_tells_when_it_was_made():
    assert made_at(id_at(1_700_000_000_123)) == 1_700_000_000.123
