"""Metrics that a function printed in CloudWatch's embedded metric format."""

import json


def printed_metrics(printed: str) -> dict[str, float]:
    """Read the metrics from the one line of them among a function's log lines: a value each."""
    lines = [json.loads(line) for line in printed.splitlines()]
    (emf,) = [line for line in lines if "_aws" in line]
    named = [
        metric["Name"] for part in emf["_aws"]["CloudWatchMetrics"] for metric in part["Metrics"]
    ]
    found = {}
    for name in named:
        (found[name],) = emf[name]
    return found
