"""What a million mails cost: what AWS is asked for each, and how long the functions take for it."""

from __future__ import annotations

import json
import subprocess
import sys
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.aws import scene
from benchmarks.aws.answers import RECEIVER
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
OURS, TOLD = (payloads.SMALL, "ours"), (payloads.SMALL, "told")
RECEIVER_MS = 100
"""How much longer than AWS a receiver takes: its way, the handshake of TLS, its work."""
_SECRET = "the key of the hashes of recipients"  # noqa: S105 - any will do

type Counts = Mapping[str, float]
"""By the names in `cost/prices.toml`."""


type Run = tuple[str, str]
"""A mail's size, and whose code: `ours`, `typical`, or `told`: ours, with an endpoint."""


class Costs(NamedTuple):
    """What was counted, nothing of it in dollars yet."""

    mails: Mapping[Run, Counts]
    """Of one mail. In ours is the share of a million mails a month in the month's sweeps and
    dispatches."""
    at_rest: Counts
    """Of a month of a stack that sends nothing."""


class _Webhooks(NamedTuple):
    """GB-seconds of the functions of the webhooks."""

    unheard: float
    """Of a change that nobody wants to be told of."""
    heard: float
    """Of one that becomes a delivery."""
    call: float


def measure(aws: Aws, scale: Scale, say: Callable[[str], None]) -> Costs:
    """Walk each mail through moto for what it asks for, and through our AWS for its times."""
    say("what a mail asks AWS for")
    mails = {
        (size, subject): dict(_walk(subject, number))
        for size, number in SIZES.items()
        for subject in ("ours", "typical")
    }
    mails[TOLD] = dict(_walk("told", 0))
    month = dict(_walk("schedules", 0))
    say(f"how long that takes, AWS takes {LATENCY_MS} ms")
    events, webhooks = len(EVENTS) * _events(aws, scale), _webhooks(aws, scale)
    month["gb_seconds"] = _MINUTES * _schedules(aws, scale)
    requests = _mails(aws, scale)
    changes = mails[OURS]["invocations"] - 1 - len(EVENTS)
    calls = mails[TOLD]["invocations"] - mails[OURS]["invocations"]
    unheard, heard = changes * webhooks.unheard, changes * webhooks.heard + calls * webhooks.call
    for run, counts in mails.items():
        counts["gb_seconds"] = requests[OURS if run == TOLD else run]
        if run[1] != "typical":
            counts["gb_seconds"] += events + (heard if run == TOLD else unheard)
            for name, number in month.items():
                counts[name] = counts.get(name, 0) + number / bill.MILLION
    return Costs(mails, bill.at_rest(month))


def _walk(subject: str, size: int) -> Counts:
    env = {
        **clean_environment(),
        **template_variables(),
        "PYTHONPATH": "src",
        "RECIPIENT_SECRET": _SECRET,
        "WEBHOOK_SECRET": _SECRET,
        "WEBHOOKS_TO_LOOPBACK": "true",
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


def _webhooks(aws: Aws, scale: Scale) -> _Webhooks:
    """Return the GB-seconds of what follows from one change of a record."""
    rounds = scale.small[LATENCY_MS]
    subjects = {
        packages.ours("webhooks_out"): payloads.event("webhooks_out_record_changed"),
        packages.ours("webhook"): payloads.event("webhook_delivery"),
    }
    outbox, caller = subjects
    runs = {subject.name: (subject.name, event) for subject, event in subjects.items()}
    aws.set(latency_ms=LATENCY_MS)
    first = {subject.name: event for subject, event in subjects.items()}
    with warm.Running(aws, subjects, first) as running:
        unheard = running.compare({outbox.name: runs[outbox.name]}, rounds)
        aws.set(latency_ms=LATENCY_MS, items=scene.told(aws.url + RECEIVER))
        heard = running.compare(runs, rounds)
    return _Webhooks(
        _gb_seconds(unheard[outbox.name], "WebhooksOutFunction"),
        _gb_seconds(heard[outbox.name], "WebhooksOutFunction"),
        _gb_seconds(heard[caller.name], "WebhookFunction", RECEIVER_MS),
    )


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


def _gb_seconds(measured: warm.Measured, function: str, waited_ms: float = 0) -> float:
    wall, cpu = median(measured.wall_ms) + waited_ms, median(measured.cpu_ms)
    return bill.gb_seconds(wall, cpu, bill.memory_mb(function))
