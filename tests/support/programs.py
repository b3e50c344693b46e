"""Runs the programs of callers in their own languages, each in a folder of its own."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_PACKAGES = _ROOT / "tests" / "e2e" / "clients" / "typescript"
_BUILD = _ROOT / ".build" / "clients"
_OF_NODE = ("node", "npx")


def run(commands: str, folder: Path, variables: Mapping[str, str]) -> str:
    """Let a shell run `commands` in `folder`, and return what they print.

    `python` is that of the tests, and packages of npm's are those that the tests have locked. Fails
    where one of the commands does; skips the test where a language is not installed.
    """
    tools = {line.split()[0] for line in commands.splitlines() if line.strip()}
    require(tools & {*_OF_NODE, "mcs", "mono", "php"})
    if tools & {*_OF_NODE} and not (folder / "node_modules").exists():
        (folder / "node_modules").symlink_to(node_packages())
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-e", "-c", commands],
        cwd=folder,
        env=os.environ | {"PATH": path, "npm_config_offline": "true"} | variables,
        capture_output=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    return done.stdout.decode()


def require(tools: Iterable[str]) -> None:
    """Skip the test if one of `tools` is not installed."""
    missing = sorted(tool for tool in tools if not shutil.which(tool))
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed")


def node_packages() -> Path:
    """Install what `package-lock.json` names, once; skip the test where that cannot be done."""
    require(("node", "npm"))
    lock = (_PACKAGES / "package-lock.json").read_bytes()
    folder = _BUILD / f"node-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (folder / "installed").exists():
        shutil.copytree(_PACKAGES, folder, dirs_exist_ok=True)
        command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        try:
            subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=True)
        except (subprocess.SubprocessError, OSError) as error:
            pytest.skip(f"npm could not install the client: {error}")
        (folder / "installed").touch()
    return folder / "node_modules"
