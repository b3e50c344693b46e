"""The programs that a stack is made of: how they start, when they are there, and that they end."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class StackError(Exception):
    """The stack cannot run; the text says why, in a line for people."""


@dataclass(frozen=True, slots=True)
class Program:
    """A running program, leader of a process group of its own."""

    process: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(
        cls, command: Sequence[str | Path], *, env: Mapping[str, str], log: Path, cwd: Path
    ) -> Program:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone, and we end the others in order.
            )
        return cls(process, log)

    @property
    def name(self) -> str:
        return self.log.stem

    @property
    def obituary(self) -> str | None:
        """A line about its end, or None while it lives."""
        code = self.process.poll()
        return None if code is None else f"{self.name} ended by itself ({code}), see {self.log}"

    def await_answer(self, url: str, *, seconds: float = 20) -> None:
        """Return as soon as anything answers at `url`, or raise `StackError`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.obituary:
                raise StackError(self.obituary)
            if _answers(url):
                return
            time.sleep(0.03)
        raise StackError(f"{self.name} does not answer after {seconds:g} seconds, see {self.log}")

    def stop(self) -> None:
        """End the whole group, as `stop` does."""
        stop([self])

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole group, if it is still there."""
        with suppress(ProcessLookupError, PermissionError):  # PermissionError: macOS, for a zombie.
            os.killpg(self.process.pid, number)


def stop(programs: Sequence[Program], *, seconds: float = 2) -> None:
    """End the groups of all `programs` at once: politely, and after `seconds` for good."""
    deadline = time.monotonic() + seconds
    for program in programs:
        program.signal(signal.SIGTERM)
    for program in programs:
        with suppress(subprocess.TimeoutExpired):
            program.process.wait(max(0.0, deadline - time.monotonic()))
    for program in programs:
        program.signal(signal.SIGKILL)
        program.process.wait()


def _answers(url: str) -> bool:
    try:
        _NO_PROXY.open(url, timeout=2).close()
    except urllib.error.HTTPError as error:
        error.close()
    except OSError:
        return False
    return True
