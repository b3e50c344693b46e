"""Running the tests on a mutant, in a copy of the repository and in a process of its own.

A worker loads once what all runs need and is not ours (moto, botocore, hypothesis), and forks for
every mutant: the fork begins where the tests begin.
"""

import importlib
import os
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from mutation.mutants import ROOT, Mutant

COPIES = ROOT / ".build/mutants" / str(os.getpid())
"""Made by the process that is asked, so that two of them do not meet."""
_NEEDED = (
    *("src", "tests", "events", "docs", "requirements"),
    *("build", "local", "ops", "tooling", "benchmarks"),
)
_LOADED = (
    "boto3",
    "hypothesis",
    "moto.dynamodb.models",
    "moto.s3.models",
    "moto.sqs.models",
    "pydantic",
    "pytest",
)
_OPTIONS = [
    *("-x", "-q", "-m", "not slow", "-p", "no:cacheprovider", "-p", "no:xdist"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # Of what the worker has loaded before.
]
_FAILED = (1, 2)
"""pytest's exit codes: a test failed; the tests could not be imported."""


class Broken(Exception):
    """The tests say nothing about a mutant: they fail without one, or do not run."""


class Worker:
    """A copy of the repository, and the way to run tests in it."""

    def __init__(self, number: int) -> None:
        self.home = COPIES / str(number)
        shutil.rmtree(self.home, ignore_errors=True)
        for name in _NEEDED:
            if (ROOT / name).is_dir():
                skipped = shutil.ignore_patterns("__pycache__", "node_modules")
                shutil.copytree(ROOT / name, self.home / name, ignore=skipped)
        for path in ROOT.glob("*.*"):
            if path.is_file():
                shutil.copy(path, self.home)
        for name in _LOADED:
            importlib.import_module(name)

    def seconds(self, tests: Sequence[str]) -> float:
        """Run tests on the code as it is and say how long they take; raises `Broken`."""
        start = time.monotonic()
        if code := self._run(tests, limit=3600, writes=True):
            log = (self.home / "output.txt").read_text()[-2000:]
            raise Broken(f"The tests fail without any mutant ({code}):\n{log}")
        # A mutant must not be taken for the module that it was made of.
        for cache in (self.home / "src").rglob("__pycache__"):
            shutil.rmtree(cache)
        return time.monotonic() - start

    def kills(self, mutant: Mutant, tests: Sequence[str], limit: float) -> bool:
        """Say whether a test fails, or all of them take longer than `limit` seconds."""
        path = self.home / "src" / mutant.module
        original = path.read_text()
        path.write_text(mutant.code)
        try:
            code = self._run(tests, limit)
        finally:
            path.write_text(original)
        if code not in (0, *_FAILED, None):
            raise Broken(f"pytest ended with {code}: {mutant}")
        return code != 0

    def _run(self, tests: Sequence[str], limit: float, *, writes: bool = False) -> int | None:
        """Return pytest's exit code; None if it had to be stopped."""
        child = os.fork()
        if child == 0:
            self._become_pytest(tests, writes=writes)
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                # A signal (a mutant that eats its stack) is a failure, too.
                return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1
            time.sleep(0.02)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return None

    def _become_pytest(self, tests: Sequence[str], *, writes: bool) -> None:
        code = 3
        try:
            os.setsid()
            os.chdir(self.home)
            output = os.open("output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(output, 1)
            os.dup2(output, 2)
            sys.dont_write_bytecode = not writes
            sys.path[:] = [place for place in sys.path if not _is_ours(place)]
            import pytest  # noqa: PLC0415 - loaded by the worker

            code = int(pytest.main([*_OPTIONS, *tests]))
        except BaseException:  # noqa: BLE001 - told in the output; nothing may run on in a fork
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)


def _is_ours(place: str) -> bool:
    """Say whether a place to import from is the repository's own, and not its copy's."""
    path = Path(place).resolve()
    return path.is_relative_to(ROOT) and not any(part.startswith(".venv") for part in path.parts)
