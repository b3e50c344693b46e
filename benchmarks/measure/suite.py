"""Everything that is measured in one run, and the results in figures."""

from __future__ import annotations

import platform
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.cost import bill
from benchmarks.measure import (
    batch,
    cold,
    cost,
    drain,
    events,
    growth,
    memory,
    table,
    warm,
    webhooks,
    worst,
)
from benchmarks.measure.figures import summary
from benchmarks.subjects import packages
from benchmarks.subjects.payloads import SMALL
from tooling.paths import SOURCE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.aws.client import Aws
    from benchmarks.drain.figures import Figures
    from benchmarks.measure.scale import Scale
    from benchmarks.measure.warm import Measured, Run

_NAMED = ("aws-lambda-powertools", "boto3", "botocore", "pydantic")


@dataclass(frozen=True, slots=True)
class Measurements:
    """What one run measured, nothing summed up yet."""

    starts: Sequence[cold.Case]
    warm: Mapping[int, Mapping[Run, Measured]]
    batch_seconds: Sequence[float]
    allocated: Mapping[Run, Sequence[float]]
    peaks: Mapping[str, Sequence[float]]
    events: Mapping[events.Run, Measured]
    webhooks: Mapping[str, Measured]
    growth: Mapping[growth.Run, growth.Costs]
    table: Mapping[int, table.Calls]
    megabytes: Mapping[str, float]
    drain: Figures
    worst: Mapping[str, Sequence[worst.Cost]]
    cost: cost.Costs


def measure(aws: Aws, scale: Scale, say: Callable[[str], None]) -> Measurements:
    """Measure everything."""
    starts = cold.measure(aws, scale.starts, say)
    warmed = warm.measure(aws, scale, say)
    aws.set()
    return Measurements(
        starts=starts,
        warm=warmed,
        batch_seconds=batch.batch_seconds(aws, scale, say),
        peaks=memory.peaks(aws, scale.processes, say),
        allocated=memory.allocated(aws, scale.processes, say),
        growth=growth.measure(aws, scale, say),
        events=events.measure(aws, scale.batches, say),
        webhooks=webhooks.measure(aws, scale.batches[1], say),
        table=table.measure(scale.messages, say),
        megabytes={
            subject.name: packages.megabytes(subject)
            for subject in (warm.OURS, packages.FLOOR, packages.TYPICAL)
        },
        drain=drain.measure(scale.drain_seconds, say),
        worst=worst.measure(aws, scale.worst_bytes, say),
        cost=cost.measure(aws, scale, say),
    )


def results(measured: Measurements) -> dict[str, Any]:
    """Sum up what was measured, by section; all but `ratios`, which `benchmarks.report` knows."""
    return {
        "machine": machine(),
        "versions": versions(),
        "cold": {
            case.subject.name: {name: summary(values) for name, values in case.measured.items()}
            for case in measured.starts
        },
        "warm": _nested(
            {
                (mail, name, f"{latency} ms"): figures.result()
                for latency, runs in measured.warm.items()
                for (mail, name), figures in runs.items()
            }
        ),
        "batch_100_wall_s": summary(measured.batch_seconds),
        "allocated_kb": _nested({run: summary(kb) for run, kb in measured.allocated.items()}),
        "peak_memory_mb": {name: summary(mb) for name, mb in measured.peaks.items()},
        "events": _nested({run: _per_event(run[0], m) for run, m in measured.events.items()}),
        "webhooks": webhook_results(measured.webhooks),
        "growth": _nested({run: _growth(costs) for run, costs in measured.growth.items()}),
        "table": {
            "by_messages": {str(number): calls for number, calls in measured.table.items()},
            "is_independent_of_size": _are_equal(list(measured.table.values())),
        },
        "drain": measured.drain["rows"],
        "package_mb": dict(measured.megabytes),
        "worst_requests": {
            form: [each._asdict() for each in costs] for form, costs in measured.worst.items()
        },
        "cost": cost_results(measured.cost),
    }


def webhook_results(measured: Mapping[str, Measured]) -> dict[str, Any]:
    """Sum up what an event takes in each function."""
    return {name: figures.result() for name, figures in measured.items()}


def cost_results(costs: cost.Costs) -> dict[str, Any]:
    """Sum up what a million mails cost, in dollars, by the names of the prices."""
    return {
        "prices_as_of": str(bill.as_of()),
        "uses_of_a_small_mail": {
            name: float(f"{number:.4g}") for name, number in costs.mails[SMALL, "ours"].items()
        },
        "usd_per_million": _nested(
            {
                run: {
                    name: round(usd * bill.MILLION, 3) for name, usd in bill.dollars(counts).items()
                }
                for run, counts in costs.mails.items()
            }
        ),
        "usd_a_month_at_rest": {
            name: round(usd, 3) for name, usd in bill.dollars(costs.at_rest).items()
        },
    }


def _nested(figures: Mapping[Any, Any]) -> dict[str, Any]:
    """Turn keys that are tuples into dictionaries in dictionaries."""
    nested: dict[str, Any] = {}
    for path, value in figures.items():
        *parents, last = map(str, path)
        inner = nested
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = value
    return nested


def _per_event(size: int, measured: Measured) -> dict[str, Any]:
    calls = [len(calls) / size for calls in measured.calls]
    return {
        "cpu_ms_per_event": summary([ms / size for ms in measured.cpu_ms]),
        "aws_calls_per_event": summary(calls),
    }


def _growth(costs: growth.Costs) -> dict[str, Any]:
    return {
        "cpu_ms": {str(size): summary(values) for size, values in costs.items()},
        "fit": asdict(growth.fit_of(costs)),
    }


def _are_equal(values: Sequence[object]) -> bool:
    return all(value == values[0] for value in values)


def machine() -> dict[str, Any]:
    """Describe the machine, as far as it matters: neither its name nor where things are."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory_kb = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    cores = len(re.findall(r"^processor", Path("/proc/cpuinfo").read_text(), re.MULTILINE))
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": cores,
        "memory_gb": round(int(memory_kb[1]) / 1e6) if memory_kb else None,
        "system": f"{platform.system()} {platform.machine()}",
    }


def versions() -> dict[str, str]:
    """Return what else the figures depend on."""
    lock = (SOURCE / "requirements.txt").read_text()
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)", lock, re.MULTILINE))
    return {"python": platform.python_version()} | {name: pinned[name] for name in _NAMED}
