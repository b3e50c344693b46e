"""What a built package needs before it is zipped: less of botocore, and lasting bytecode.

`python -m build.finish FOLDER`, always as a program of its own: what the bytecode looks like
depends on which strings its process knows, and the same sources shall give the same package.
"""

from __future__ import annotations

import compileall
import shutil
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

from build.trim import trim

_UNREAD = (
    "bin",
    "*.dist-info/sboms",
    "aws_lambda_powertools/event_handler/openapi/swagger_ui/*.min.*",  # A page that we do not have.
)
"""What nothing in a function reads, and Lambda would unzip at every cold start."""


def finish(folder: Path) -> None:
    """Trim and compile a package, or a part of one. Raises `SystemExit` if it does not compile."""
    if (data := folder / "botocore/data").is_dir():
        trim(data)
    for unread in [path for pattern in _UNREAD for path in folder.glob(pattern)]:
        shutil.rmtree(unread) if unread.is_dir() else unread.unlink()
    for record in folder.glob("*.dist-info/RECORD"):  # It has the hashes of those programs,
        record.unlink()  # which name the interpreter of this machine.
    compiled = compileall.compile_dir(
        folder,
        quiet=1,
        stripdir=str(folder),  # Tracebacks name files as they lie in the package.
        # Zipping loses the times that Python would compare: unchecked, it trusts the result.
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )
    if not compiled:
        raise SystemExit(f"Some of {folder} does not compile.")


if __name__ == "__main__":
    finish(Path(sys.argv[1]))
