"""A batch of a hundred mails: how long its caller waits when AWS takes its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.measure.warm import OURS, Running
from benchmarks.subjects import payloads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.aws.client import Aws
    from benchmarks.measure.scale import Scale

MAILS = 100
LATENCY_MS = 20


def batch_seconds(aws: Aws, scale: Scale, say: Callable[[str], None]) -> Sequence[float]:
    """Return the seconds from a batch's request to its answer, round by round."""
    say(f"a batch of {MAILS} mails, AWS takes {LATENCY_MS} ms")
    aws.set(latency_ms=LATENCY_MS)
    runs = {"batch": (OURS.name, payloads.batch(MAILS))}
    with Running(aws, [OURS], payloads.payload(payloads.SMALL, "JSON").event) as running:
        measured = running.compare(runs, scale.mail_batches)["batch"]
    aws.set()
    return [ms / 1000 for ms in measured.wall_ms]
