"""SAM CLI, which packages the functions and deploys the stack: called so that it asks nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import yaml

from ops import deployment
from tooling.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_SAM = ROOT / ".venv-sam/bin/sam"
_SECONDS_TO_END = 10
_WIDTH = 160
"""How wide SAM CLI's tables are where there is no terminal; at 80 a row is broken into five."""


def build() -> bool:
    """Make the package; say whether it is there. What SAM CLI says is shown if it is not."""
    print("Building the package (the first time: a minute) ...", flush=True)
    command = [str(_SAM), "build"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout)
    return done.returncode == 0


def deploy(stack: str, region: str, parameters: Mapping[str, str]) -> bool:
    """Create or update a stack from what was built, and wait for it; say whether it succeeded.

    The parameters go through a file that only its owner may read, and that is gone afterwards: on a
    command line everybody on this machine could read the key. It has one place, so that the next
    deployment replaces one that was left behind by a machine that went down.
    """
    file = deployment.FOLDER / f"{stack}.samconfig.yaml"
    try:
        deployment.private_file(file, yaml.safe_dump(_config(stack, region, parameters)))
        return _run([str(_SAM), "deploy", "--config-file", str(file)], region)
    finally:
        file.unlink(missing_ok=True)


def _run(command: list[str], region: str) -> bool:
    """Let SAM CLI run, and show what it says as it comes. If we are stopped, so is it."""
    width = shutil.get_terminal_size((_WIDTH, 0)).columns
    environment = _environment() | {
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "COLUMNS": str(width),
        "PYTHONUNBUFFERED": "1",
    }
    process: subprocess.Popen[str] | None = None
    try:
        with signals_waiting():
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        with process:
            for line in worth_showing(process.stdout or ()):
                print(line, end="", flush=True)
    except BaseException:
        if process:
            _end(process)
        raise
    return process.returncode == 0


def _environment() -> dict[str, str]:
    """Return our own, without what leads Python to our modules: SAM CLI's would be lost by it."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


@contextmanager
def signals_waiting() -> Iterator[None]:
    """Let signals come afterwards: a process that is just being started would be lost by one."""
    came: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _frame: came.append(number))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for first in came[:1]:
            signal.raise_signal(first)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()


def worth_showing(lines: Iterable[str]) -> Iterator[str]:
    """Leave out what is ours already: all parameters in one line, and the table of the outputs."""
    is_outputs = False
    for line in lines:
        if line.startswith("CloudFormation outputs from deployed stack"):
            is_outputs = True
        elif line.startswith("Successfully created/updated stack"):
            is_outputs = False
        if not is_outputs and not line.startswith("\tParameter overrides "):
            yield line


def _config(stack: str, region: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    options = {
        "stack_name": stack,
        "region": region,
        "parameter_overrides": {name: quoted(value) for name, value in parameters.items()},
        "capabilities": "CAPABILITY_IAM",
        "confirm_changeset": False,
        "fail_on_empty_changeset": False,
        "resolve_s3": True,
        "s3_prefix": stack,
        "no_progressbar": True,
    }
    return {"version": 0.1, "default": {"deploy": {"parameters": options}}}


def quoted(value: str) -> str:
    r"""Write a value so that SAM CLI reads it as it is.

    It takes a pair of quotes off and then reads `\ `, `\"` and `\'` as what follows the backslash,
    one kind after the other (samcli/cli/types.py, `_unquote_wrapped_quotes`): this undoes that.
    """
    for character in ("'", '"', " "):
        value = value.replace(character, f"\\{character}")
    return f'"{value}"'
