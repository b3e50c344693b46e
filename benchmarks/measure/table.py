"""Whether what an operation touches in the table depends on how many messages are there."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.subjects.variables import template_variables
from tooling.aws_here import clean_environment
from tooling.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.measure.table_reads import Counted

type Calls = Mapping[str, Mapping[str, Counted]]
"""By operation of ours, and of DynamoDB."""


def measure(messages: Sequence[int], say: Callable[[str], None]) -> dict[int, Calls]:
    """Return the calls of each operation, by the number of messages in the table."""
    counted = {}
    env = {**clean_environment(), **template_variables(), "PYTHONPATH": "src"}
    for number in messages:
        say(f"operations on a table of {number:,} messages")
        command = [sys.executable, "-m", "benchmarks.measure.table_reads", str(number)]
        run = subprocess.run(command, env=env, cwd=ROOT, check=True, stdout=subprocess.PIPE)
        counted[number] = json.loads(run.stdout.splitlines()[-1])
    return counted
