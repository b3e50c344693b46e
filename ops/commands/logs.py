"""`mailctl logs`: what the stack logs."""

from typing import Annotated

import typer

from ops.commands.moments import Since, moment
from ops.commands.options import AsJson, OnStack, found


def add_to(app: typer.Typer) -> None:
    """Describe the command."""
    app.command("logs")(_logs)


def _logs(
    context: typer.Context,
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="A MessageId, or whatever a line is to contain.")
    ] = "",
    *,
    since: Since = "1h",
    follow: Annotated[
        bool,
        typer.Option("--follow", metavar="", help="Go on with each line that comes, until Ctrl-C."),
    ] = False,
    as_json: AsJson = False,
    stack: OnStack = "",
) -> None:
    """Print what the functions and the API log, of all of them together, by time."""
    start = moment(context, since)
    from ops import logs

    logs.show(found(context, stack), text, start=start, follows=follow, as_json=as_json)
