"""Warm requests: functions that have started are handed the same mail in turn, again and again."""

from __future__ import annotations

from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from benchmarks import subjects
from benchmarks.aws import depth
from benchmarks.figures import summary
from benchmarks.sandbox import Sandbox, SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.aws import Aws, Call
    from benchmarks.payloads import Payload
    from benchmarks.sandbox import Invocation
    from benchmarks.subjects import Subject

OURS = subjects.ours("api")
SUBJECTS = (OURS, subjects.FLOOR, subjects.TYPICAL)
_UNCOUNTED = 3


@dataclass(slots=True)
class Measured:
    """What one function took for one mail, request by request."""

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


class Warm:
    """Functions that are kept running, to be compared. Use as a context manager."""

    def __init__(self, aws: Aws, functions: Iterable[Subject], first: bytes) -> None:
        """Start them, each with a `first` event that does not count."""
        self._aws, self._stack = aws, ExitStack()
        self._sandboxes: dict[str, Sandbox] = {}
        for subject in functions:
            sandbox = self._stack.enter_context(Sandbox(subject, aws.url))
            sandbox.ready()
            sandbox.invoke(first)
            self._sandboxes[subject.name] = sandbox

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def compare(
        self, names: Sequence[str], event: bytes, count: int, uncounted: int = _UNCOUNTED
    ) -> Mapping[str, Measured]:
        """Hand over `event` to each in turn, `count` times, after some that do not count."""
        measured: defaultdict[str, Measured] = defaultdict(Measured)
        for number in range(-uncounted, count):
            for name in names:
                self._aws.calls()
                invocation = self._sandboxes[name].invoke(event)
                if invocation.answer.get("statusCode", 200) != 200:
                    raise SandboxError(f"{name} answered {invocation.answer}")
                if number >= 0:
                    measured[name].add(invocation, self._aws.calls())
        return measured


def names_for(payload: Payload) -> list[str]:
    """Say who reads a mail: the floor reads JSON only."""
    return [s.name for s in SUBJECTS if s is not subjects.FLOOR or payload.name.endswith("JSON")]
