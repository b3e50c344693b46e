"""`make bench`: measure everything in one run and say what came out; no time makes it fail."""

from __future__ import annotations

import argparse
import json
import time
from typing import TYPE_CHECKING, Any

from benchmarks.aws.client import Aws
from benchmarks.measure import cost, suite, webhooks
from benchmarks.measure.scale import FULL, QUICK
from benchmarks.report import chart, tables
from benchmarks.report.ratios import of_costs, of_webhooks, ratios
from benchmarks.subjects import packages
from tooling.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.measure.scale import Scale

_RESULTS = ROOT / "benchmarks/results"
_README = ROOT / "benchmarks/README.md"
_OPERATIONS = ROOT / "docs/operations.md"


def main() -> None:
    """Measure, print the results, and keep them unless it was a quick pass."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks")
    arguments.add_argument("--quick", action="store_true", help="few rounds, and nothing is kept")
    arguments.add_argument(
        "--cost", action="store_true", help="what mails and webhooks cost, and nothing else"
    )
    chosen = arguments.parse_args()
    begun = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - begun:5.0f} s  {what}", flush=True)

    say("building the packages")
    packages.build()
    with Aws() as aws:
        scale = QUICK if chosen.quick else FULL
        results = _costs(aws, scale, say) if chosen.cost else _everything(aws, scale, say)
    of_costs_alone = (tables.webhooks, tables.cost)
    for section in of_costs_alone if chosen.cost else tables.SECTIONS:
        table = section(results)
        print(f"\n{tables.in_text(table)}")
    if not chosen.quick:
        _keep(results)


def _everything(aws: Aws, scale: Scale, say: Callable[[str], None]) -> dict[str, Any]:
    measured = suite.measure(aws, scale, say)
    return suite.results(measured) | {"ratios": ratios(measured)}


def _costs(aws: Aws, scale: Scale, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure what mails and webhooks cost; return it with the other results as they were."""
    results: dict[str, Any] = json.loads((_RESULTS / "latest.json").read_text())
    told = webhooks.measure(aws, scale.batches[1], say)
    costs = cost.measure(aws, scale, say)
    return results | {
        "webhooks": suite.webhook_results(told),
        "cost": suite.cost_results(costs),
        "ratios": results["ratios"] | of_webhooks(told) | of_costs(costs),
    }


def _keep(results: Mapping[str, Any]) -> None:
    _RESULTS.mkdir(exist_ok=True)
    text = json.dumps(results, indent=1, ensure_ascii=False)
    (_RESULTS / "latest.json").write_text(f"{text}\n")
    (_RESULTS / "chart.svg").write_text(chart.draw(chart.panels(results)))
    _README.write_text(tables.written_into(_README.read_text(), results))
    _OPERATIONS.write_text(tables.costs_into(_OPERATIONS.read_text(), results))


if __name__ == "__main__":
    main()
