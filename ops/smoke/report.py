"""Tries the steps, and prints a line about each as it ends."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ops.colours import BOLD_RED, GREEN, YELLOW, coloured
from ops.smoke.steps import GUIDE, Different, Skipped
from ops.smoke.wire import NoAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ops.smoke.steps import Step
    from ops.smoke.target import Target

_COLOURS = {"ok": GREEN, "DIFFERENT": BOLD_RED, "skipped": YELLOW}
_COLUMN = 11


def report(target: Target, groups: Mapping[str, Sequence[Step]]) -> dict[str, int]:
    """Try everything; return how many steps ended how."""
    counts = dict.fromkeys(_COLOURS, 0)
    for title, steps in groups.items():
        print(title)
        for step in steps:
            verdict, lines = _tried(step, target)
            counts[verdict] += 1
            label = coloured(verdict.ljust(_COLUMN), _COLOURS[verdict])
            first, *more = lines
            print(f"  {label}{first}", *(" " * (_COLUMN + 2) + line for line in more), sep="\n")
            sys.stdout.flush()
    return counts


def _tried(step: Step, target: Target) -> tuple[str, list[str]]:
    try:
        told = step.run(target)
    except Skipped as skipped:
        return "skipped", [f"{step.title} ({skipped})"]
    except NoAnswer as error:
        return "DIFFERENT", [step.title, *_explained(step, "an answer", str(error))]
    except Different as error:
        lines = _explained(step, error.expected, error.came, error.remedy)
        return "DIFFERENT", [step.title, *lines]
    return "ok", [f"{step.title} ({told})" if told else step.title]


def _explained(step: Step, expected: str, came: str, remedy: str = "") -> Iterator[str]:
    yield f"expected  {expected}"
    yield f"came      {came}"
    yield f"next      {remedy}" if remedy else f"change    {'; '.join(step.change)}"
    yield f"see       {GUIDE}#{step.section}"
