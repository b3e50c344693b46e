"""What is measured: packages, unpacked as in Lambda, and the handlers in them."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from build import package
from tooling import paths

HERE = Path(__file__).parent
BUILD = paths.BUILD / "bench"


@dataclass(frozen=True, slots=True)
class Subject:
    """A function of Lambda: a package's folder, and the handler in it."""

    name: str
    folder: Path
    handler: str


def ours(function: str) -> Subject:
    """Return one of our functions, from the package that would be deployed."""
    return Subject(f"ours {function}", BUILD / "ours", f"handlers.{function}.handler")


FLOOR = Subject("floor", BUILD / "floor", "mail.handler")
FLOOR_EVENTS = Subject("floor events", BUILD / "floor", "events.handler")
TYPICAL = Subject("typical", BUILD / "typical", "app.handler")
EMPTY = Subject("empty", BUILD / "empty", "nothing.handler")


def build() -> None:
    """Make every package anew that has changed."""
    BUILD.mkdir(parents=True, exist_ok=True)
    _unpack(package.build())
    _build_floor()
    _copy(HERE / "empty", BUILD / "empty")
    _compile(BUILD / "empty")
    _build_typical()
    _compile(paths.ROOT / ".venv-bench/lib")  # The runtime client, as Lambda has it.


def megabytes(subject: Subject) -> float:
    """Return the size of a package, unzipped, in 10⁶ bytes."""
    files = (file for file in subject.folder.rglob("*") if file.is_file())
    return round(sum(file.stat().st_size for file in files if file.name != ".stamp") / 1e6, 2)


def _unpack(archive: Path) -> None:
    shutil.rmtree(BUILD / "ours", ignore_errors=True)
    with zipfile.ZipFile(archive) as zipped:
        zipped.extractall(BUILD / "ours")


def _build_floor() -> None:
    """Put the floor beside the whole SDK, as its wheels are, compiled: no other dependency."""
    source, folder = HERE / "floor", BUILD / "floor"
    digest = _digest(source)
    if _is_fresh(folder, digest):
        return
    shutil.rmtree(folder, ignore_errors=True)
    command: list[str | Path] = [paths.ROOT / ".tools/bin/uv", "pip", "install", "--quiet"]
    command += ["--python", sys.executable, "--link-mode", "copy", "--require-hashes"]
    command += ["--requirement", source / "requirements.txt", "--target", folder]
    subprocess.run(command, check=True)
    _copy(source, folder)
    _compile(folder)
    (folder / ".stamp").write_text(digest)


def _build_typical() -> None:
    """Let SAM build what SAM's examples look like, and take what it would zip."""
    source, folder = HERE / "typical", BUILD / "typical"
    digest = _digest(source)
    if _is_fresh(folder, digest):
        return
    architecture = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    command: list[str | Path] = [paths.ROOT / ".venv-sam/bin/sam", "build"]
    command += ["--template", source / "template.yaml", "--build-dir", BUILD / "sam"]
    command += ["--parameter-overrides", f"Architecture={architecture}"]
    subprocess.run(command, check=True, cwd=paths.ROOT, capture_output=True)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(BUILD / "sam/Typical", folder)
    (folder / ".stamp").write_text(digest)


def _copy(source: Path, folder: Path) -> None:
    shutil.copytree(
        source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
    )


def _compile(folder: Path) -> None:
    command = [sys.executable, "-m", "compileall", "-q", "-j0"]
    subprocess.run([*command, "--invalidation-mode", "unchecked-hash", folder], check=True)


def _digest(source: Path) -> str:
    return "".join(file.read_text() for file in sorted(source.iterdir()) if file.is_file())


def _is_fresh(folder: Path, digest: str) -> bool:
    stamp = folder / ".stamp"
    return stamp.exists() and stamp.read_text() == digest
