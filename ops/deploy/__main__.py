"""`python -m ops.deploy`: what `make deploy` does. It reads variables, and asks nothing."""

from __future__ import annotations

import os
import sys

from botocore.exceptions import BotoCoreError, ClientError

from ops.deploy.command import deploy
from ops.deploy.given import given


def main() -> int:
    try:
        return 0 if deploy(*given(os.environ)) else 1
    except (BotoCoreError, ClientError, ValueError) as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped. What CloudFormation has begun goes on; `make deploy` says how it ended.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
