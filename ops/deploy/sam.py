"""SAM CLI, which packages the functions and deploys the stack: called so that it asks nothing."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tooling.paths import BUILD, ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAM = ROOT / ".venv-sam/bin/sam"


def build() -> bool:
    """Make the package; say whether it is there. What SAM CLI says is shown if it is not."""
    print("Building the package (the first time: a minute) ...", flush=True)
    command = [str(_SAM), "build"]
    done = subprocess.run(
        command,
        cwd=ROOT,
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
    command line everybody on this machine could read the key.
    """
    environment = os.environ | {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(
        dir=BUILD
    ) as folder:  # Its owner's alone, as mkdtemp makes it.
        file = Path(folder) / "samconfig.yaml"
        file.write_text(yaml.safe_dump(_config(stack, region, parameters)), "utf-8")
        command = [str(_SAM), "deploy", "--config-file", str(file)]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False
        )
        return done.returncode == 0


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
