"""What this checkout knows of a deployed stack: its region, and the parameters that somebody chose.

It is a file that git ignores, `deploy/STACK.env`: one `NAME=value` in a line, and only what differs
from the defaults of `template.yaml`. `make deploy` writes it; every command with `STACK=` reads it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import boto3

from tooling.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FOLDER = ROOT / "deploy"
REGION = "AWS_REGION"
"""The region's name in the file, and in the environment, where it goes before the file's."""
_STACK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,52}")
"""What CloudFormation allows
(https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html), but 53
characters and not 128: a function's name is the stack's and up to eleven more, of 64 in all."""
_HEAD = "# What of template.yaml's parameters is not its default. `make deploy` writes this anew.\n"


@dataclass(frozen=True, slots=True)
class Deployment:
    """A stack's file. `ValueError` says in which line something is wrong."""

    stack: str
    region: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, stack: str) -> Self | None:
        """Read the file of a stack, or return None if there is none (or can be none)."""
        path = path_of(stack)
        if not is_stack_name(stack) or not path.is_file():
            return None
        held: dict[str, str] = {}
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            name, equals, value = line.partition("=")
            if line.strip() and not line.startswith("#"):
                if not equals:
                    raise ValueError(f"{shown(path)}, line {number}: a line is NAME=value.")
                held[name.strip()] = value
        return cls(stack, held.pop(REGION, "").strip() or None, held)

    def write(self) -> None:
        """Replace the file. Only its owner may read it: it may hold a key."""
        lines = {REGION: self.region or "", **self.parameters}
        text = _HEAD + "".join(f"{name}={value}\n" for name, value in lines.items())
        path = path_of(self.stack)
        path.parent.mkdir(exist_ok=True)
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        new.replace(path)


def path_of(stack: str) -> Path:
    return FOLDER / f"{stack}.env"


def shown(path: Path) -> str:
    """Return a path as its reader would type it, in the folder of the checkout."""
    return path.relative_to(ROOT).as_posix()


def is_stack_name(text: str) -> bool:
    """Whether a stack of ours can have this name."""
    return _STACK_NAME.fullmatch(text) is not None


def region_of_environment() -> str | None:
    """Return the region that a variable names, in the order of the AWS CLI."""
    return os.environ.get(REGION) or os.environ.get("AWS_DEFAULT_REGION")


def session_for(stack: str) -> boto3.Session:
    """Return AWS as the AWS CLI has it, in the region of the environment, else in the stack's.

    The stack's goes before that of a profile, which is for everything that somebody does.
    """
    region = region_of_environment()
    if not region and (deployment := Deployment.of(stack)):
        region = deployment.region
    return boto3.Session(region_name=region)
