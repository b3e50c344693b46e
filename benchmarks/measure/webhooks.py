"""What a webhook costs: an event on its way from the table's stream to its receiver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.aws import scene
from benchmarks.aws.answers import RECEIVER
from benchmarks.measure.warm import Measured, Running
from benchmarks.subjects import packages, payloads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.aws.client import Aws

OUTBOX, CALLER = packages.ours("webhooks_out"), packages.ours("webhook")
FLOOR = packages.FLOOR_EVENTS
CHANGE, DELIVERY = "webhooks_out_record_changed", "webhook_delivery"


def measure(aws: Aws, rounds: int, say: Callable[[str], None]) -> Mapping[str, Measured]:
    """Let a change become a delivery, and the delivery a call, beside the floor of an event.

    An endpoint wants everything, and its receiver is in our AWS: without TLS. By function.
    """
    say("webhooks")
    aws.set(items=scene.told(aws.url + RECEIVER))
    events = {
        OUTBOX.name: payloads.event(CHANGE),
        CALLER.name: payloads.event(DELIVERY),
        FLOOR.name: payloads.deliveries(1),
    }
    with Running(aws, (OUTBOX, CALLER, FLOOR), events) as running:
        measured = running.compare({name: (name, event) for name, event in events.items()}, rounds)
    aws.set()
    return measured


def cpu_ms(measured: Mapping[str, Measured]) -> Sequence[float]:
    """Return what an event takes of the processor in both functions, round by round."""
    pairs = zip(measured[OUTBOX.name].cpu_ms, measured[CALLER.name].cpu_ms, strict=True)
    return [outbox + caller for outbox, caller in pairs]
