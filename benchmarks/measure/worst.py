"""The requests that cost most: what each takes of the processor and of memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from benchmarks.measure.sandbox import Sandbox
from benchmarks.measure.warm import OURS
from benchmarks.subjects.worst_requests import WORST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.aws.client import Aws


class Cost(NamedTuple):
    """What one request took, as the first that a process answers."""

    request: str
    cpu_s: float
    """Seconds of the processor, until the function asks for the next event."""
    mib: float
    """The most that the process had resident, in 2²⁰ bytes: Lambda's limit is on the whole."""
    status: int
    """With which HTTP status it was answered."""


def measure(aws: Aws, size: int, say: Callable[[str], None]) -> dict[str, list[Cost]]:
    """Send each request, with a body of `size` bytes, to a process of its own; by format."""
    aws.set()
    costs: dict[str, list[Cost]] = {}
    for request in WORST:
        if request.form not in costs:
            say(f"the worst requests in {request.form}")
        with Sandbox(OURS, aws.url) as sandbox:
            sandbox.ready()
            invocation = sandbox.invoke(request.event(size))
            costs.setdefault(request.form, []).append(
                Cost(
                    request.name.partition(": ")[2],
                    round((invocation.ended.cpu - invocation.begun.cpu) / 1e9, 2),
                    round(sandbox.peak_memory / 2**20, 1),
                    invocation.answer["statusCode"],
                )
            )
    return costs


def most(costs: Mapping[str, Sequence[Cost]]) -> dict[str, tuple[Cost, Cost]]:
    """Return, by format, the request that took most of the processor, and that of memory."""
    return {
        form: (max(of_form, key=lambda c: c.cpu_s), max(of_form, key=lambda c: c.mib))
        for form, of_form in costs.items()
    }
