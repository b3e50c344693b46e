"""`mailctl redrive`: play dead letters again."""

import typer

from ops.commands.options import AsJson, OnStack, Yes, found


def add_to(app: typer.Typer) -> None:
    """Describe the command."""
    app.command("redrive")(_redrive)


def _redrive(
    context: typer.Context, *, yes: Yes = False, as_json: AsJson = False, stack: OnStack = ""
) -> None:
    """Play dead letters again; mails that were given up are sent anew, if they are stored."""
    from ops import redrive

    redrive.redrive(found(context, stack), is_sure=yes, as_json=as_json)
