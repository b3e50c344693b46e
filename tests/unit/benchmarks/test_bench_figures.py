"""Many measurements become few figures, and the figures tell what was measured."""

import pytest

from benchmarks.aws.client import Call, depth
from benchmarks.measure.figures import paired_ratio, summary
from benchmarks.measure.growth import fit


def test_a_summary_has_the_median_and_the_spread() -> None:
    assert summary([4, 1, 3, 2, 100]) == {"median": 3, "min": 1, "q1": 2, "q3": 4, "n": 5}


def test_a_single_measurement_has_no_spread() -> None:
    assert summary([7]) == {"median": 7, "min": 7, "q1": 7, "q3": 7, "n": 1}


def test_a_slow_round_that_slows_both_changes_no_paired_ratio() -> None:
    assert paired_ratio([2, 20, 2], [1, 10, 1]) == 2


def test_what_was_not_measured_together_has_no_ratio() -> None:
    with pytest.raises(ValueError, match="zip"):
        paired_ratio([1, 2], [1])


@pytest.mark.parametrize(
    ("times", "deep"),
    [
        ([], 0),
        ([(0, 2)], 1),
        ([(0, 2), (2, 4), (4, 6)], 3),
        ([(0, 2), (0, 2), (1, 3)], 1),
        ([(0, 5), (0, 2), (2, 4), (5, 7)], 3),  # Two short calls beside a long one, then one.
        ([(0, 9), (1, 2), (3, 4), (5, 6)], 3),
    ],
)
def test_the_depth_is_the_longest_chain_of_calls_that_waited_for_each_other(
    times: list[tuple[float, float]], deep: int
) -> None:
    calls = [Call("GetItem", begun, ended, 100) for begun, ended in times]

    assert depth(calls) == deep
    assert depth(calls[::-1]) == deep


def test_costs_on_a_line_fit_it() -> None:
    straight = fit({0: 10, 1: 15, 2: 20, 4: 30})

    assert (straight.largest_deviation, straight.second_half_over_first) == (0, 1)


def test_costs_that_grow_with_the_square_do_not() -> None:
    square = fit({0: 10, 1: 11, 2: 14, 4: 26})

    assert square.largest_deviation > 0.2
    assert square.second_half_over_first == 3
