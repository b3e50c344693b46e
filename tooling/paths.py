"""Where things lie in a checkout of this repository. Needs the standard library only."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
"""What ships."""
BUILD = ROOT / ".build"
"""Everything that is made: packages, logs, temporary files. `make clean` removes it."""
