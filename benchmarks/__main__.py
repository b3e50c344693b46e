"""`make bench`: measure everything in one run and say what came out; no time makes it fail."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from benchmarks import cold, payloads, subjects, warm
from benchmarks.aws import Aws
from benchmarks.figures import paired_ratio
from benchmarks.targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Mapping


def main() -> None:
    """Measure, write the results down, print them."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks")
    arguments.add_argument("--quick", action="store_true", help="few rounds; nothing is kept")
    is_quick = arguments.parse_args().quick
    subjects.build()
    with Aws() as aws:
        starts = {
            c.subject.name: c.measured for c in cold.measure(aws, 3 if is_quick else 15, print)
        }
        small = _small(aws, 20 if is_quick else 100)
    ratios = _ratios(starts, small)
    results = {"cold": starts, "ratios": ratios}
    (subjects.BUILD / "results.json").write_text(json.dumps(results, indent=1))
    for name, figures in starts.items():
        print(name, {figure: round(sorted(v)[len(v) // 2], 1) for figure, v in figures.items()})
    for target in TARGETS:
        if target.name in ratios:
            print(f"{target.name:36} {ratios[target.name]:8} ≤ {target.most}")


def _small(aws: Aws, count: int) -> Mapping[str, Mapping[str, warm.Measured]]:
    measured = {}
    names = [subject.name for subject in warm.SUBJECTS]
    small = payloads.payload(payloads.SMALL, "JSON").event
    with warm.Warm(aws, warm.SUBJECTS, small) as running:
        for size in (payloads.SMALL, payloads.FOUR_MB):
            event = payloads.payload(size, "JSON").event
            measured[size] = running.compare(names, event, count)
    return measured


def _ratios(starts: Mapping[str, Any], warm_: Mapping[str, Any]) -> dict[str, float]:
    ready = {name: figures["ready_cpu_ms"] for name, figures in starts.items()}
    heaviest = max((n for n in ready if n.startswith("ours")), key=lambda n: sum(ready[n]))
    small, large = warm_[payloads.SMALL], warm_[payloads.FOUR_MB]
    return {
        "cold_ready_vs_floor": paired_ratio(ready[heaviest], ready["floor"]),
        "cold_ready_vs_typical": paired_ratio(ready[heaviest], ready["typical"]),
        "warm_small_json_vs_floor": paired_ratio(small["ours api"].cpu_ms, small["floor"].cpu_ms),
        "warm_4mb_json_vs_floor": paired_ratio(large["ours api"].cpu_ms, large["floor"].cpu_ms),
    }


if __name__ == "__main__":
    main()
