"""What was promised, in one number each, and whether it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Target:
    """A figure of the results' `ratios`, and the most that it may be."""

    name: str
    most: float
    meaning: str


TARGETS = (
    Target("cold_ready_vs_floor", 1.0, "processor time until ready, our heaviest function ÷ floor"),
    Target("cold_ready_vs_typical", 0.30, "the same ÷ typical"),
    Target("warm_small_json_vs_floor", 1.3, "processor time of a small mail in JSON ÷ floor"),
    Target("warm_4mb_json_vs_floor", 1.05, "processor time of a 4 MB mail in JSON ÷ floor"),
    Target("memory_4mb_json_vs_floor", 1.1, "peak memory after 4 MB mails in JSON ÷ floor"),
    Target("warm_4mb_xml_vs_4mb_json", 1.5, "processor time of a 4 MB mail, XML ÷ JSON"),
    Target("small_mail_wall_ms_at_20ms", 70, "ms for a small mail when AWS takes 20 ms a call"),
    Target(
        "attachments_extra_wall_ms_at_20ms", 10, "ms more with three small attachments, likewise"
    ),
    Target("batch_100_wall_s_at_20ms", 10, "seconds for a batch of 100 small mails, likewise"),
    Target("package_mb", 30, "the package unzipped, in 10⁶ bytes"),
    *(
        target
        for form in ("JSON", "XML", "JSV", "CSV", "form", "multipart")
        for target in (
            Target(
                f"worst_request_cpu_s_{form.lower()}",
                3,
                f"seconds of the processor for the worst request, {form}",
            ),
            Target(
                f"worst_request_mib_{form.lower()}",
                400,
                f"peak memory with the worst request, {form}, in 2²⁰ bytes",
            ),
        )
    ),
)


def verdicts(ratios: Mapping[str, float]) -> Sequence[tuple[Target, float, bool]]:
    """Hold each figure against its target. Raises `KeyError` if one is missing."""
    return [(target, ratios[target.name], ratios[target.name] <= target.most) for target in TARGETS]
