"""What a built package needs before it is zipped: less of botocore, and lasting bytecode.

`make run` uses it on its package, `make build` (`python -m local.finish FOLDER ...`) on SAM's.
"""

from __future__ import annotations

import compileall
import shutil
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

SERVICES = ("dynamodb", "s3", "sesv2", "sqs")
"""The services that `src/` makes clients for."""


def prune(folder: Path) -> None:
    """Remove botocore's descriptions of services that we never call: half of the package."""
    data = folder / "botocore" / "data"
    for service in data.iterdir() if data.is_dir() else ():
        if service.is_dir() and service.name not in SERVICES:
            shutil.rmtree(service)
    shutil.rmtree(folder / "bin", ignore_errors=True)


def compile_bytecode(folder: Path) -> None:
    """Compile so that Python trusts the result: zipping loses the times it would compare."""
    compiled = compileall.compile_dir(
        folder,
        quiet=1,
        workers=0,
        stripdir=str(folder),  # Tracebacks name files as they lie in the package.
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )
    if not compiled:
        raise SystemExit(f"Some of {folder} does not compile.")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        prune(Path(name))
        compile_bytecode(Path(name))
