"""Everything that the doctor looks at, in groups that can be asked for one by one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ops.doctor.account import account
from ops.doctor.findings import Finding, warning
from ops.doctor.subject import NotRead, Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ops.stack import Stack

type Check = Callable[[Subject], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Group:
    """Checks under one title. What one of them cannot read ends that one only."""

    title: str
    checks: tuple[Check, ...]


WITHOUT_MAIL = (Group("Account", (account,)),)
GROUPS = WITHOUT_MAIL


def examine(stack: Stack, groups: Sequence[Group] = GROUPS) -> Iterator[Finding]:
    """Yield what is found, as soon as it is, in the order of the groups."""
    subject = Subject(stack)
    for group in groups:
        for check in group.checks:
            for finding in _careful(check, subject):
                yield replace(finding, group=group.title)


def _careful(check: Check, subject: Subject) -> Iterator[Finding]:
    try:
        yield from check(subject)
    except NotRead as error:
        yield warning(
            f"{check.__name__.replace('_', ' ').capitalize()} could not be read: {error}."
        )
