"""`mailctl erase`: remove every trace of an address, or of one message."""

from typing import Annotated

import typer

from ops.commands.options import AsJson, OnStack, Yes, found


def add_to(app: typer.Typer) -> None:
    """Describe the command."""
    app.command("erase")(_erase)


def _erase(
    context: typer.Context,
    *,
    address: Annotated[
        str, typer.Option(help="A recipient, a sender, or somebody named in a mail.")
    ] = "",
    message: Annotated[
        str, typer.Option(metavar="MESSAGE_ID", help="One message, for all its recipients.")
    ] = "",
    recipient_only: Annotated[
        bool,
        typer.Option(
            "--recipient-only",
            metavar="",
            help="Only the mails to the address: seconds, where reading everything takes hours.",
        ),
    ] = False,
    keep_suppressed: Annotated[
        bool,
        typer.Option(
            "--keep-suppressed",
            metavar="",
            help="Mail it no more, if that was so: what is kept for that is a salted hash.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", metavar="", help="Count what would go, and change nothing.")
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
    stack: OnStack = "",
) -> None:
    """Remove every trace of an address, or of one message, from the whole stack."""
    if bool(address) == bool(message):
        raise typer.BadParameter("Give either --address or --message.", ctx=context)
    if message and recipient_only:
        raise typer.BadParameter("--recipient-only belongs to --address.", ctx=context)
    from ops.erasing import command

    command.erase(
        found(context, stack),
        command.Wanted(address, message, keep_suppressed, recipient_only),
        is_dry=dry_run,
        is_sure=yes,
        as_json=as_json,
    )
