"""`mailctl domains`: whom the stack sends for, under which policies, and with which API keys."""

from typing import Annotated

import typer

from ops.commands.options import AsJson, OnStack, Yes, found

Domain = Annotated[str, typer.Argument(metavar="DOMAIN", help="Its name, in either script.")]
Settings = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME=VALUE", help="Its settings: docs/operations.md, Domains, has them."
    ),
]
Key = Annotated[
    str, typer.Argument(metavar="KEY_ID", help="API Gateway's id of it; `show DOMAIN` lists them.")
]
_app = typer.Typer(help="Whom the stack sends for, and with which API keys.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Describe the commands."""
    app.add_typer(_app, name="domains")


@_app.command("show")
def _show(
    context: typer.Context,
    domain: Annotated[
        str, typer.Argument(metavar="DOMAIN", help="One of them, with everything about it.")
    ] = "",
    *,
    as_json: AsJson = False,
    stack: OnStack = "",
) -> None:
    """List all domains with what waits, or show one with its settings and keys."""
    from ops import domains

    run = domains.show if domain else domains.show_all
    run(found(context, stack), *filter(None, [domain]), as_json=as_json)


@_app.command("add")
def _add(
    context: typer.Context,
    domain: Domain,
    settings: Settings = None,
    *,
    is_open: Annotated[
        bool,
        typer.Option(
            "--open",
            metavar="",
            help="For every key of the stack, as long as no domain lists any.",
        ),
    ] = False,
    as_json: AsJson = False,
    stack: OnStack = "",
) -> None:
    """Send for one more domain; its key is shown once, and what it lacks before it can send."""
    from ops import domain_changes

    domain_changes.add(
        found(context, stack), domain, settings or (), is_open=is_open, as_json=as_json
    )


@_app.command("change")
def _change(
    context: typer.Context, domain: Domain, settings: Settings = None, stack: OnStack = ""
) -> None:
    """Change settings of one; NAME= goes back to what the parameters say."""
    from ops import domain_changes

    domain_changes.change(found(context, stack), domain, settings or ())


@_app.command("remove")
def _remove(
    context: typer.Context, domain: Domain, *, yes: Yes = False, stack: OnStack = ""
) -> None:
    """Send for it no more, and revoke its keys."""
    from ops import domain_changes

    domain_changes.remove(found(context, stack), domain, is_sure=yes)


@_app.command("rotate-key")
def _rotate_key(
    context: typer.Context, domain: Domain, *, as_json: AsJson = False, stack: OnStack = ""
) -> None:
    """Make one more key, which is shown once; the older ones work on."""
    from ops import domain_changes

    domain_changes.rotate_key(found(context, stack), domain, as_json=as_json)


@_app.command("admit-key")
def _admit_key(context: typer.Context, domain: Domain, key: Key, stack: OnStack = "") -> None:
    """Let a key of the stack open this domain too."""
    from ops import domain_changes

    domain_changes.admit_key(found(context, stack), domain, key)


@_app.command("revoke-key")
def _revoke_key(
    context: typer.Context, domain: Domain, key: Key, *, yes: Yes = False, stack: OnStack = ""
) -> None:
    """End a key of this domain."""
    from ops import domain_changes

    domain_changes.revoke_key(found(context, stack), domain, key, is_sure=yes)


@_app.command("adopt-keys")
def _adopt_keys(context: typer.Context, stack: OnStack = "") -> None:
    """List the keys that no domain lists at the domains without a list."""
    from ops import domain_changes

    domain_changes.adopt_keys(found(context, stack))


@_app.command("pause")
def _pause(context: typer.Context, domain: Domain, stack: OnStack = "") -> None:
    """Let its mails fail."""
    from ops import domain_changes

    domain_changes.pause(found(context, stack), domain)


@_app.command("resume")
def _resume(context: typer.Context, domain: Domain, stack: OnStack = "") -> None:
    """Let its mails go out again."""
    from ops import domain_changes

    domain_changes.resume(found(context, stack), domain)
