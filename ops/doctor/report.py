"""How findings are printed."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING

from ops.colours import BOLD_RED, GREEN, YELLOW, coloured
from ops.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ops.doctor.findings import Finding
    from ops.progress import Progress

_LABELS = {"ok": "ok", "warning": "warning", "failure": "FAILURE"}
_COLOURS = {"ok": GREEN, "warning": YELLOW, "failure": BOLD_RED}
_COLUMN, _WIDTH = 9, 100


def report(findings: Iterable[Finding], progress: Progress | None = None) -> Counter[str]:
    """Print findings as they come, by group; return how many there are of each kind.

    Kinds are the levels, and `unread` for what could not be looked at. What `progress` shows gives
    way to each.
    """
    group, counts = "", Counter[str]()
    for finding in findings:
        if progress:
            progress.clear()
        if finding.group != group:
            print(f"{finding.group}", flush=True)
            group = finding.group
        print(*_lines(finding), sep="\n", flush=True)
        counts["unread" if finding.is_unread else finding.level] += 1
    if progress:
        progress.clear()
    return counts


def closing(counts: Counter[str]) -> str:
    """Return the line at the end."""
    return (
        f"{counts['ok']} ok, {counted(counts['warning'], 'warning')},"
        f" {counted(counts['failure'], 'failure')}, {counts['unread']} not looked at"
    )


def _lines(finding: Finding) -> Iterator[str]:
    """Break a sentence into lines; what is to be copied stays in one, however long."""
    label = coloured(_LABELS[finding.level].ljust(_COLUMN), _COLOURS[finding.level])
    first, *more = textwrap.wrap(finding.what, _WIDTH - _COLUMN - 2, break_on_hyphens=False)
    yield f"  {label}{first}"
    yield from (" " * (_COLUMN + 2) + line for line in more)
    yield from (" " * (_COLUMN + 4) + line for line in finding.remedy)
