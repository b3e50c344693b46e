"""The operator's tool, as scripts use it."""

import os
import subprocess

from tooling.paths import ROOT


def ops(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the tool as a script does."""
    return subprocess.run(
        [str(ROOT / "mailctl"), *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
