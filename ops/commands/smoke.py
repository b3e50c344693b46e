"""`mailctl smoke`: try a stack from outside."""

import typer

from ops.commands.options import OnStack, found


def add_to(app: typer.Typer) -> None:
    """Describe the command."""
    app.command("smoke")(_smoke)


def _smoke(context: typer.Context, stack: OnStack = "") -> None:
    """Try a stack from outside, with mails to SES's mailbox simulator.

    The exit status is 1 if anything is different.
    """
    from ops.smoke import command

    raise typer.Exit(command.run(found(context, stack)))
