"""What was promised, in one number each, and whether it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Target:
    """A figure of the results' `ratios`, and the most and the least that it may be."""

    name: str
    most: float | None
    meaning: str
    least: float | None = None

    @property
    def wanted(self) -> str:
        """The bounds in words."""
        if self.least is None:
            return f"≤ {self.most:g}"
        return f"≥ {self.least:g}" if self.most is None else f"{self.least:g} to {self.most:g}"

    def is_met(self, figure: float) -> bool:
        """Say whether a figure is within the bounds."""
        is_enough = self.least is None or figure >= self.least
        return is_enough and (self.most is None or figure <= self.most)


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
    Target("drain_use_of_rate", None, "share of SES's 14/s that 50,000 one way use", least=0.95),
    Target("drain_tries_per_mail", 1.3, "requests to SES for each of them"),
    Target("drain_two_domains_share", 0.6, "the smaller share of two domains", least=0.4),
    Target("drain_use_after_one_ends", None, "share of SES's rate, after one ended", least=0.9),
    Target("fresh_inline_p99_s", 2, "wait for SES beside them, inline, another domain, 99 %"),
    Target("fresh_same_domain_p99_s", 10, "the same of the same domain"),
    Target("sandbox_1000_vs_ideal", 1.15, "time of 1,000 mails at 1/s ÷ 1,000 s"),
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
    Target("webhook_cpu_ms", 12, "ms of the processor for an event, from the stream to the call"),
    Target("webhook_vs_floor_event", 3, "the same ÷ the floor's for an event of SES"),
    Target(
        "webhooks_per_million_usd", 20, "dollars more if an endpoint is told all of these mails"
    ),
    Target(
        "cost_per_million_usd", 15, "dollars for a million small mails, without SES's own price"
    ),
)


def verdicts(ratios: Mapping[str, float]) -> Sequence[tuple[Target, float, bool]]:
    """Hold each figure against its target. Raises `KeyError` if one is missing."""
    return [(target, ratios[target.name], target.is_met(ratios[target.name])) for target in TARGETS]
