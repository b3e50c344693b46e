"""`python -m ops`: the inside of `./mailctl`, and of what `make` has a name for."""

from __future__ import annotations

import sys

from ops.cli import main

if __name__ == "__main__":
    sys.exit(main())
