"""Runs the programs of callers in their own languages, each in a folder of its own."""

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import NamedTuple

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
    done = subprocess.run(
        ["sh", "-e", "-c", commands],
        cwd=folder,
        env=_environment(commands, folder) | variables,
        capture_output=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    return done.stdout.decode()


class Running(NamedTuple):
    """A program that serves, and what it prints."""

    lines: Queue[str]

    def next_line(self, seconds: float = 20) -> str:
        """Wait for the next line that it prints, without its end."""
        return self.lines.get(timeout=seconds)

    @property
    def is_silent(self) -> bool:
        """Whether it has printed nothing that was not asked for yet."""
        return self.lines.empty()


@contextmanager
def running(
    commands: str, folder: Path, variables: Mapping[str, str], port: int
) -> Iterator[Running]:
    """Run `commands` as `run` does; the last of them serves at `port` until the end of the block.

    Fails if nobody listens there after a minute.
    """
    lines: Queue[str] = Queue()
    errors = folder / "stderr.txt"
    with errors.open("wb") as stderr:
        process = subprocess.Popen(
            ["sh", "-e", "-c", commands],
            cwd=folder,
            env=_environment(commands, folder) | variables,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            start_new_session=True,
        )
    output = process.stdout
    assert output
    reader = Thread(target=lambda: [lines.put(line.rstrip("\n")) for line in output])
    reader.start()
    try:
        deadline = time.monotonic() + 60
        while not _listens(port):
            assert process.poll() is None, errors.read_text()
            assert time.monotonic() < deadline, errors.read_text()
            time.sleep(0.05)
        yield Running(lines)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        reader.join()
        output.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _environment(commands: str, folder: Path) -> dict[str, str]:
    tools = {line.split()[0] for line in commands.splitlines() if line.strip()}
    require(tools & {*_OF_NODE, "mcs", "mono", "php"})
    if tools & {*_OF_NODE} and not (folder / "node_modules").exists():
        (folder / "node_modules").symlink_to(node_packages())
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "npm_config_offline": "true"}


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
