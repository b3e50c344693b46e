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


def finish(folder: Path) -> None:
    """Trim and compile a package, or a part of one. Raises `SystemExit` if it does not compile."""
    if (data := folder / "botocore/data").is_dir():
        trim(data)
    shutil.rmtree(folder / "bin", ignore_errors=True)
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
