"""`make bench`: measure everything in one run and say what came out; no time makes it fail."""

from __future__ import annotations

import argparse
import json
import time
from typing import TYPE_CHECKING, Any

from benchmarks.aws.client import Aws
from benchmarks.measure import suite
from benchmarks.measure.scale import FULL, QUICK
from benchmarks.report import chart, tables
from benchmarks.report.ratios import ratios
from benchmarks.subjects import packages
from tooling.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

_RESULTS = ROOT / "benchmarks/results"
_README = ROOT / "benchmarks/README.md"


def main() -> None:
    """Measure, print the results, and keep them unless it was a quick pass."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks")
    arguments.add_argument("--quick", action="store_true", help="few rounds, and nothing is kept")
    is_quick = arguments.parse_args().quick
    begun = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - begun:5.0f} s  {what}", flush=True)

    say("building the packages")
    packages.build()
    with Aws() as aws:
        measured = suite.measure(aws, QUICK if is_quick else FULL, say)
    results = suite.results(measured) | {"ratios": ratios(measured)}
    for table in tables.everything(results):
        print(f"\n{tables.in_text(table)}")
    if not is_quick:
        _keep(results)


def _keep(results: Mapping[str, Any]) -> None:
    _RESULTS.mkdir(exist_ok=True)
    text = json.dumps(results, indent=1, ensure_ascii=False)
    (_RESULTS / "latest.json").write_text(f"{text}\n")
    (_RESULTS / "chart.svg").write_text(chart.draw(chart.panels(results)))
    _README.write_text(tables.written_into(_README.read_text(), results))


if __name__ == "__main__":
    main()
