"""What a command lists: as a table for people, as JSON for programs."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from ops.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDE = 10_000
"""Where no person reads it, a row is one line, however long."""


def print_table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], noun: str, plural: str = ""
) -> None:
    """Print rows below their headings, and how many there are: `2 domains`."""
    from rich.console import Console  # noqa: PLC0415 - a twentieth of a second, for tables only
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console(width=None if sys.stdout.isatty() else _WIDE)
    with console.capture() as shown:
        console.print(table)
    print(*(line.rstrip() for line in shown.get().splitlines()), sep="\n")
    print(counted(len(rows), noun, plural))


def print_json(value: Any) -> None:
    """Print a value as JSON: an object or a list, over several lines."""
    print(json.dumps(value, ensure_ascii=False, indent=2))
