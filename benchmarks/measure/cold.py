"""Cold starts: from the birth of a process to its readiness, and to its first answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks.aws import scene
from benchmarks.measure.sandbox import Sandbox, check
from benchmarks.subjects import packages, payloads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.aws.client import Aws
    from benchmarks.subjects.packages import Subject

OURS = ("api", "resend", "ses_events", "sweep", "metadata")
_FIGURES = ("ready_cpu_ms", "ready_wall_ms", "first_cpu_ms", "first_wall_ms")


@dataclass(slots=True)
class Case:
    """A function, its first event, what is in the table then, and what has been measured."""

    subject: Subject
    event: bytes
    items: Mapping[str, Any] = field(default_factory=dict)
    measured: dict[str, list[float]] = field(default_factory=lambda: {f: [] for f in _FIGURES})


def cases() -> list[Case]:
    """Return every function, ours and the others, with the first event that it gets."""
    small = payloads.payload(payloads.SMALL, "JSON").event
    delivery, stored = payloads.deliveries(1), scene.sent()
    ours = {
        "api": (small, {}),
        "resend": (payloads.event("resend_retry"), scene.waiting()),
        "ses_events": (delivery, stored),
        "sweep": (payloads.event("sweep_schedule"), {}),
        "metadata": (payloads.event("metadata_page"), {}),
    }
    return [
        Case(packages.EMPTY, small),
        Case(packages.FLOOR, small),
        Case(packages.FLOOR_EVENTS, delivery, stored),
        Case(packages.TYPICAL, small),
        *(Case(packages.ours(name), *ours[name]) for name in OURS),
    ]


def measure(aws: Aws, rounds: int, say: Callable[[str], None]) -> list[Case]:
    """Start every function once a round, in turn; the first round only warms the disk's cache."""
    measured = cases()
    for number in range(rounds + 1):
        say(f"cold start, round {number} of {rounds}")
        for case in measured:
            aws.set(items=case.items)
            figures = _start(case, aws.url)
            if number:
                for name, value in figures.items():
                    case.measured[name].append(value)
    return measured


def _start(case: Case, url: str) -> dict[str, float]:
    with Sandbox(case.subject, url) as sandbox:
        ready = sandbox.ready()
        first = sandbox.invoke(case.event)
        check(case.subject.name, first.answer)
        # The processor's clock begins with the process, the wall's with the call that starts it.
        walls = (ready.wall - sandbox.started, first.answered.wall - sandbox.started)
        figures = (ready.cpu, walls[0], first.answered.cpu, walls[1])
        return {name: ns / 1e6 for name, ns in zip(_FIGURES, figures, strict=True)}
