"""`mailctl suppressions`: whom a domain mails no more."""

from typing import Annotated

import typer

from ops.commands.options import AsJson, OnStack, Yes, found

Domain = Annotated[str, typer.Argument(metavar="DOMAIN", help="The sending domain.")]
Address = Annotated[
    str, typer.Argument(metavar="ADDRESS", help="The recipient's address, in any spelling.")
]
_app = typer.Typer(help="Whom a domain mails no more.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Describe the commands."""
    app.add_typer(_app, name="suppressions")


@_app.command("list")
def _list(
    context: typer.Context, domain: Domain, *, as_json: AsJson = False, stack: OnStack = ""
) -> None:
    """List the addresses, with the reason and the message."""
    from ops import suppressions

    suppressions.show(found(context, stack), domain, as_json=as_json)


@_app.command("add")
def _add(context: typer.Context, domain: Domain, address: Address, stack: OnStack = "") -> None:
    """Mail to an address no more."""
    from ops import suppressions

    suppressions.add(found(context, stack), domain, address)


@_app.command("remove")
def _remove(
    context: typer.Context,
    domain: Domain,
    address: Address,
    *,
    yes: Yes = False,
    stack: OnStack = "",
) -> None:
    """Mail to an address again."""
    from ops import suppressions

    suppressions.remove(found(context, stack), domain, address, is_sure=yes)
