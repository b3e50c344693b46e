"""`suppressions`: list, add and remove the addresses that a domain must not mail any more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.aws.suppressions import SuppressionList
from ops.arguments import address_in, domain_in
from ops.domain_records import DomainRecords

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
    domain = domain_in(asked.domain)
    DomainRecords.of(stack).one(domain)  # Or a slip would list, or fill, what nobody reads.
    if asked.remove:
        address = address_in(asked.remove)
        removed = suppressions.remove(domain, address)
        print(f"{address} {'is mailed again' if removed else 'was not suppressed'}.")
    if asked.add:
        address = address_in(asked.add)
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
