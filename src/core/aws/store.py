"""The messages' records in DynamoDB: one table, every write conditional.

| item | pk | sk | holds |
| --- | --- | --- | --- |
| record | MSG#<id> | RECORD | `Record`, plus the keys of the three indexes; or that it was erased |
| content | MSG#<id> | CONTENT | `Mail` as JSON, or nothing if it is in S3 |
| key | KEY#<hash> | KEY | the message that an idempotency key stands for |
| domain | DOMAIN | <domain> | `DomainConfiguration`, read by `domain_table` |
| suppressed | SUPPRESSED#<domain> | <address> | why and since when, see `suppressions` |
| counters | CAP#<domain>, RATES | <day>, <hour>#<domain> | how many, see `counters` |
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from botocore.exceptions import ClientError

from core.aws import items
from core.aws.outage import outages
from core.message.record import Record

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from core.submission.idempotency import IdempotencyKey


class KeyBusy(Exception):
    """Another request with the idempotency key is being written at this very moment."""


class KeyTaken(Exception):
    """The idempotency key stands for an earlier message already."""

    def __init__(self, message_id: str, fingerprint: str) -> None:
        """Name the message, and what its mail was."""
        super().__init__()
        self.message_id, self.fingerprint = message_id, fingerprint


class Store(NamedTuple):
    """The table, as far as the service needs it. All times are epoch seconds."""

    dynamodb: "DynamoDBClient"
    table: str

    @outages()
    def add(self, record: Record, content: str, key: "IdempotencyKey | None" = None) -> Record:
        """Write a new message, its content and its idempotency key: all or nothing, at once.

        `content` "" means that it is kept elsewhere. Raises `KeyTaken` (or `KeyBusy`) if the key is
        in use; a key that has expired is not (DynamoDB may take days to delete it).
        """
        record = _revised(record)
        held = {"content": content, "expires_at": record.content_expires_at}
        writes: list[TransactWriteItemTypeDef] = [
            self._put(items.laid_out(record), "attribute_not_exists(pk)"),
            self._put({"pk": f"MSG#{record.id}", "sk": "CONTENT", **held}),
        ]
        if key:
            item = {
                "pk": f"KEY#{key.hash}",
                "sk": "KEY",
                "message_id": record.id,
                "fingerprint": key.fingerprint,
                "expires_at": key.expires_at,
            }
            free = "attribute_not_exists(pk) OR expires_at <= :now"
            writes.append(self._put(item, free, {":now": int(time.time())}))
        try:
            self.dynamodb.transact_write_items(TransactItems=writes)
        except self.dynamodb.exceptions.TransactionCanceledException as error:
            _raise_unless_ours(error.response.get("CancellationReasons", []), record, error)
        return record

    @outages()
    def withdraw(self, record: Record, key: "IdempotencyKey | None") -> None:
        """Take back what `add` wrote, if it did: for a message that nobody was promised."""
        deletes: list[TransactWriteItemTypeDef] = [
            {"Delete": {"TableName": self.table, "Key": items.key(f"MSG#{record.id}", sort)}}
            for sort in ("RECORD", "CONTENT")
        ]
        if key:  # Never another message's: then nothing of ours was written either.
            ours: TransactWriteItemTypeDef = {
                "Delete": {
                    "TableName": self.table,
                    "Key": items.key(f"KEY#{key.hash}", "KEY"),
                    "ConditionExpression": "attribute_not_exists(pk) OR message_id = :id",
                    "ExpressionAttributeValues": {":id": {"S": record.id}},
                }
            }
            deletes.append(ours)
        self.dynamodb.transact_write_items(TransactItems=deletes)

    @outages()
    def get(self, message_id: str) -> Record | None:
        """Read a message's record; None if there is none, or none any more."""
        reply = self.dynamodb.get_item(
            TableName=self.table, Key=items.key(f"MSG#{message_id}", "RECORD"), ConsistentRead=True
        )
        return items.live_record_in(reply["Item"]) if "Item" in reply else None

    @outages()
    def get_content(self, message_id: str) -> str | None:
        """Read what `add` was given as content; None once that has expired."""
        reply = self.dynamodb.get_item(
            TableName=self.table, Key=items.key(f"MSG#{message_id}", "CONTENT"), ConsistentRead=True
        )
        item = items.plain(reply["Item"]) if "Item" in reply else None
        return str(item["content"]) if item and item["expires_at"] > time.time() else None

    def revise(self, record: Record, change: Callable[[Record], Record]) -> Record:
        """Apply `change` to the newest state of `record` and write it, unless it changes nothing.

        Somebody else's write in between makes `change` run again on what they wrote, so it must
        not do anything but compute. What it raises stops the revision.
        """
        while True:
            changed = change(record)
            if changed == record:
                return record
            changed = _revised(changed)
            newest = self._overwrite(changed, record.revision)
            if newest is None or newest.revision == changed.revision:
                return changed
            record = newest

    @outages()
    def _overwrite(self, record: Record, revision: str) -> Record | None:
        """Write over `revision`; None if that worked, else the newest record.

        If an answer was lost and the SDK wrote again, the newest record is this very one.
        """
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item=items.attributes(items.laid_out(record)),
                ConditionExpression="revision = :revision",
                ExpressionAttributeValues={":revision": {"S": revision}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
            item = error.response.get("Item")
            newest = cast("Mapping[str, Any]", item or {})
            if not newest or items.is_tombstone(newest):
                raise RecordGone(record.id) from None
            return items.record_in(newest)
        return None

    @outages()
    def was_erased(self, message_id: str) -> bool:
        """Say whether there was such a message until somebody had it erased."""
        reply = self.dynamodb.get_item(
            TableName=self.table, Key=items.key(f"MSG#{message_id}", "RECORD"), ConsistentRead=True
        )
        return items.is_tombstone(cast("Mapping[str, Any]", reply.get("Item", {})))

    @outages()
    def release(self, key: "IdempotencyKey", message_id: str) -> None:
        """Free a key that stands for a message which is gone."""
        with suppress(self.dynamodb.exceptions.ConditionalCheckFailedException):
            self.dynamodb.delete_item(
                TableName=self.table,
                Key=items.key(f"KEY#{key.hash}", "KEY"),
                ConditionExpression="message_id = :id",
                ExpressionAttributeValues={":id": {"S": message_id}},
            )

    @outages()
    def id_of(self, ses_message_id: str) -> str:
        """Find the id of the message that SES knows by this one, for events without tags, or ""."""
        reply = self.dynamodb.query(
            TableName=self.table,
            IndexName="BySesMessageId",
            KeyConditionExpression="ses_message_id = :id",
            ExpressionAttributeValues={":id": {"S": ses_message_id}},
        )
        return next((items.message_id_of(item) for item in reply["Items"]), "")

    def due(self, now: int) -> Iterator[str]:
        """List the ids of the unfinished messages that somebody should look at, shard by shard.

        Within a shard, what has been due the longest comes first.
        """
        for shard in range(items.SHARDS):
            yield from map(items.message_id_of, self._shard(shard, now))

    @outages()
    def oldest_due_at(self) -> int | None:
        """Say since when (or until when) the message that is due first is so; None without any."""
        firsts = (next(self._shard(shard, 2**40, limit=1), None) for shard in range(items.SHARDS))
        return min((int(item["due_at"]["N"]) for item in firsts if item), default=None)

    def _shard(self, shard: int, now: int, limit: int = 100) -> Iterator[Mapping[str, Any]]:
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            IndexName="Unfinished",
            KeyConditionExpression="unfinished = :shard AND due_at <= :now",
            ExpressionAttributeValues={":shard": {"S": str(shard)}, ":now": {"N": str(now)}},
            PaginationConfig={"PageSize": limit},
        )
        with outages():
            for page in pages:
                yield from page["Items"]

    def _put(
        self, item: dict[str, Any], condition: str = "", values: dict[str, Any] | None = None
    ) -> "TransactWriteItemTypeDef":
        put: dict[str, Any] = {"TableName": self.table, "Item": items.attributes(item)}
        if condition:
            put |= {
                "ConditionExpression": condition,
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        if values:
            put["ExpressionAttributeValues"] = items.attributes(values)
        return {"Put": put}  # type: ignore[typeddict-item]


class RecordGone(Exception):
    """The record was deleted while it was being changed."""


def _raise_unless_ours(
    reasons: Sequence[Mapping[str, Any]], record: Record, error: ClientError
) -> None:
    """Tell a key in use, and our own first write after a lost answer, from a real failure."""
    found = [items.plain(reason["Item"]) if "Item" in reason else {} for reason in reasons]
    if any(item.get("revision") == record.revision for item in found):
        return
    for item in found:
        if "fingerprint" in item:
            raise KeyTaken(item["message_id"], item["fingerprint"]) from None
    if any(reason.get("Code") == "TransactionConflict" for reason in reasons):
        raise KeyBusy from None
    raise error


def _revised(record: Record) -> Record:
    return record.model_copy(update={"revision": os.urandom(12).hex()})
