"""Whether a mail's cost grows as the mail does: its attachments, and its recipients."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.measure.warm import OURS, Running
from benchmarks.subjects import payloads
from benchmarks.subjects.packages import FLOOR

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.aws.client import Aws
    from benchmarks.measure.scale import Scale

MEGABYTES = (0, 1, 2, 3, 4)
"""An attachment of 0 MB has one byte: having one at all takes a call more, which is no growth."""
RECIPIENTS = (1, 10, 25, 50)


SUBJECTS = (OURS, FLOOR)

type Run = tuple[str, str]
"""A series' name and a function's."""
type Costs = Mapping[int, Sequence[float]]
"""Milliseconds of a mail by its size."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How straight a series of costs is."""

    largest_deviation: float
    """From the line between its ends, as a share of the line there."""
    second_half_over_first: float
    """What a unit costs in the upper half of the range, by what it costs in the lower."""


def fit(costs: Mapping[int, float]) -> Fit:
    """Measure the straightness of costs by size; needs three sizes that rise, or more."""
    sizes = sorted(costs)
    first, last = sizes[0], sizes[-1]
    slope = (costs[last] - costs[first]) / (last - first)
    deviations = []
    for size in sizes:
        line = costs[first] + slope * (size - first)
        deviations.append(abs(costs[size] - line) / line)
    middle = min(sizes[1:-1], key=lambda size: abs(size - (first + last) / 2))
    lower = (costs[middle] - costs[first]) / (middle - first)
    upper = (costs[last] - costs[middle]) / (last - middle)
    return Fit(round(max(deviations), 3), round(upper / lower, 3))


def measure(aws: Aws, scale: Scale, say: Callable[[str], None]) -> Mapping[Run, Costs]:
    """Return the processor's milliseconds of one mail by MB of attachment and by recipients.

    The floor is measured too: what it cannot help is the SDK's, or the machine's.
    """
    aws.set()
    attached = {mb: payloads.mail(max(1, mb * 1_000_000)) for mb in MEGABYTES}
    addressed = {count: payloads.mail(recipients=count) for count in RECIPIENTS}
    series = (
        ("attachment_mb", attached, scale.attachment_steps),
        ("recipients", addressed, scale.recipient_steps),
    )
    costs: dict[Run, dict[int, Sequence[float]]] = {}
    with Running(aws, SUBJECTS, payloads.in_json(payloads.mail(1000))) as running:
        for name, mails, rounds in series:
            say(f"growth, {name}")
            runs = {
                (subject.name, size): (subject.name, payloads.in_json(mail))
                for size, mail in mails.items()
                for subject in SUBJECTS
            }
            for (subject, size), measured in running.compare(runs, rounds).items():
                costs.setdefault((name, subject), {})[size] = measured.cpu_ms
    return costs


def fit_of(costs: Costs) -> Fit:
    """Fit the medians of what was measured."""
    return fit({size: median(values) for size, values in costs.items()})
