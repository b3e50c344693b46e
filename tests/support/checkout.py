"""A checkout for a command that writes into its checkout, and a terminal to type it in."""

import os
import pty
import select
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import yaml

from local.localize import localize
from support.paths import ROOT

_FILES = (".python-version", "Makefile", "mailctl", "samconfig.toml", "template.yaml")
_FOLDERS = ("build", "ops", "requirements", "src", "tooling")
_SHARED = (".build", ".tools", ".venv", ".venv-sam")
"""What `make` has made: its age is compared with that of `requirements`, which is kept."""


class Typed(NamedTuple):
    """A command that has ended, and what it showed."""

    status: int
    shown: str


def checkout(folder: Path) -> Path:
    """Copy what `make deploy` needs; nothing of it is changed, and what it writes is its own."""
    folder.mkdir()
    for name in _FILES:
        shutil.copy2(ROOT / name, folder / name)
    for name in _FOLDERS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    (ROOT / ".build").mkdir(exist_ok=True)  # Nobody may have built anything yet.
    for name in _SHARED:
        (folder / name).symlink_to(ROOT / name)
    return folder


def make_deployable(folder: Path) -> None:
    """Put the template there that MiniStack can deploy to the end: `local.localize`."""
    template = folder / "template.yaml"
    localized = localize(template.read_text(), "src/", {})
    template.write_text(yaml.safe_dump(localized, sort_keys=False, width=10_000))


def typed(command: str, folder: Path, variables: Mapping[str, str], seconds: float = 240) -> Typed:
    """Let a shell run a command where there is no terminal, and nothing to read."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )
    return Typed(done.returncode, done.stdout)


def typed_in_a_terminal(
    command: str, folder: Path, variables: Mapping[str, str], seconds: float = 240
) -> Typed:
    """Let a shell run a command in a terminal where nobody types: what asks waits until the end."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        ["bash", "-c", command],
        cwd=folder,
        env={**variables, "TERM": "xterm", "COLUMNS": "100"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        shown, deadline = b"", time.monotonic() + seconds
        try:
            while time.monotonic() < deadline:
                if select.select([ours], [], [], 0.2)[0]:
                    try:
                        shown += os.read(ours, 65_536)
                    except OSError:  # Linux's way to say that the last of them has closed it.
                        break
                elif process.poll() is not None:
                    break
            else:
                raise AssertionError(f"It waits for something:\n{shown[-2_000:].decode()}")
        finally:
            if process.poll() is None and time.monotonic() >= deadline:
                process.kill()
            os.close(ours)
        process.wait(10)
    return Typed(process.returncode, shown.decode(errors="replace").replace("\r\n", "\n"))
