"""The package that is deployed: one for both processors, the same bytes from the same input.

`python -m build.package FOLDER` puts it there; that is how `sam build` makes every function. It
needs Python 3.13 and uv, but no Docker, and no interpreter of the processor that it is for.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tooling.paths import BUILD, ROOT, SOURCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

FOLDER = BUILD / "package"
_PLATFORMS = ("aarch64-manylinux2014", "x86_64-manylinux2014")
"""Lambda's. What is compiled for them has names of its own, so both lie side by side."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip knows; SAM's zips have it too."""


class BuildError(Exception):
    """The package cannot be built; the text says why."""


def build(say: Callable[[str], None] = print) -> Path:
    """Make `FOLDER` anew if something that goes into it has changed; return it as a zip."""
    BUILD.mkdir(exist_ok=True)
    with _alone():
        dependencies = _dependencies(say)
        archive = FOLDER.with_suffix(".zip")
        digest = _digest([*_source_files(), dependencies / ".stamp"])
        if not archive.exists() or _stamp(FOLDER) != digest:
            say("Packing the functions ...")
            _assemble(dependencies)
            _zip(archive)
            (FOLDER / ".stamp").write_text(digest)
        return archive


def _dependencies(say: Callable[[str], None]) -> Path:
    folder, lock = BUILD / "dependencies", SOURCE / "requirements.txt"
    rules = [Path(__file__).with_name(name) for name in ("package.py", "finish.py", "trim.py")]
    digest = _digest([lock, *rules], sys.platform, sys.version)
    if _stamp(folder) != digest:
        say("Installing the functions' dependencies ...")
        shutil.rmtree(folder, ignore_errors=True)
        for platform in _PLATFORMS:
            _install(lock, folder, "--python-platform", platform)
        if sys.platform != "linux":  # The functions of `make run` are programs of this machine.
            _install(lock, folder)
        _finish(folder)
        (folder / ".stamp").write_text(digest)
    return folder


def _install(lock: Path, folder: Path, *platform: str) -> None:
    """Add what `lock` names to `folder`: from wheels only, checked by hash."""
    command: list[str | Path] = [ROOT / ".tools/bin/uv", "pip", "install", "--quiet"]
    command += ["--python", sys.executable, "--python-version", "3.13", *platform]
    command += ["--only-binary", ":all:", "--require-hashes", "--requirement", lock]
    with tempfile.TemporaryDirectory(dir=BUILD) as own:  # uv passes over what is there already.
        _run([*command, "--link-mode", "copy", "--target", own], "be installed")
        shutil.copytree(own, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))


def _finish(folder: Path) -> None:
    _run([sys.executable, "-m", "build.finish", folder], "be finished")


def _run(command: list[str | Path], what: str) -> None:
    result = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if result.returncode:
        said = f"{result.stdout}{result.stderr}".strip()
        raise BuildError(f"The package cannot {what}:\n{said}")


def _assemble(dependencies: Path) -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    shutil.copytree(SOURCE, FOLDER, ignore=shutil.ignore_patterns("__pycache__"))
    _finish(FOLDER)
    hidden = shutil.ignore_patterns(".*")
    shutil.copytree(dependencies, FOLDER, ignore=hidden, dirs_exist_ok=True)


def _zip(archive: Path) -> None:
    """Zip without compressing: it never leaves this machine, and every cold start unpacks it."""
    with zipfile.ZipFile(archive.with_suffix(".new"), "w") as package:
        for file in sorted(FOLDER.rglob("*")):
            if file.is_file():
                entry = zipfile.ZipInfo(str(file.relative_to(FOLDER)), _EPOCH)
                entry.external_attr = 0o644 << 16
                package.writestr(entry, file.read_bytes())
    archive.with_suffix(".new").replace(archive)


def _source_files() -> Iterator[Path]:
    for file in sorted(SOURCE.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file


def _digest(files: Iterable[Path], *words: str) -> str:
    digest = hashlib.sha256("\0".join(words).encode())
    for file in files:
        content = file.read_bytes()
        digest.update(f"\0{file.relative_to(ROOT)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _stamp(folder: Path) -> str | None:
    stamp = folder / ".stamp"
    return stamp.read_text() if stamp.exists() else None


@contextmanager
def _alone() -> Iterator[None]:
    """Keep other builds that start at the same time waiting."""
    lock = os.open(BUILD / ".lock", os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


if __name__ == "__main__":
    try:
        build()
    except BuildError as failure:
        sys.exit(str(failure))
    shutil.copytree(FOLDER, sys.argv[1], ignore=shutil.ignore_patterns(".*"), dirs_exist_ok=True)
