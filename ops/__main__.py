"""`python -m ops COMMAND`: what an operator does to a stack. `make` has a name for each."""

from __future__ import annotations

import argparse
import os
import sys

from botocore.exceptions import BotoCoreError, ClientError

from core.aws.outage import Outage
from ops import domains, erase, redrive, suppressions
from ops.aws_errors import explained
from ops.doctor import command as doctor
from ops.smoke import command as smoke
from ops.stack import Stack
from tooling.ports import PortError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ops", description=__doc__)
    parser.add_argument("--stack", default="", help="a deployed one; without, that of `make run`")
    commands = parser.add_subparsers(required=True)
    for command in (doctor, domains, erase, redrive, smoke, suppressions):
        command.add_to(commands)
    asked = parser.parse_args()
    try:
        status: int | None = asked.run(asked, Stack.named(asked.stack))
    except BrokenPipeError:  # Whoever reads (`| head`) has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # For the exit's own flush.
        return 1
    except (BotoCoreError, ClientError, OSError, Outage, PortError, ValueError) as error:
        print(explained(error), file=sys.stderr)
        return 1
    return status or 0


if __name__ == "__main__":
    sys.exit(main())
