"""`python -m ops.deploy`: what `make deploy` does. It reads variables, and asks nothing."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ops.aws_errors import explained
from ops.deploy.command import Stopped, deploy
from ops.deploy.given import given

if TYPE_CHECKING:
    from types import FrameType


def main() -> int:
    # Each as Ctrl-C, also where it is not heard by itself (a shell's background): the file with the
    # key is removed. Only `nohup` wants us to outlive the terminal.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _stop)
    try:
        return 0 if deploy(given(os.environ)) else 1
    except (BotoCoreError, ClientError, OSError, ValueError) as error:
        print(explained(error), file=sys.stderr)
    except Stopped as stopped:
        print(stopped)
    except KeyboardInterrupt:
        print("\nStopped.")
    return 1


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
