"""What a million mails cost: what AWS is asked for each, and how long the functions take for it."""

from __future__ import annotations

import json
import subprocess
import sys
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.aws import scene
from benchmarks.cost import bill
from benchmarks.cost.meter import MONTH
from benchmarks.cost.walk import EVENTS
from benchmarks.measure import warm
from benchmarks.subjects import packages, payloads
from benchmarks.subjects.variables import template_variables
from tooling.aws_here import clean_environment
from tooling.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.aws.client import Aws
    from benchmarks.measure.scale import Scale

LATENCY_MS = 20
SIZES = {payloads.SMALL: 0, payloads.ONE_FILE: payloads.ONE_FILE_BYTES}
_MINUTES = MONTH // 60
_SECRET = "the key of the hashes of recipients"  # noqa: S105 - any will do

type Counts = Mapping[str, float]
"""By the names in `cost/prices.toml`."""


class Costs(NamedTuple):
    """What was counted, nothing of it in dollars yet."""

    mails: Mapping[tuple[str, str], Counts]
    """Of one mail, by its size and whose code: `ours` or `typical`. In ours is the share of a
    million mails a month in the month's sweeps and dispatches."""
    at_rest: Counts
    """Of a month of a stack that sends nothing."""


def measure(aws: Aws, scale: Scale, say: Callable[[str], None]) -> Costs:
    """Walk each mail through moto for what it asks for, and through our AWS for its times."""
    say("what a mail asks AWS for")
    mails = {
        (size, subject): dict(_walk(subject, number))
        for size, number in SIZES.items()
        for subject in ("ours", "typical")
    }
    month = dict(_walk("schedules", 0))
    say(f"how long that takes, AWS takes {LATENCY_MS} ms")
    events = len(EVENTS) * _events(aws, scale)
    month["gb_seconds"] = _MINUTES * _schedules(aws, scale)
    for (size, subject), seconds in _mails(aws, scale).items():
        mails[size, subject]["gb_seconds"] = seconds + (events if subject == "ours" else 0)
        if subject == "ours":
            for name, number in month.items():
                share = number / bill.MILLION
                mails[size, subject][name] = mails[size, subject].get(name, 0) + share
    return Costs(mails, bill.at_rest(month))


def _walk(subject: str, size: int) -> Counts:
    env = {
        **clean_environment(),
        **template_variables(),
        "PYTHONPATH": "src",
        "RECIPIENT_SECRET": _SECRET,
    }
    command = [sys.executable, "-m", "benchmarks.cost.walk", subject, str(size)]
    run = subprocess.run(command, env=env, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    counts: Counts = json.loads(run.stdout.splitlines()[-1])
    return counts


def _mails(aws: Aws, scale: Scale) -> dict[tuple[str, str], float]:
    """Return the GB-seconds of a request, by size and subject."""
    aws.set(latency_ms=LATENCY_MS)
    subjects = {"ours": warm.OURS, "typical": packages.TYPICAL}
    runs = {
        (size, name): (subject.name, payloads.payload(size, "JSON").event)
        for size in SIZES
        for name, subject in subjects.items()
    }
    first = payloads.payload(payloads.SMALL, "JSON").event
    with warm.Running(aws, subjects.values(), first) as running:
        measured = running.compare(runs, scale.small[LATENCY_MS])
    return {run: _gb_seconds(each, "ApiFunction") for run, each in measured.items()}


def _events(aws: Aws, scale: Scale) -> float:
    """Return the GB-seconds of an event of SES that comes alone."""
    aws.set(latency_ms=LATENCY_MS, items=scene.sent())
    subject, event = packages.ours("ses_events"), payloads.deliveries(1)
    with warm.Running(aws, [subject], event) as running:
        measured = running.compare({"": (subject.name, event)}, scale.small[LATENCY_MS])
    return _gb_seconds(measured[""], "SesEventsFunction")


def _schedules(aws: Aws, scale: Scale) -> float:
    """Return the GB-seconds of a sweep and a dispatch while nothing waits."""
    aws.set(latency_ms=LATENCY_MS)
    total = 0.0
    for name, function in (("sweep", "SweepFunction"), ("dispatch", "DispatchFunction")):
        subject, event = packages.ours(name), payloads.event(f"{name}_schedule")
        with warm.Running(aws, [subject], event) as running:
            measured = running.compare({"": (subject.name, event)}, scale.small[LATENCY_MS])
        total += _gb_seconds(measured[""], function)
    aws.set()
    return total


def _gb_seconds(measured: warm.Measured, function: str) -> float:
    wall, cpu = median(measured.wall_ms), median(measured.cpu_ms)
    return bill.gb_seconds(wall, cpu, bill.memory_mb(function))
