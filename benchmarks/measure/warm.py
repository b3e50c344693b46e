"""Warm requests: functions that have started are handed mails in turn, again and again."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from benchmarks.aws.client import depth
from benchmarks.measure.figures import summary
from benchmarks.measure.sandbox import Sandbox, check
from benchmarks.subjects import packages, payloads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from benchmarks.aws.client import Aws, Call
    from benchmarks.measure.sandbox import Invocation
    from benchmarks.measure.scale import Scale
    from benchmarks.subjects.packages import Subject
    from benchmarks.subjects.payloads import Payload

OURS = packages.ours("api")
SUBJECTS = (OURS, packages.FLOOR, packages.TYPICAL)
LATENCIES_MS = (0, 5, 20)
_GROUPS = ((payloads.SMALL, payloads.FILES), (payloads.ONE_MB, payloads.FOUR_MB))
_UNCOUNTED = 3

type Run = tuple[str, str]
"""A mail's name and a function's."""


@dataclass(slots=True)
class Measured:
    """What one function took for one event, request by request."""

    cpu_ms: list[float] = field(default_factory=list)
    wall_ms: list[float] = field(default_factory=list)
    calls: list[Sequence[Call]] = field(default_factory=list)

    def add(self, invocation: Invocation, calls: Sequence[Call]) -> None:
        """Note a request: the processor's time until the next, the wall's until the answer."""
        self.cpu_ms.append((invocation.ended.cpu - invocation.begun.cpu) / 1e6)
        self.wall_ms.append((invocation.answered.wall - invocation.begun.wall) / 1e6)
        self.calls.append(calls)

    def result(self) -> dict[str, Any]:
        """Sum up."""
        return {
            "cpu_ms": summary(self.cpu_ms),
            "wall_ms": summary(self.wall_ms),
            "aws_calls": summary([len(calls) for calls in self.calls]),
            "aws_calls_in_series": summary([depth(calls) for calls in self.calls]),
            "bytes_to_aws": summary([sum(c.received for c in calls) for calls in self.calls]),
        }


class Running:
    """Functions that are kept running, to be compared. Use as a context manager."""

    def __init__(
        self, aws: Aws, functions: Iterable[Subject], first: bytes | Mapping[str, bytes]
    ) -> None:
        """Start them, each with a `first` event that does not count: one for all, or by name."""
        self._aws, self._stack = aws, ExitStack()
        self._sandboxes: dict[str, Sandbox] = {}
        for subject in functions:
            sandbox = self._stack.enter_context(Sandbox(subject, aws.url))
            sandbox.ready()
            sandbox.invoke(first if isinstance(first, bytes) else first[subject.name])
            self._sandboxes[subject.name] = sandbox

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def compare[Key](
        self, runs: Mapping[Key, tuple[str, bytes]], count: int
    ) -> dict[Key, Measured]:
        """Hand each function its event, one run after the other, `count` times around."""
        measured = {key: Measured() for key in runs}
        for number in range(-_UNCOUNTED, count):
            for key, (name, event) in runs.items():
                self._aws.calls()
                invocation = self._sandboxes[name].invoke(event)
                check(name, invocation.answer)
                if number >= 0:
                    measured[key].add(invocation, self._aws.calls())
        return measured


def measure(aws: Aws, scale: Scale, say: Callable[[str], None]) -> dict[int, dict[Run, Measured]]:
    """Compare every mail on every function that reads it, by latency of AWS in milliseconds."""
    measured: dict[int, dict[Run, Measured]] = {}
    with Running(aws, SUBJECTS, payloads.payload(payloads.SMALL, "JSON").event) as running:
        for latency in LATENCIES_MS:
            measured[latency] = {}
            aws.set(latency_ms=latency)
            for group, counts in zip(_GROUPS, (scale.small, scale.large), strict=True):
                say(f"warm requests, {' and '.join(group)}, AWS takes {latency} ms")
                mails = [payloads.payload(size, form) for size in group for form in ("JSON", "XML")]
                measured[latency] |= running.compare(runs_of(mails), counts[latency])
    return measured


def runs_of(mails: Iterable[Payload]) -> dict[Run, tuple[str, bytes]]:
    """Say who reads which mail: the floor reads JSON only."""
    return {
        (mail.name, subject.name): (subject.name, mail.event)
        for mail in mails
        for subject in SUBJECTS
        if subject is not packages.FLOOR or mail.name.endswith("JSON")
    }
