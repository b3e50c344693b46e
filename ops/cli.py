"""`mailctl`: every command of the operator's, and how it ends.

The exit status is 0, 1 for what could not be done, and 2 for what cannot be meant.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ops.commands import (
    deploy,
    doctor,
    domains,
    erase,
    logs,
    mails,
    redrive,
    smoke,
    suppressions,
    webhooks,
)
from ops.commands.options import STACK_HELP, Start, start

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ops.stack import Stack

PROGRAM = "mailctl"
_STOPPED = 130
"""What typer makes of Ctrl-C, as shells do."""
app = typer.Typer(
    help="What an operator does to a stack of the mail service.",
    epilog="Say which stack: `mailctl --stack NAME COMMAND`. Without it: the stack of `make run`.",
    pretty_exceptions_enable=False,
)
for command in (
    *(mails, webhooks, doctor, domains, suppressions, logs, redrive, erase, smoke, deploy),
):
    command.add_to(app)


@app.callback(invoke_without_command=True)
def _start(
    context: typer.Context,
    stack: Annotated[str, typer.Option("--stack", metavar="NAME", help=STACK_HELP)] = "",
) -> None:
    start(context).stack = stack
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(2)


def _find(name: str) -> Stack:
    from ops.stack import Stack  # noqa: PLC0415 - help and completion do without AWS

    return Stack.named(name)


def main(words: Sequence[str] | None = None, find: Callable[[str], Stack] = _find) -> int:
    """Run what an operator typed, on the stack that `find` finds; return the exit status."""
    try:
        status: int | None = app(words, prog_name=PROGRAM, standalone_mode=False, obj=Start(find))
    except typer.TyperException as error:
        _say_usage(error)
        return error.exit_code
    except typer.Abort:
        print("Nothing was changed.", file=sys.stderr)
        return 1
    except BrokenPipeError:  # Whoever reads (`| head`) has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # For the exit's own flush.
        return 1
    except Exception as error:
        from ops.aws_errors import MET, explained  # noqa: PLC0415 - as above

        if not isinstance(error, MET):
            raise
        print(explained(error), file=sys.stderr)
        return 1
    if status == _STOPPED:
        print("Stopped. What was done until now stays.", file=sys.stderr)
    return status or 0


def _say_usage(error: typer.TyperException) -> None:
    context = getattr(error, "ctx", None)
    if context is None:
        print(error.format_message(), file=sys.stderr)
        return
    print(context.get_usage(), file=sys.stderr)
    more = f"`{context.command_path} --help` says more."
    what = error.format_message()
    print(what if what.endswith((".", "?")) else f"{what}.", more, file=sys.stderr)
