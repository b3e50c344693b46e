"""What an event of SES costs, in batches of the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.aws import scene
from benchmarks.measure.warm import Measured, Running
from benchmarks.subjects import packages, payloads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.aws.client import Aws

OURS = packages.ours("ses_events")
FLOOR = packages.FLOOR_EVENTS

type Run = tuple[int, str]
"""A batch's size and a function's name."""


def measure(
    aws: Aws, batches: Mapping[int, int], say: Callable[[str], None]
) -> dict[Run, Measured]:
    """Hand over batches of deliveries; each finds its message sent, as the service stores it."""
    aws.set(items=scene.sent())
    measured: dict[Run, Measured] = {}
    with Running(aws, (OURS, FLOOR), payloads.deliveries(1)) as running:
        for size, rounds in batches.items():
            say(f"events, {size} at a time")
            batch = payloads.deliveries(size)
            runs = {(size, subject.name): (subject.name, batch) for subject in (OURS, FLOOR)}
            measured |= running.compare(runs, rounds)
    return measured
