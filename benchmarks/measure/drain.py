"""How well the service uses SES's rate, and who waits how long: in virtual time."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.subjects.variables import template_variables
from tooling.aws_here import clean_environment
from tooling.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.drain.figures import Figures


def measure(seconds: int, say: Callable[[str], None]) -> Figures:
    """Return the figures of all runs; each span of time in them is so many (virtual) seconds."""
    say("waiting mails, in virtual time")
    env = {**clean_environment(), **template_variables(), "PYTHONPATH": "src"}
    command = [sys.executable, "-m", "benchmarks.drain.figures", str(seconds)]
    run = subprocess.run(command, env=env, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    figures: Figures = json.loads(run.stdout.splitlines()[-1])
    return figures
