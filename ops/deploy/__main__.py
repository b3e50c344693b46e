"""`python -m ops.deploy`: what `make deploy` does. It reads variables, and asks nothing."""

from __future__ import annotations

import os
import sys

from ops.deploy.entry import run

if __name__ == "__main__":
    sys.exit(run(os.environ))
