"""`mailctl redrive`: play dead letters again."""

from enum import StrEnum
from typing import Annotated

import typer

from ops.commands.options import AsJson, OnStack, Yes, found


class Which(StrEnum):
    """Whose dead letters."""

    MAILS = "mails"
    """Those of the retries and of SES's events."""
    WEBHOOKS = "webhooks"


Letters = Annotated[Which, typer.Argument(metavar="[mails|webhooks]", help="Whose letters.")]


def add_to(app: typer.Typer) -> None:
    """Describe the command."""
    app.command("redrive")(_redrive)


def _redrive(
    context: typer.Context,
    which: Letters = Which.MAILS,
    *,
    yes: Yes = False,
    as_json: AsJson = False,
    stack: OnStack = "",
) -> None:
    """Play dead letters again; mails that were given up are sent anew, if they are stored.

    Those of the webhooks are played by themselves: redrive webhooks.
    """
    if which is Which.WEBHOOKS:
        from ops import redrive_webhooks

        redrive_webhooks.redrive(found(context, stack), is_sure=yes, as_json=as_json)
        return
    from ops import redrive

    redrive.redrive(found(context, stack), is_sure=yes, as_json=as_json)
