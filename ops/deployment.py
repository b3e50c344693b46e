"""What this checkout knows of a deployed stack: where it is, and the parameters somebody chose.

It is in two files that git ignores, with one `NAME=value` in a line, and only what differs from the
defaults of `template.yaml`. `deploy/STACK.env` may be edited by an operator; `deploy/STACK.last`
says how that was after the last deployment from here. `make deploy` writes both; every command for
a named stack reads the first.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from tooling.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FOLDER = ROOT / "deploy"
REGION = "AWS_REGION"
"""The region's name in the file, as in the environment."""
ACCOUNT = "AWS_ACCOUNT_ID"
_STACK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,52}")
"""What CloudFormation allows
(https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html), but 53
characters and not 128: a function's name is the stack's and up to eleven more, of 64 in all."""
_HEADS = {
    ".env": "# What of template.yaml's parameters is no default. A deployment writes this anew.\n",
    ".last": "# How the .env beside this was deployed from here the last time. Do not edit it.\n",
}


@dataclass(frozen=True, slots=True)
class Deployment:
    """A stack's file. `ValueError` says in which line something is wrong."""

    stack: str
    region: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    account: str | None = None
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    """In which line of the file a parameter stands, from 1."""

    @classmethod
    def of(cls, stack: str) -> Self | None:
        """Read the file of a stack, or return None if there is none (or can be none)."""
        return cls._read(stack, path_of(stack))

    @classmethod
    def last_of(cls, stack: str) -> Self | None:
        """Read how the file was when it was deployed from here the last time."""
        return cls._read(stack, last_path_of(stack))

    @classmethod
    def _read(cls, stack: str, path: Path) -> Self | None:
        if not is_stack_name(stack) or not path.exists():
            return None
        held: dict[str, str] = {}
        lines: dict[str, int] = {}
        for number, name, value in _entries(path):
            if name in held:
                raise ValueError(f"{shown(path)}, line {number}: {name} is there twice.")
            held[name], lines[name] = value, number
        region, account = (held.pop(name, "").strip() or None for name in (REGION, ACCOUNT))
        return cls(stack, region, held, account, lines)

    def write(self) -> None:
        """Replace both files. Only their owner may read them: they may hold a key."""
        place = {REGION: self.region or "", ACCOUNT: self.account or ""}
        lines = {name: value for name, value in place.items() if value} | {**self.parameters}
        if many := [name for name, value in lines.items() if "\n" in value]:
            raise ValueError(f"{many[0]} must be one line.")
        text = "".join(f"{name}={value}\n" for name, value in lines.items())
        # In this order: if only the first is written, the next deployment sends the same again.
        for path in (path_of(self.stack), last_path_of(self.stack)):
            private_file(path, _HEADS[path.suffix] + text)


def require_writable(stack: str) -> None:
    """Raise `ValueError` or `OSError` if the files could not be written after a deployment."""
    for path in (path_of(stack), last_path_of(stack)):
        if path.exists() and not path.is_file():
            raise ValueError(f"{shown(path)} is no file, and would be written: move it away.")
    probe = FOLDER / f"{stack}.new"
    private_file(probe, "")
    probe.unlink()


def private_file(path: Path, text: str) -> None:
    """Write a file that only its owner can read, in place of whatever is there."""
    path.parent.mkdir(exist_ok=True)
    new = path.with_name(f"{path.name}~")
    new.unlink(missing_ok=True)
    opened = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    new.replace(path)


def _entries(path: Path) -> Iterator[tuple[int, str, str]]:
    """Yield line, name and value. Only a line feed ends a line: a value may hold any other."""
    for number, line in enumerate(_text(path).split("\n"), 1):
        name, equals, value = line.partition("=")
        if line.strip() and not line.startswith("#"):
            if not equals or not name.strip():
                raise ValueError(f"{shown(path)}, line {number}: a line is NAME=value.")
            yield number, name.strip(), value


def _text(path: Path) -> str:
    held = path.read_bytes()
    try:
        return held.decode("utf-8")
    except UnicodeDecodeError as error:
        line = held.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{shown(path)}, line {line}: save the file as UTF-8.") from None


def path_of(stack: str) -> Path:
    return FOLDER / f"{stack}.env"


def last_path_of(stack: str) -> Path:
    return FOLDER / f"{stack}.last"


def shown(path: Path) -> str:
    """Return a path as its reader would type it, in the folder of the checkout."""
    return path.relative_to(ROOT).as_posix()


def is_stack_name(text: str) -> bool:
    """Whether a stack of ours can have this name."""
    return _STACK_NAME.fullmatch(text) is not None
