"""The lists of waiting messages in DynamoDB: one for each domain and lane that has any.

The index `Waiting` holds the records that are lined up (`Record.is_lined_up`), sorted by domain and
then by id, which is by time. It is eventually consistent: a message may be missing for a moment, or
be listed that has its turn already; the record says what is true.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any, NamedTuple

from core.aws import items
from core.aws.items import UnreadableRecord
from core.aws.outage import outages
from core.message.pace import Lane, WaitingList
from core.message.record import Record

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LANES: tuple[Lane, ...] = ("fast", "slow")
_BEHIND = "$"
"""The character behind `#`: so `<domain>$` is behind all mails of the domain, and before any other
domain's."""
_MOST_READ = 100
"""How many items BatchGetItem reads (its API reference)."""


class WaitingLists(NamedTuple):
    """The lists. All methods raise `Outage` if DynamoDB fails."""

    dynamodb: "DynamoDBClient"
    table: str

    def names(self) -> Iterator[WaitingList]:
        """Yield each list that has any messages. It takes a query for each, and eight more."""
        for lane in _LANES:
            for shard in items.WAITING_SHARDS:
                after = " "
                while first := next(self._messages(f"{lane}-{shard}", after, "~", 1), None):
                    domain = str(first["turn"]["S"]).rpartition("#")[0]
                    yield WaitingList(lane, domain)
                    after = domain + _BEHIND

    def messages(self, waiting_list: WaitingList, page: int = 1000) -> Iterator[str]:
        """Yield the ids of a list's messages, the oldest first, `page` at a time."""
        lane, domain = waiting_list
        partition = f"{lane}-{items.waiting_shard(domain)}"
        for item in self._messages(partition, f"{domain}#", f"{domain}{_BEHIND}", page):
            yield items.message_id_of(item)

    def records(self, message_ids: Sequence[str]) -> tuple[list[Record], list[UnreadableRecord]]:
        """Return the records of those messages that are still lined up, in the order of the ids.

        Also those that this version of the code cannot read: they stay where they are.
        """
        found: dict[str, Record] = {}
        unreadable = []
        for some in batched(message_ids, _MOST_READ, strict=False):
            for item in self._read(some):
                try:
                    record = items.message_in(item)
                except UnreadableRecord as error:
                    unreadable.append(error)
                    continue
                if isinstance(record, Record) and record.is_lined_up:
                    found[record.id] = record
        return [found[id_] for id_ in message_ids if id_ in found], unreadable

    @outages()
    def _read(self, message_ids: Sequence[str]) -> list[Mapping[str, Any]]:
        """Read records. What DynamoDB has no room for now is left out: that stays lined up."""
        keys = [items.key(f"MSG#{message_id}", "RECORD") for message_id in message_ids]
        asked: Any = {self.table: {"Keys": keys, "ConsistentRead": True}}
        reply = self.dynamodb.batch_get_item(RequestItems=asked)
        return list(reply["Responses"].get(self.table, []))

    def _messages(
        self, partition: str, after: str, before: str, limit: int
    ) -> Iterator[Mapping[str, Any]]:
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            IndexName="Waiting",
            KeyConditionExpression="waiting = :partition AND turn BETWEEN :after AND :before",
            ExpressionAttributeValues={
                ":partition": {"S": partition},
                ":after": {"S": after},
                ":before": {"S": before},
            },
            PaginationConfig={"PageSize": limit},
        )
        with outages():
            for page in pages:
                yield from page["Items"]
