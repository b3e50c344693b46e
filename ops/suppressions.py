"""`suppressions`: list, add and remove the addresses that a domain must not mail any more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.aws.items import plain
from core.aws.suppressions import SuppressionList
from core.message.address import canonical, parse_address, parse_domain

if TYPE_CHECKING:
    import argparse

    from ops.stack import Stack


def add_to(commands: Any) -> None:
    """Describe the command to `argparse`."""
    parser = commands.add_parser("suppressions", help="addresses that a domain mails no more")
    parser.set_defaults(run=_run)
    parser.add_argument("domain", help="the sending domain")
    parser.add_argument("--add", metavar="ADDRESS", help="mail to it no more")
    parser.add_argument("--remove", metavar="ADDRESS", help="mail to it again")


def _run(asked: argparse.Namespace, stack: Stack) -> None:
    dynamodb, table = stack.aws.client("dynamodb"), stack.outputs["TableName"]
    suppressions = SuppressionList(dynamodb, table, stack.id)
    domain = _known(asked.domain, stack)
    if asked.remove:
        address = checked(asked.remove)
        removed = suppressions.remove(domain, address)
        print(f"{address} {'is mailed again' if removed else 'was not suppressed'}.")
    if asked.add:
        address = checked(asked.add)
        added = suppressions.add(domain, address, "manual", "")
        print(f"{address} {'is mailed no more' if added else 'was suppressed already'}.")
    if not asked.add and not asked.remove:
        for entry in suppressions.entries(domain):
            since = datetime.fromtimestamp(entry.since, UTC)
            print(
                f"{since:%Y-%m-%dT%H:%M:%SZ}  {entry.reason:9}  {entry.address or '(erased)'}",
                end="",
            )
            print(f"  {entry.message_id}" if entry.message_id else "")


def checked(address: str) -> str:
    """Return an address as the table has it; `ValueError` says what is wrong, not what it was."""
    try:
        return canonical(parse_address(address))
    except ValueError as error:
        raise ValueError(f"The address {error}.") from None


def _known(text: str, stack: Stack) -> str:
    """Return the domain's canonical name, if the stack sends for it."""
    reply = stack.aws.client("dynamodb").query(
        TableName=stack.outputs["TableName"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "DOMAIN"}},
    )
    known = {plain(item)["sk"] for item in reply["Items"]} | {stack.parameters["SenderDomain"]}
    try:
        domain = parse_domain(text)
    except ValueError:
        raise ValueError("This is no domain name.") from None
    if domain not in known:
        raise ValueError(f"The stack does not send for this domain, but for {sorted(known)}.")
    return domain
