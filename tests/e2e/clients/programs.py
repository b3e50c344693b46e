"""How to run a client program, by the kind of file that it is."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

_BUILD = Path(__file__).parents[3] / ".build" / "clients"


def command(program: Path, folder: Path) -> list[str | Path]:
    """Return the command that runs `program`, after building it in `folder` if it needs that.

    Skips the test where a language is not installed.
    """
    return _COMMANDS[program.suffix](program, folder)


def _node(program: Path, folder: Path) -> list[str | Path]:
    """Node finds packages from where a program lies, so the programs go to the packages."""
    shutil.copytree(program.parent, folder, dirs_exist_ok=True)
    (folder / "node_modules").symlink_to(_node_packages(program.parent))
    return ["node", folder / program.name]


def _node_packages(source: Path) -> Path:
    """Install what `package-lock.json` names, once; skip the test where that cannot be done."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are not installed")
    lock = (source / "package-lock.json").read_bytes()
    folder = _BUILD / f"node-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (folder / "installed").exists():
        shutil.copytree(source, folder, dirs_exist_ok=True)
        command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        try:
            subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=True)
        except (subprocess.SubprocessError, OSError) as error:
            pytest.skip(f"npm could not install the client: {error}")
        (folder / "installed").touch()
    return folder / "node_modules"


def _mono(program: Path, folder: Path) -> list[str | Path]:
    """Compile with the types that a test has put into the folder, else with ours."""
    if not (shutil.which("mcs") and shutil.which("mono")):
        pytest.skip("mono and its compiler are not installed")
    references = ("System.Runtime.Serialization.dll", "System.Net.Http.dll")
    compiler = ["mcs", "-out:program.exe", *(f"-r:{name}" for name in references)]
    compiled = subprocess.run(
        [*compiler, program, *(sorted(folder.glob("*.cs")) or [program.with_name("Dtos.cs")])],
        cwd=folder,
        capture_output=True,
        timeout=60,
        check=False,
    )
    if b"error CS0006" in compiled.stderr + compiled.stdout:
        pytest.skip(f"mono lacks one of {', '.join(references)}")
    assert compiled.returncode == 0, (compiled.stdout + compiled.stderr).decode()
    return ["mono", folder / "program.exe"]


_COMMANDS: dict[str, Callable[[Path, Path], list[str | Path]]] = {
    ".sh": lambda program, _: ["sh", program],
    ".py": lambda program, _: [sys.executable, "-W", "error", program],
    ".mjs": _node,
    ".cs": _mono,
}
