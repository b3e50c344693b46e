"""What the doctor finds: one line, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

type Level = Literal["ok", "warning", "failure"]
"""`failure`: mails are not sent, or nobody hears what became of them. `warning`: it works, but not
as it should, or it could not be looked at."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    what: str
    """A sentence."""
    remedy: tuple[str, ...] = ()
    """Lines to copy: commands, or records for the DNS. A line that begins with `#` explains."""
    group: str = ""
    """The title of the group that it belongs to; `ops.doctor.examine` sets it."""
    is_unread: bool = False
    """Whether it only says that something could not be looked at."""


def ok(what: str) -> Finding:
    return Finding("ok", what)


def warning(what: str, *remedy: str) -> Finding:
    return Finding("warning", what, remedy)


def failure(what: str, *remedy: str) -> Finding:
    return Finding("failure", what, remedy)
