"""Many measurements made few: medians, spreads, and ratios of what was measured side by side."""

from __future__ import annotations

from statistics import median, quantiles
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Sequence


class Summary(TypedDict):
    """The spread of one figure."""

    median: float
    min: float
    q1: float
    q3: float
    n: int


def summary(values: Sequence[float]) -> Summary:
    """Sum up at least one measurement."""
    first, _, third = quantiles(values, n=4, method="inclusive")
    return {
        "median": round(median(values), 3),
        "min": round(min(values), 3),
        "q1": round(first, 3),
        "q3": round(third, 3),
        "n": len(values),
    }


def paired_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the ratios of each pair.

    A pair was measured at the same time, so what slows the machine down for a while slows both.
    """
    pairs = zip(ours, theirs, strict=True)
    return round(median(mine / other for mine, other in pairs), 3)
