"""`mailctl doctor`: what works, and what mends the rest."""

from typing import Annotated

import typer

from ops.commands.options import AsJson, OnStack, found


def add_to(app: typer.Typer) -> None:
    """Describe the command."""
    app.command("doctor")(_doctor)


def _doctor(
    context: typer.Context,
    *,
    mail: Annotated[
        bool,
        typer.Option(
            "--mail/--no-mail", metavar="", help="Send a mail to SES's mailbox simulator."
        ),
    ] = True,
    dns: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="The DNS server to ask, as 192.0.2.1 or 192.0.2.1:53. Without it: this machine's.",
        ),
    ] = "",
    as_json: AsJson = False,
    stack: OnStack = "",
) -> None:
    """Look what works, and what mends the rest.

    The exit status is 1 if anything has failed; warnings do not count.
    """
    from ops.doctor import command

    raise typer.Exit(command.run(found(context, stack), sends_mail=mail, dns=dns, as_json=as_json))
