"""Metrics that a function printed in CloudWatch's embedded metric format."""

import json
from collections import Counter
from itertools import product


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


def published(printed: str) -> Counter[tuple[str, str]]:
    """Add up all metrics among a function's log lines, by name and the dimension `code`.

    What CloudWatch shows for the stack as a whole is under the code "".
    """
    found: Counter[tuple[str, str]] = Counter()
    for emf in (json.loads(line) for line in printed.splitlines() if '"_aws"' in line):
        for part in emf["_aws"]["CloudWatchMetrics"]:
            for metric, dimensions in product(part["Metrics"], part["Dimensions"]):
                code = emf["code"] if "code" in dimensions else ""
                found[metric["Name"], code] += int(sum(emf[metric["Name"]]))
    return +found
