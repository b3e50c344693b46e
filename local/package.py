"""The package that would be deployed, built for the processor of this machine."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
BUILD = ROOT / ".build"


class BuildError(Exception):
    """The package cannot be built; the text says why."""


def build(say: Callable[[str], None] = print) -> Path:
    """Return the zipped package, made anew only if something that goes into it has changed."""
    BUILD.mkdir(exist_ok=True)
    with _alone():
        dependencies = _dependencies(say)
        archive = BUILD / "package.zip"
        digest = _digest([*_source_files(), dependencies / ".stamp"])
        if not archive.exists() or _stamp(BUILD / "package") != digest:
            say("Packing the functions ...")
            folder = _assemble(dependencies)
            _zip(folder, archive)
            (folder / ".stamp").write_text(digest)
        return archive


def _dependencies(say: Callable[[str], None]) -> Path:
    folder, lock = BUILD / "dependencies", SOURCE / "requirements.txt"
    rules = [Path(__file__), Path(__file__).with_name("finish.py")]
    digest = _digest([lock, *rules], platform.platform(), platform.python_version())
    if _stamp(folder) != digest:
        say("Installing the functions' dependencies ...")
        shutil.rmtree(folder, ignore_errors=True)
        _install(lock, folder)
        _finish(folder)
        (folder / ".stamp").write_text(digest)
    return folder


def _install(lock: Path, folder: Path) -> None:
    """Install from wheels only, checked by hash, for the Python that runs the functions here."""
    command: list[str | Path] = [
        ROOT / ".tools/bin/uv",
        "pip",
        "install",
        "--quiet",
        "--link-mode",
        "copy",
    ]
    command += ["--python", sys.executable, "--python-version", "3.13", "--only-binary", ":all:"]
    command += ["--require-hashes", "--requirement", lock, "--target", folder]
    result = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if result.returncode:
        raise BuildError(f"The dependencies cannot be installed:\n{result.stderr.strip()}")


def _finish(folder: Path) -> None:
    """Prune and compile in a program of its own: its workers import the main module again."""
    command: list[str | Path] = [sys.executable, "-m", "local.finish", folder]
    result = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if result.returncode:
        raise BuildError(f"The package cannot be finished:\n{result.stdout}{result.stderr}".strip())


def _assemble(dependencies: Path) -> Path:
    folder = BUILD / "package"
    shutil.rmtree(folder, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__", ".stamp")
    shutil.copytree(SOURCE, folder, ignore=ignored)
    _finish(folder)
    shutil.copytree(dependencies, folder, ignore=shutil.ignore_patterns(".*"), dirs_exist_ok=True)
    return folder


def _zip(folder: Path, archive: Path) -> None:
    """Zip without compressing: it never leaves this machine, and every cold start unpacks it."""
    with zipfile.ZipFile(archive.with_suffix(".new"), "w") as package:
        for file in sorted(folder.rglob("*")):
            package.write(file, file.relative_to(folder))
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
    """Keep other stacks that start at the same time waiting."""
    lock = os.open(BUILD / ".lock", os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
