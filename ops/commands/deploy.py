"""`mailctl deploy`: create or update a stack on AWS."""

import os
import shlex
from typing import Annotated

import typer

from ops.commands.options import OnStack, stack_name


def add_to(app: typer.Typer) -> None:
    """Describe the command."""
    app.command("deploy")(_deploy)


def _deploy(
    context: typer.Context,
    *,
    sender_domain: Annotated[
        str, typer.Option(metavar="DOMAIN", help="Where the mails come from. A new stack needs it.")
    ] = "",
    alarm_address: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Who hears of the alarms.")
    ] = "",
    sandbox: Annotated[
        bool | None,
        typer.Option(
            "--sandbox/--no-sandbox",
            metavar="",
            help="Whether SES's sandbox holds. Without it: AWS is asked.",
        ),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A parameter of template.yaml; several times."),
    ] = None,
    stack: OnStack = "",
) -> None:
    """Create or update a stack on AWS (`mail` without --stack), as `make deploy` does."""
    from ops.deploy import entry

    given = {
        "OPS_STACK": stack_name(context, stack),
        "OPS_SENDER_DOMAIN": sender_domain,
        "OPS_ALARM_ADDRESS": alarm_address,
        "OPS_SANDBOX": "" if sandbox is None else str(int(sandbox)),
        "OPS_PARAMETERS": shlex.join(parameter or ()),
    }
    entry.prepare()
    raise typer.Exit(entry.run(os.environ | given))
