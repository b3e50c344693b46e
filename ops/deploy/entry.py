"""How a deployment begins and ends, whoever starts it: `make deploy` or `mailctl deploy`."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ops.aws_errors import explained
from ops.deploy.command import Stopped, deploy
from ops.deploy.given import given
from tooling.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType


def prepare() -> None:
    """Set up what builds and deploys, as make does it for its own target.

    Raises `ValueError` if that fails; why, make has said.
    """
    command = ["make", "--silent", ".tools/.ready", ".venv-sam/.ready"]
    if subprocess.run(command, cwd=ROOT, stdout=sys.stderr, check=False).returncode:
        raise ValueError("SAM CLI could not be set up: the reason is above.")


def run(environment: Mapping[str, str]) -> int:
    """Deploy what the variables of `ops.deploy.given` say; return the exit status."""
    # Each as Ctrl-C, also where it is not heard by itself (a shell's background): the file with the
    # key is removed. Only `nohup` wants us to outlive the terminal.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _stop)
    try:
        return 0 if deploy(given(environment)) else 1
    except (BotoCoreError, ClientError, OSError, ValueError) as error:
        print(explained(error), file=sys.stderr)
    except Stopped as stopped:
        print(stopped)
    except KeyboardInterrupt:
        print("\nStopped.")
    return 1


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
