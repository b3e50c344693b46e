"""From counts to dollars: the prices, and what a stack costs at rest."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.cost.meter import MONTH
from benchmarks.subjects.variables import template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

_PRICES = Path(__file__).parent / "prices.toml"
MILLION = 1_000_000
_POLLERS, _POLL_SECONDS = 5, 20
"""Lambda asks a queue that nothing is in with five pollers, each for twenty seconds
(https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html; the seconds remembered)."""
_FULL_PROCESSOR_MB = 1769
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""


class Price(NamedTuple):
    """What a million of something costs, in dollars, and where that is from."""

    service: str
    what: str
    per_million: float
    source: str


@cache
def prices() -> Mapping[str, Price]:
    """Return the prices by the names of what is counted."""
    return {name: Price(**price) for name, price in _read()["price"].items()}


def as_of() -> date:
    """Return the day for which the list stands."""
    day: date = _read()["as_of"]
    return day


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads(_PRICES.read_text())


def dollars(counts: Mapping[str, float]) -> dict[str, float]:
    """Return what counts cost, each by its name. Raises `KeyError` for what has no price."""
    return {name: number * prices()[name].per_million / MILLION for name, number in counts.items()}


def gb_seconds(wall_ms: float, cpu_ms: float, memory_mb: int) -> float:
    """Return what Lambda charges for an invocation that took so long with a whole processor.

    With less memory than that comes with, what is computed takes longer in proportion; what is
    waited for does not.
    """
    slower = max(0.0, _FULL_PROCESSOR_MB / memory_mb - 1)
    return (wall_ms + cpu_ms * slower) / 1000 * memory_mb / 1024


def memory_mb(function: str) -> int:
    """Return the memory of a function of the template, by the name of its resource."""
    usual = template()["Globals"]["Function"]["MemorySize"]
    return int(template()["Resources"][function]["Properties"].get("MemorySize", usual))


def at_rest(schedules: Mapping[str, float]) -> dict[str, float]:
    """Return what a stack that sends nothing uses in a month.

    `schedules` is what the sweep and the dispatcher use. One dashboard is free in most accounts.
    """
    counts = defaultdict(float, schedules)
    queues = sum("SqsEvent" in kind for kind in _event_kinds())
    counts["sqs_requests"] += queues * _POLLERS * MONTH // _POLL_SECONDS
    alarms = [r["Properties"] for r in _of_type("AWS::CloudWatch::Alarm") if "Condition" not in r]
    counts["alarm_months"] += sum(
        sum("MetricStat" in each for each in alarm["Metrics"]) if "Metrics" in alarm else 1
        for alarm in alarms
    )
    counts["metric_months"] += len(_own_metrics())
    counts["secret_months"] += len([*_of_type("AWS::SecretsManager::Secret")])
    return dict(counts)


def _own_metrics() -> set[str]:
    """Return the metrics of our own that the dashboard shows, with their dimensions."""
    (dashboard,) = _of_type("AWS::CloudWatch::Dashboard")
    body = dashboard["Properties"]["DashboardBody"]["Fn::Sub"]
    return set(re.findall(r'\["Mail/[^"]*", ([^{]*), \{', body))


def _event_kinds() -> Iterator[str]:
    for function in _of_type("AWS::Serverless::Function"):
        for event in function["Properties"]["Events"].values():
            yield "SqsEvent" if event["Type"] == "SQS" else event["Type"]


def _of_type(kind: str) -> Iterator[Mapping[str, Any]]:
    return (each for each in template()["Resources"].values() if each["Type"] == kind)
