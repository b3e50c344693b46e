"""Memory: of the whole process at its peak, and of Python while it answers one request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.measure.sandbox import Sandbox, check
from benchmarks.measure.warm import SUBJECTS, runs_of
from benchmarks.subjects import packages, payloads
from benchmarks.subjects.packages import HERE, Subject

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.aws.client import Aws
    from benchmarks.measure.warm import Run

REQUESTS = 5


def peaks(aws: Aws, processes: int, say: Callable[[str], None]) -> dict[str, list[float]]:
    """Return the peak MB of fresh processes that have answered some 4 MB mails, by function.

    MB are 10⁶ bytes. The event itself, 5.4 MB of JSON, is in it.
    """
    event = payloads.payload(payloads.FOUR_MB, "JSON").event
    measured: dict[str, list[float]] = {}
    for number in range(processes):
        say(f"memory, process {number + 1} of {processes}")
        for subject in (packages.EMPTY, *SUBJECTS):
            with Sandbox(subject, aws.url) as sandbox:
                sandbox.ready()
                for _ in range(REQUESTS):
                    check(subject.name, sandbox.invoke(event).answer)
                measured.setdefault(subject.name, []).append(sandbox.peak_memory / 1e6)
    return measured


def allocated(aws: Aws, rounds: int, say: Callable[[str], None]) -> dict[Run, list[float]]:
    """Return the most kB that Python held for one request beyond what it held before."""
    sizes = (payloads.SMALL, payloads.FILES, payloads.ONE_MB, payloads.FOUR_MB)
    mails = [payloads.payload(size, form) for size in sizes for form in ("JSON", "XML")]
    runs, measured = runs_of(mails), {}
    for subject in SUBJECTS:
        say(f"allocations, {subject.name}")
        with Sandbox(_probed(subject), aws.url, _probing(subject)) as sandbox:
            sandbox.ready()
            for run, (name, event) in runs.items():
                if name != subject.name:
                    continue
                answers = [sandbox.invoke(event).answer for _ in range(rounds + 1)]
                measured[run] = [answer["peak"] / 1000 for answer in answers[1:]]
    return measured


def _probed(subject: Subject) -> Subject:
    return Subject(f"probed {subject.name}", subject.folder, "probe.handler")


def _probing(subject: Subject) -> dict[str, str]:
    return {"PYTHONPATH": str(HERE / "probe"), "PROBED_HANDLER": subject.handler}
