"""The command: which stack, what of it is tried, and whether all was as it should be."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ops.smoke import exchanges, formats, outcomes, refusals, sizes
from ops.smoke.report import report
from ops.smoke.target import Target

if TYPE_CHECKING:
    from ops.stack import Stack

GROUPS = {
    "Sending": outcomes.BEGIN,
    "Refusals": refusals.STEPS,
    "Sizes": sizes.STEPS,
    "Formats": formats.STEPS,
    "Repeats and batches": exchanges.STEPS,
    "What became of the first mails": outcomes.END,
}
"""The mails whose outcome takes time go first, and are asked for at the end."""


def run(stack: Stack) -> int:
    """Return the exit status: 1 if anything is different."""
    counts = report(Target.of(stack), GROUPS)
    print(", ".join(f"{number} {verdict.lower()}" for verdict, number in counts.items()))
    if not (number := counts["DIFFERENT"]):
        return 0
    print(f"{number} different: see docs/first-day-on-aws.md.", file=sys.stderr)
    return 1
