"""The operator's tool, as scripts use it."""

import os
import subprocess

from support.environment import OF_FUNCTIONS
from tooling.paths import ROOT


def ops(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the tool as a script does: with nothing around it that only functions have."""
    around = {name: value for name, value in os.environ.items() if name not in OF_FUNCTIONS}
    return subprocess.run(
        [str(ROOT / "mailctl"), *arguments],
        env=around | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
