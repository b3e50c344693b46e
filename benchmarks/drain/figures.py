"""The runs of the drain section, and the figures that they give.

Run as `python -m benchmarks.drain.figures SECONDS`: prints, as JSON, the figures that have targets,
and a row for each span of time that was looked at. Each span is so many seconds long.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, TypedDict

from benchmarks.drain.run import run
from benchmarks.drain.scenario import Load, Run, Scenario, percentile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NEW, _SANDBOX = 14.0, 1.0
"""SES's rates for a new account, and for one in the sandbox."""
_A, _B, _C = "a.example", "b.example", "c.example"
_ACCEPTED = 10
"""Seconds in which all mails of a backlog are asked for."""
_STEADY = 90
"""When the backlog has been accepted, and the dispatcher has had a round wherever in a minute it
runs (seconds)."""
_LAST_WAIT = 60
"""How long a run goes on after the last inline mail."""
_SANDBOX_MAILS = 1000


class Row(TypedDict):
    """A span of time in a run. Waits are in seconds, and None if nobody sent inline."""

    what: str
    use_of_rate: float
    tries_per_mail: float
    """Of the whole run."""
    inline_mails: int
    wait_p50_s: float | None
    wait_p99_s: float | None
    wait_most_s: float | None


class Figures(TypedDict):
    """What the section says."""

    ratios: Mapping[str, float]
    rows: Sequence[Row]


def figures(seconds: int) -> Figures:
    """Carry out all runs."""
    parts = [_one_domain(seconds), _two_domains(seconds), _sandbox()]
    return {
        "ratios": {name: figure for part in parts for name, figure in part["ratios"].items()},
        "rows": [row for part in parts for row in part["rows"]],
    }


def _one_domain(seconds: int) -> Figures:
    """50,000 mails of one domain: alone, then beside inline mails of another, then of its own."""
    alone, others, own, ends = (_STEADY + step * seconds for step in range(4))
    found = run(
        Scenario(
            rate=_NEW,
            loads=(
                Load(_A, 50_000, 0, _ACCEPTED),
                Load(_B, 1, others, own, is_inline=True),
                Load(_A, 1, own, ends, is_inline=True),
            ),
            seconds=ends + _LAST_WAIT,
        )
    )
    return {
        "ratios": {
            "drain_use_of_rate": _rounded(found.use(alone, others)),
            "drain_tries_per_mail": _rounded(found.tries_per_mail()),
            "fresh_inline_p99_s": _rounded(percentile(found.waits(_B), 0.99)),
            "fresh_same_domain_p99_s": _rounded(percentile(found.waits(_A), 0.99)),
        },
        "rows": [
            _row("50,000 of one domain at 14/s", found, alone, others),
            _row("… one a second inline of another domain", found, others, own, found.waits(_B)),
            _row("… one a second inline of its own", found, own, ends, found.waits(_A)),
        ],
    }


def _two_domains(seconds: int) -> Figures:
    """One domain with many mails beside one whose mails end: in half of its time, as they share."""
    short = int(_NEW / 2 * (_STEADY + seconds))
    found = run(
        Scenario(
            rate=_NEW,
            loads=(Load(_A, 4 * short, 0, _ACCEPTED), Load(_C, short, 0, _ACCEPTED)),
            seconds=_STEADY + 3 * seconds,
        )
    )
    ended = found.last(_C)
    both = _STEADY, ended - _LAST_WAIT
    after = ended, ended + seconds
    return {
        "ratios": {
            "drain_two_domains_share": _rounded(min(found.shares(*both, (_A, _C)).values())),
            "drain_use_after_one_ends": _rounded(found.use(*after)),
        },
        "rows": [
            _row("two domains", found, *both),
            _row("… after one has ended", found, *after),
        ],
    }


def _sandbox() -> Figures:
    """1,000 mails at one a second."""
    found = run(
        Scenario(
            rate=_SANDBOX,
            loads=(Load(_A, _SANDBOX_MAILS, 0, _ACCEPTED),),
            seconds=2 * _SANDBOX_MAILS / _SANDBOX,
        )
    )
    is_done = len(found.taken) == _SANDBOX_MAILS
    took = found.last() if is_done else float("inf")
    return {
        "ratios": {"sandbox_1000_vs_ideal": _rounded(took * _SANDBOX / _SANDBOX_MAILS)},
        "rows": [_row("1,000 of one domain at 1/s", found, 0, found.last())],
    }


def _row(what: str, found: Run, begins: float, ends: float, waits: Sequence[float] = ()) -> Row:
    p50, p99, most = (
        _rounded(percentile(waits, share)) if waits else None for share in (0.5, 0.99, 1.0)
    )
    return {
        "what": what,
        "use_of_rate": _rounded(found.use(begins, ends)),
        "tries_per_mail": _rounded(found.tries_per_mail()),
        "inline_mails": len(waits),
        "wait_p50_s": p50,
        "wait_p99_s": p99,
        "wait_most_s": most,
    }


def _rounded(figure: float) -> float:
    return round(figure, 3)


if __name__ == "__main__":
    print(json.dumps(figures(int(sys.argv[1]))))
