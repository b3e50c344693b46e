"""What one thing to try is, and how it can end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.smoke.target import Target

GUIDE = "docs/first-day-on-aws.md"


class Different(Exception):
    """It is not as it should be."""

    def __init__(self, expected: str, came: object, remedy: str = "") -> None:
        """`remedy`: what to do, if it is something else than the step's `change`."""
        super().__init__(expected)
        self.expected, self.came, self.remedy = expected, str(came), remedy


class Skipped(Exception):
    """It cannot be tried here; the text says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to try."""

    title: str
    """A sentence that is true if all is well."""
    section: str
    """The heading of the guide that it belongs to, as in a link."""
    change: tuple[str, ...]
    """What to change if it is different, each as `file: name`."""
    run: Callable[[Target], str | None]
    """Tries it; returns what is worth telling, if anything. Raises `Different`, `Skipped` and
    `NoAnswer`."""


def step(
    title: str, *, section: str, change: tuple[str, ...]
) -> Callable[[Callable[[Target], str | None]], Step]:
    """Make a `Step` of a function."""
    return lambda run: Step(title, section, change, run)


def expect(fact: object, expected: str, came: object) -> None:
    """Raise `Different` unless it is a fact."""
    if not fact:
        raise Different(expected, came)
