"""Examine a stack and its account; what is wrong is printed with what mends it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from ops.doctor.groups import GROUPS, WITHOUT_MAIL, examine
from ops.doctor.report import closing, report
from ops.progress import Progress
from ops.tables import print_json

if TYPE_CHECKING:
    from ops.stack import Stack


def run(stack: Stack, *, sends_mail: bool, dns: str, as_json: bool) -> int:
    """Return the exit status: 1 if anything has failed. Warnings do not count."""
    progress = Progress()
    groups = GROUPS if sends_mail else WITHOUT_MAIL
    findings = examine(stack, groups, dns=dns, progress=progress)
    if as_json:
        found = list(findings)
        progress.clear()
        print_json([asdict(finding) for finding in found])
        return 1 if any(finding.level == "failure" for finding in found) else 0
    counts = report(findings, progress)
    print(closing(counts))
    return 1 if counts["failure"] else 0
