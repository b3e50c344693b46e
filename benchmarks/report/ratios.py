"""The few figures that stand for all others."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from benchmarks.cost import bill
from benchmarks.measure import warm, webhooks, worst
from benchmarks.measure.figures import paired_ratio
from benchmarks.subjects import packages, payloads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.measure.cost import Costs
    from benchmarks.measure.suite import Measurements

_OURS, _FLOOR, _TYPICAL = warm.OURS.name, packages.FLOOR.name, packages.TYPICAL.name
_SMALL, _FILES, _LARGE = (
    f"{size} JSON" for size in (payloads.SMALL, payloads.FILES, payloads.FOUR_MB)
)


def ratios(measured: Measurements) -> dict[str, float]:
    """Return the figures that have targets, by their names."""
    ready = {case.subject.name: case.measured["ready_cpu_ms"] for case in measured.starts}
    heaviest = ready[heaviest_of_ours(ready)]
    at_once, slowly = measured.warm[0], measured.warm[20]
    in_json, in_xml = at_once[_LARGE, _OURS], at_once[f"{payloads.FOUR_MB} XML", _OURS]
    small, files = slowly[_SMALL, _OURS].wall_ms, slowly[_FILES, _OURS].wall_ms
    return {
        "cold_ready_vs_floor": paired_ratio(heaviest, ready[_FLOOR]),
        "cold_ready_vs_typical": paired_ratio(heaviest, ready[_TYPICAL]),
        "warm_small_json_vs_floor": _vs_floor(at_once, _SMALL),
        "warm_4mb_json_vs_floor": _vs_floor(at_once, _LARGE),
        "memory_4mb_json_vs_floor": paired_ratio(measured.peaks[_OURS], measured.peaks[_FLOOR]),
        "warm_4mb_xml_vs_4mb_json": paired_ratio(in_xml.cpu_ms, in_json.cpu_ms),
        "small_mail_wall_ms_at_20ms": round(median(small), 2),
        "attachments_extra_wall_ms_at_20ms": round(
            median(more - less for more, less in zip(files, small, strict=True)), 2
        ),
        "batch_100_wall_s_at_20ms": round(median(measured.batch_seconds), 2),
        "package_mb": measured.megabytes[_OURS],
        **measured.drain["ratios"],
        **_worst_requests(measured.worst),
        **of_webhooks(measured.webhooks),
        **of_costs(measured.cost),
    }


def of_webhooks(measured: Mapping[str, warm.Measured]) -> dict[str, float]:
    """Return the figures of an event on its way from the stream to its receiver."""
    cpu_ms = webhooks.cpu_ms(measured)
    return {
        "webhook_cpu_ms": round(median(cpu_ms), 2),
        "webhook_vs_floor_event": paired_ratio(cpu_ms, measured[webhooks.FLOOR.name].cpu_ms),
    }


def of_costs(costs: Costs) -> dict[str, float]:
    """Return the figures of what mails cost, in dollars for a million small ones.

    What webhooks add is the difference to the same mails, of which nobody wants to be told.
    """
    mails, told = (
        sum(bill.dollars(costs.mails[payloads.SMALL, subject]).values()) * bill.MILLION
        for subject in ("ours", "told")
    )
    return {
        "cost_per_million_usd": round(mails, 2),
        "webhooks_per_million_usd": round(told - mails, 2),
    }


def _worst_requests(costs: Mapping[str, Sequence[worst.Cost]]) -> dict[str, float]:
    figures = {}
    for form, (longest, largest) in worst.most(costs).items():
        figures[f"worst_request_cpu_s_{form.lower()}"] = longest.cpu_s
        figures[f"worst_request_mib_{form.lower()}"] = largest.mib
    return figures


def heaviest_of_ours(ready: Mapping[str, Sequence[float]]) -> str:
    """Return the name of that of our functions which takes most until it is ready.

    By its quickest start: with functions that are alike, a median would choose the unluckiest.
    """
    return max((name for name in ready if name.startswith("ours")), key=lambda n: min(ready[n]))


def _vs_floor(runs: Mapping[warm.Run, warm.Measured], mail: str) -> float:
    return paired_ratio(runs[mail, _OURS].cpu_ms, runs[mail, _FLOOR].cpu_ms)
