"""`mailctl find`, `show`, `resend` and `cancel`: where a mail is, and what can be done about it."""

from typing import Annotated

import typer

from ops.commands.moments import Since, rfc3339
from ops.commands.options import AsJson, OnStack, Yes, found

Message = Annotated[
    str, typer.Argument(metavar="MESSAGE_ID", help="The service's id of the mail, or SES's.")
]
To = Annotated[str, typer.Option("--to", metavar="ADDRESS", help="A recipient: To, CC or BCC.")]
NewTo = Annotated[str, typer.Option("--to", metavar="ADDRESSES", help="Other recipients.")]
Reference = Annotated[str, typer.Option(metavar="TEXT", help="The caller's own id, all of it.")]
Status = Annotated[
    str, typer.Option(metavar="STATUS", help="A status, or several with commas between.")
]
Domain = Annotated[str, typer.Option(metavar="DOMAIN", help="The sending domain.")]
Limit = Annotated[int, typer.Option(metavar="NUMBER", min=1, help="How many at most.")]
Undelivered = Annotated[
    bool, typer.Option("--undelivered", metavar="", help="Only to whom it has not reached.")
]


def add_to(app: typer.Typer) -> None:
    """Describe the commands."""
    for name, command in (("find", _find), ("show", _show), ("resend", _resend)):
        app.command(name)(command)
    app.command("cancel")(_cancel)


def _find(
    context: typer.Context,
    *,
    to: To = "",
    reference: Reference = "",
    status: Status = "",
    domain: Domain = "",
    since: Since = "",
    until: Since = "",
    limit: Limit = 50,
    as_json: AsJson = False,
    stack: OnStack = "",
) -> None:
    """List mails, the newest first."""
    from core.contract.mails import FindMails
    from ops import mails

    request = FindMails(
        recipient=to or None,
        reference=reference or None,
        status=status or None,
        domain=domain or None,
        since=rfc3339(context, since),
        until=rfc3339(context, until),
    )
    mails.find(found(context, stack), request, limit, as_json=as_json)


def _show(
    context: typer.Context, message_id: Message, *, as_json: AsJson = False, stack: OnStack = ""
) -> None:
    """Show a mail, and all that has happened to it."""
    from ops import mails

    mails.show(found(context, stack), message_id, as_json=as_json)


def _resend(
    context: typer.Context,
    message_id: Message,
    to: NewTo = "",
    *,
    undelivered: Undelivered = False,
    yes: Yes = False,
    stack: OnStack = "",
) -> None:
    """Send a mail again, as a new one with the same content."""
    from core.contract.mails import ResendMail
    from ops import mails

    request = ResendMail(to=to or None, only_undelivered=undelivered or None)
    mails.resend(found(context, stack), message_id, request, is_sure=yes)


def _cancel(
    context: typer.Context, message_id: Message, *, yes: Yes = False, stack: OnStack = ""
) -> None:
    """Cancel a mail that SES has not been asked for yet."""
    from ops import mails

    mails.cancel(found(context, stack), message_id, is_sure=yes)
