"""What an erasure takes off the suppression lists, and what it keeps of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.aws.items import key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from core.aws.suppressions import SuppressionList
    from ops.erasing.changes import Changes
    from ops.erasing.report import Report


@dataclass(frozen=True, slots=True)
class Suppressed:
    """The entries of suppression lists, as items of the table (attribute values)."""

    changes: Changes
    report: Report
    suppressions: SuppressionList
    is_kept: bool
    """Whether a hash stays of each address, so that it is not mailed again."""

    def erase_address(self, address: str, domains: Iterable[str]) -> None:
        """Delete a canonical address from the lists of domains: one or two reads for each."""
        dynamodb, table = self.changes.dynamodb, self.changes.table
        spellings = [address] if self.is_kept else [address, self.suppressions.hashed(address)]
        for domain in domains:
            for spelling in spellings:
                one = key(f"SUPPRESSED#{domain}", spelling)
                reply = dynamodb.get_item(TableName=table, Key=one, ConsistentRead=True)
                if "Item" in reply:
                    self.erase(reply["Item"])

    def erase_because_of(self, message_id: str, domains: Iterable[str]) -> None:
        """Delete the entries that a message was the reason for: a query for each domain's list."""
        for domain in domains:
            for item in list(self._of(domain, message_id)):
                self.erase(item)

    def erase(self, item: Mapping[str, Any]) -> None:
        """Delete an entry; first leave a hash in its place, if that is kept."""
        if self.is_kept:
            hashed = key(item["pk"]["S"], self.suppressions.hashed(item["sk"]["S"]))
            self.changes.put({**item, **hashed, "message_id": {"S": ""}})
        if self.changes.delete(item):
            self.report.done[f"suppressed addresses{self.is_kept * ' (kept as a hash)'}"] += 1

    def is_hash_of(self, address: str, item: Mapping[str, Any]) -> bool:
        """Say whether it is what an earlier erasure kept of the address, and should not be now."""
        return not self.is_kept and item["sk"]["S"] == self.suppressions.hashed(address)

    def _of(self, domain: str, message_id: str) -> Iterator[Mapping[str, Any]]:
        pages = self.changes.dynamodb.get_paginator("query").paginate(
            TableName=self.changes.table,
            KeyConditionExpression="pk = :pk",
            FilterExpression="message_id = :id",
            ExpressionAttributeValues={
                ":pk": {"S": f"SUPPRESSED#{domain}"},
                ":id": {"S": message_id},
            },
            ConsistentRead=True,
        )
        for page in pages:
            yield from page["Items"]
