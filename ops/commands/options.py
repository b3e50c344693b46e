"""Options that several commands have, and how a command finds its stack."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ops.stack import Stack

STACK_HELP = "A deployed stack. Without it: the stack of `make run`."
OnStack = Annotated[str, typer.Option("--stack", metavar="NAME", help=STACK_HELP)]
AsJson = Annotated[bool, typer.Option("--json", metavar="", help="Print JSON, for a program.")]
Yes = Annotated[bool, typer.Option("--yes", metavar="", help="Do it without asking, in a script.")]


@dataclass(slots=True)
class Start:
    """What stands before the command's name, and how stacks are found by it."""

    find: Callable[[str], "Stack"]
    stack: str = ""


def found(context: typer.Context, stack: str) -> "Stack":
    """Return the stack that a command is for; its name may stand before or behind the command's.

    Raises what `ops.stack.Stack.named` raises.
    """
    return start(context).find(stack_name(context, stack))


def stack_name(context: typer.Context, stack: str) -> str:
    """Return the stack's name, "" for that of `make run`."""
    return stack or start(context).stack


def start(context: typer.Context) -> Start:
    """Return what the first callback has made."""
    held: Start = context.obj
    return held
