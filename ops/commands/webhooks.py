"""`mailctl webhooks`: who is told what becomes of the mails, and what has become of that."""

from typing import Annotated

import typer

from ops.commands.moments import Since, rfc3339
from ops.commands.options import AsJson, OnStack, Yes, found

_app = typer.Typer(help="Who is told what becomes of the mails.", no_args_is_help=True)
_PORT = 9400

Webhook = Annotated[str, typer.Argument(metavar="WEBHOOK_ID", help="As `list` shows it: wh_...")]
Changed = Annotated[
    str, typer.Argument(metavar="WEBHOOK_ID", help="The one to change. Without it: a new one.")
]
Event = Annotated[
    str, typer.Argument(metavar="EVENT_ID", help="One delivery: msg_... Without it: all that fit.")
]
Domain = Annotated[str, typer.Option(metavar="DOMAIN", help="The sending domain.")]
Name = Annotated[str, typer.Option(metavar="TEXT", help="What people call it.")]
Url = Annotated[str, typer.Option(metavar="URL", help="Where it is called: https://...")]
Events = Annotated[
    str, typer.Option(metavar="TYPES", help="Types of events with commas between; * for all.")
]
Recipients = Annotated[
    bool | None,
    typer.Option("--recipients/--no-recipients", help="Whether it is told addresses."),
]
Enabled = Annotated[
    bool | None, typer.Option("--enable/--disable", help="Whether anything is sent to it.")
]
State = Annotated[
    str,
    typer.Option(metavar="STATE", help="pending, delivered, failed, held; or several of them."),
]
Message = Annotated[
    str, typer.Option("--message", metavar="MESSAGE_ID", help="Of the events of this mail.")
]
Limit = Annotated[int, typer.Option(metavar="NUMBER", min=1, help="How many at most.")]
Tries = Annotated[bool, typer.Option("--tries", metavar="", help="Print a line for each try.")]
Port = Annotated[int, typer.Option(metavar="PORT", min=1, max=65535, help="Of this machine.")]
Secret = Annotated[
    str, typer.Option(metavar="SECRET", help="whsec_...: answer 401 to what it has not signed.")
]


def add_to(app: typer.Typer) -> None:
    """Describe the commands."""
    app.add_typer(_app, name="webhooks")


@_app.command("list")
def _list(
    context: typer.Context, *, domain: Domain = "", as_json: AsJson = False, stack: OnStack = ""
) -> None:
    """List the webhooks, with how they are."""
    from ops import webhooks

    webhooks.show(found(context, stack), domain, as_json=as_json)


@_app.command("save")
def _save(
    context: typer.Context,
    webhook_id: Changed = "",
    *,
    domain: Domain = "",
    name: Name = "",
    url: Url = "",
    events: Events = "",
    recipients: Recipients = None,
    enabled: Enabled = None,
    as_json: AsJson = False,
    stack: OnStack = "",
) -> None:
    """Make a webhook, and print its secret; or change one: what is left out stays."""
    from core.contract.webhooks import SaveWebhook
    from ops import webhooks

    request = SaveWebhook(
        id=webhook_id,
        domain=domain,
        name=name,
        url=url,
        events=events,
        include_recipients=recipients,
        enabled=enabled,
    )
    webhooks.save(found(context, stack), request, as_json=as_json)


@_app.command("delete")
def _delete(
    context: typer.Context, webhook_id: Webhook, *, yes: Yes = False, stack: OnStack = ""
) -> None:
    """Delete a webhook."""
    from ops import webhooks

    webhooks.delete(found(context, stack), webhook_id, is_sure=yes)


@_app.command("test")
def _test(context: typer.Context, webhook_id: Webhook, stack: OnStack = "") -> None:
    """Have a test event sent to a webhook."""
    from ops import webhooks

    webhooks.test(found(context, stack), webhook_id)


@_app.command("rotate")
def _rotate(
    context: typer.Context,
    webhook_id: Webhook,
    *,
    yes: Yes = False,
    as_json: AsJson = False,
    stack: OnStack = "",
) -> None:
    """Give a webhook a new secret. The old one signs too for 24 hours."""
    from ops import webhooks

    webhooks.rotate(found(context, stack), webhook_id, is_sure=yes, as_json=as_json)


@_app.command("deliveries")
def _deliveries(
    context: typer.Context,
    webhook_id: Webhook,
    *,
    state: State = "",
    message: Message = "",
    since: Since = "",
    until: Since = "",
    limit: Limit = 50,
    tries: Tries = False,
    as_json: AsJson = False,
    stack: OnStack = "",
) -> None:
    """List what was sent to a webhook and what waits, the newest event first."""
    from core.contract.webhooks import FindDeliveries
    from ops import webhooks

    request = FindDeliveries(
        id=webhook_id,
        state=state,
        message_id=message,
        since=rfc3339(context, since),
        until=rfc3339(context, until),
    )
    webhooks.deliveries(found(context, stack), request, limit, with_tries=tries, as_json=as_json)


@_app.command("replay")
def _replay(
    context: typer.Context,
    webhook_id: Webhook,
    event_id: Event = "",
    *,
    state: State = "",
    since: Since = "",
    until: Since = "",
    yes: Yes = False,
    stack: OnStack = "",
) -> None:
    """Send events to a webhook again: one, or what failed or was held, of any time."""
    from core.contract.webhooks import ReplayDeliveries
    from ops import webhooks

    request = ReplayDeliveries(
        id=webhook_id,
        delivery_id=event_id,
        state=state,
        since=rfc3339(context, since),
        until=rfc3339(context, until),
    )
    webhooks.replay(found(context, stack), request, is_sure=yes)


@_app.command("listen")
def _listen(*, port: Port = _PORT, secret: Secret = "") -> None:
    """Print the webhooks that arrive at a port of this machine, until Ctrl-C."""
    from ops import webhook_listener

    webhook_listener.listen(port, secret)
