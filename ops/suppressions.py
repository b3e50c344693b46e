"""List, add and remove the addresses that a domain must not mail any more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.aws.suppressions import SuppressionList
from ops.arguments import address_in, domain_in
from ops.asking import require_yes
from ops.domain_records import DomainRecords
from ops.tables import print_json, print_table

if TYPE_CHECKING:
    from core.aws.suppressions import Entry
    from ops.stack import Stack


def show(stack: Stack, domain: str, *, as_json: bool) -> None:
    """Print the list of a domain."""
    suppressions, domain = _list_of(stack, domain)
    entries = suppressions.entries(domain)
    if as_json:
        print_json([entry._asdict() | {"since": _since(entry)} for entry in entries])
        return
    rows = [
        (_since(entry), entry.reason, entry.address or "(erased)", entry.message_id)
        for entry in entries
    ]
    print_table(("Since", "Reason", "Address", "Message"), rows, "address", "addresses")


def add(stack: Stack, domain: str, address: str) -> None:
    """Mail to an address no more."""
    suppressions, domain = _list_of(stack, domain)
    address = address_in(address)
    added = suppressions.add(domain, address, "manual", "")
    print(f"{address} {'is mailed no more' if added else 'was suppressed already'}.")


def remove(stack: Stack, domain: str, address: str, *, is_sure: bool) -> None:
    """Mail to an address again."""
    suppressions, domain = _list_of(stack, domain)
    address = address_in(address)
    if not suppressions.among(domain, [address]):
        print(f"{address} was not suppressed.")
        return
    require_yes([f"{domain} will mail {address} again."], is_sure=is_sure)
    suppressions.remove(domain, address)
    print(f"{address} is mailed again.")


def _list_of(stack: Stack, text: str) -> tuple[SuppressionList, str]:
    domain = domain_in(text)
    DomainRecords.of(stack).one(domain)  # Or a slip would list, or fill, what nobody reads.
    dynamodb, table = stack.aws.client("dynamodb"), stack.outputs["TableName"]
    return SuppressionList(dynamodb, table, stack.id), domain


def _since(entry: Entry) -> str:
    return f"{datetime.fromtimestamp(entry.since, UTC):%Y-%m-%dT%H:%M:%SZ}"
