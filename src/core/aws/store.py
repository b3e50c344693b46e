"""The records of messages, with their contents and idempotency keys, in DynamoDB.

All items of the service are in one table:

| item | pk | sk | holds |
| --- | --- | --- | --- |
| record | MSG#<id> | RECORD | `Record` and the keys of the indexes; or a tombstone |
| content | MSG#<id> | CONTENT | `Mail` as JSON, or nothing if it is in S3; its subject |
| recipient | MSG#<id> | RCPT#<number> | by what a further recipient finds it, see `mail_index` |
| step | MSG#<id> | EVENT#<time>#... | what has happened to it, see `step_log` |
| key | KEY#<hash> | KEY | the message that an idempotency key stands for |
| domain | DOMAIN | <domain> | `DomainConfiguration`, see `domain_table` |
| suppressed | SUPPRESSED#<domain> | <address> | why and since when, see `suppressions` |
| counters | CAP#<domain>, RATES | <day>, <hour>#<domain> | how many, see `counters` |
| heard | HEARD | <domain> | when SES last reported, see `event_flow` |
| endpoint | WEBHOOKS | <endpoint> | whom webhooks tell, see `endpoints` |
| delivery | HOOK#<endpoint> | <time>#<event> | what an endpoint is told, see `deliveries` |
| pace | PACE | CLOCK, LIST#<lane>#<domain> | whose turn is when, see `pace_clock` |

Every write of a record has a condition, so that two functions never overwrite each other's work and
the SDK may repeat any write whose answer was lost.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from botocore.exceptions import ClientError

from core.aws import items
from core.aws.items import Tombstone
from core.aws.outage import outages
from core.message.record import Record

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from core.submission.idempotency import IdempotencyKey


class KeyBusy(Exception):
    """Another request with the same idempotency key is being written at this very moment."""


class KeyTaken(Exception):
    """The idempotency key `key` belongs to an earlier message."""

    def __init__(self, key: "IdempotencyKey", message_id: str, fingerprint: str) -> None:
        """Name the key, the message that has it, and the fingerprint of that message's mail."""
        super().__init__()
        self.key, self.message_id, self.fingerprint = key, message_id, fingerprint


class RecordGone(Exception):
    """The record was deleted or erased while it was being changed."""


class Beside(NamedTuple):
    """What is written with a new message, to find it."""

    subject: str
    items: "Sequence[Mapping[str, Any]]" = ()
    """See `MailIndex.of_further_recipients`."""


class Store(NamedTuple):
    """The table's records, contents and idempotency keys. All times are in epoch seconds.

    All methods raise `Outage` if DynamoDB fails, and those that read a record `UnreadableRecord`.
    """

    dynamodb: "DynamoDBClient"
    table: str

    @outages()
    def add(
        self,
        record: Record,
        content: str,
        key: "IdempotencyKey | None" = None,
        superseded: Record | None = None,
        beside: "Beside | None" = None,
    ) -> Record:
        """Write a new message, its content and its idempotency key in one transaction.

        Returns the record as it was written: with its own `revision` if it has one. `content` is
        the mail as JSON, or "" if it is kept in the bucket. The key may belong to `superseded`: the
        record of a failed message, with its old revision, as it is to be written beside the new
        one. Raises `KeyTaken` if the key belongs to another message, and `KeyBusy` if that cannot
        be told yet. A key that has expired is free, even if DynamoDB has not deleted it.
        """
        record = record if record.revision else revised(record)
        writes = [
            self._put(items.laid_out(record), "attribute_not_exists(pk)"),
            self._put(_content_item(record, content, beside.subject if beside else "")),
            *map(self._put, beside.items if beside else ()),
        ]
        if key:
            is_free = "attribute_not_exists(pk) OR expires_at <= :now"
            values: dict[str, object] = {":now": int(time.time())}
            if superseded:
                is_free += " OR message_id = :failed"
                values[":failed"] = superseded.id
            writes.append(self._put(_key_item(key, record), is_free, values))
        if superseded:
            written, was = items.laid_out(revised(superseded)), {":was": superseded.revision}
            writes.append(self._put(written, "revision = :was", was))
        try:
            self.dynamodb.transact_write_items(TransactItems=writes)
        except self.dynamodb.exceptions.TransactionCanceledException as error:
            _raise_unless_ours(error, record, key, superseded)
        return record

    @outages()
    def withdraw(self, record: Record) -> None:
        """Delete a message that `add` may or may not have written, if nobody was promised it.

        `record` is what `add` was given. If the message has another revision by now, somebody else
        has taken it on (see `confirm`), and it stays. Its idempotency key stays in any case. A key
        whose message is gone is free: the next request with it finds that out (see `release`).
        """
        name, pk = self.table, f"MSG#{record.id}"
        deletes: list[TransactWriteItemTypeDef] = [
            {
                "Delete": {
                    "TableName": name,
                    "Key": items.key(pk, "RECORD"),
                    "ConditionExpression": "attribute_not_exists(pk) OR revision = :ours",
                    "ExpressionAttributeValues": {":ours": {"S": record.revision}},
                }
            },
            {"Delete": {"TableName": name, "Key": items.key(pk, "CONTENT")}},
        ]
        for number in range(2, len(record.recipients) + 1):
            found_by = items.key(pk, items.recipient_part(number))
            deletes.append({"Delete": {"TableName": name, "Key": found_by}})
        try:
            self.dynamodb.transact_write_items(TransactItems=deletes)
        except self.dynamodb.exceptions.TransactionCanceledException as error:
            if "ConditionalCheckFailed" not in _reasons(error):
                raise

    def confirm(self, record: Record) -> Record:
        """Write a message anew as it is, so that who added it cannot withdraw it any more.

        To be called before anybody else is promised a message that may still be withdrawn. Returns
        the newest record. Raises `RecordGone` if it was withdrawn already.
        """
        confirmed = revised(record)
        return self._overwrite(confirmed, record.revision) or confirmed

    def get(self, message_id: str) -> Record | None:
        """Return a message's record; None if there is none, or if it has expired or was erased."""
        message = self.look_up(message_id)
        return message if isinstance(message, Record) else None

    @outages()
    def look_up(self, message_id: str) -> Record | Tombstone | None:
        """Return a message's record as `get` does, but a tombstone if the message was erased."""
        reply = self.dynamodb.get_item(
            TableName=self.table, Key=items.key(f"MSG#{message_id}", "RECORD"), ConsistentRead=True
        )
        return items.message_in(reply["Item"]) if "Item" in reply else None

    @outages()
    def get_content(self, message_id: str) -> str | None:
        """Return what `add` was given as content; None if there is none, or if it has expired."""
        reply = self.dynamodb.get_item(
            TableName=self.table, Key=items.key(f"MSG#{message_id}", "CONTENT"), ConsistentRead=True
        )
        item = items.plain(reply["Item"]) if "Item" in reply else None
        return str(item["content"]) if item and item["expires_at"] > time.time() else None

    def revise(self, record: Record, change: Callable[[Record], Record]) -> Record:
        """Apply `change` to a record and write the result, unless it changes nothing.

        If somebody else has written the record in the meantime, `change` runs again, on what they
        wrote: it must only compute. What it raises ends the revision. Returns the newest record.
        Raises `RecordGone`.
        """
        while True:
            changed = change(record)
            if changed == record:
                return record
            changed = revised(changed, record)
            newest = self._overwrite(changed, record.revision)
            if newest is None or newest.revision == changed.revision:
                return changed
            record = newest

    @outages()
    def _overwrite(self, record: Record, revision: str) -> Record | None:
        """Replace the record if its revision is still `revision`; return the newest one if not.

        The newest one may be `record` itself: the first write succeeded, its answer was lost, and
        the SDK wrote again. None means that the record was replaced.
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
            newest = cast("Mapping[str, Any]", error.response.get("Item") or {})
            if not newest or items.is_tombstone(newest):
                raise RecordGone(record.id) from None
            return items.record_in(newest)
        return None

    @outages()
    def require_free(self, key: "IdempotencyKey", *, but: str = "") -> None:
        """Raise `KeyTaken` if the key belongs to a message, `but` for this one; else do nothing."""
        reply = self.dynamodb.get_item(
            TableName=self.table, Key=items.key(f"KEY#{key.hash}", "KEY"), ConsistentRead=True
        )
        item = items.plain(reply["Item"]) if "Item" in reply else None
        if item and item["expires_at"] > time.time() and item["message_id"] != but:
            raise KeyTaken(key, item["message_id"], item["fingerprint"])

    @outages()
    def release(self, key: "IdempotencyKey", message_id: str) -> None:
        """Delete a key if it belongs to this message, which is gone; else do nothing."""
        with suppress(self.dynamodb.exceptions.ConditionalCheckFailedException):
            self.dynamodb.delete_item(
                TableName=self.table,
                Key=items.key(f"KEY#{key.hash}", "KEY"),
                ConditionExpression="message_id = :id",
                ExpressionAttributeValues={":id": {"S": message_id}},
            )

    @outages()
    def id_of(self, ses_message_id: str) -> str:
        """Return our id of the message that SES knows as `ses_message_id`; "" if there is none.

        For events without our tags. The index is eventually consistent: a message that was sent a
        moment ago may not be found yet.
        """
        reply = self.dynamodb.query(
            TableName=self.table,
            IndexName="BySesMessageId",
            KeyConditionExpression="ses_message_id = :id",
            ExpressionAttributeValues={":id": {"S": ses_message_id}},
        )
        return next((items.message_id_of(item) for item in reply["Items"]), "")

    def due(self, now: int) -> Iterator[str]:
        """Yield the ids of the unfinished messages that are due at `now`, one shard after another.

        Those that should have been tried come last. Each minute another
        shard comes first, so that none is neglected if there are more than there is time for.
        Within a shard, the one that has been due for the longest time comes first. The index is
        eventually consistent: an id may be listed that is not due any more.
        """
        first = now // 60 % len(items.SHARDS)
        for shards in (items.SHARDS, items.QUEUED_SHARDS):
            for shard in (*shards[first:], *shards[:first]):
                yield from map(items.message_id_of, self._shard(shard, now))

    @outages()
    def oldest_due_at(self) -> int | None:
        """Return when the first unfinished message is (or was) due; None if there is none."""
        shards = (*items.SHARDS, *items.QUEUED_SHARDS)
        firsts = (next(self._shard(shard, 2**40, limit=1), None) for shard in shards)
        return min((int(item["due_at"]["N"]) for item in firsts if item), default=None)

    def _shard(self, shard: str, now: int, limit: int = 100) -> Iterator[Mapping[str, Any]]:
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            IndexName="Unfinished",
            KeyConditionExpression="unfinished = :shard AND due_at <= :now",
            ExpressionAttributeValues={":shard": {"S": shard}, ":now": {"N": str(now)}},
            PaginationConfig={"PageSize": limit},
        )
        with outages():
            for page in pages:
                yield from page["Items"]

    def _put(
        self, item: Mapping[str, Any], condition: str = "", values: dict[str, Any] | None = None
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


def _content_item(record: Record, content: str, subject: str) -> dict[str, Any]:
    item = {
        "pk": f"MSG#{record.id}",
        "sk": "CONTENT",
        "content": content,
        "expires_at": record.content_expires_at,
    }
    return item | ({"subject": subject} if subject else {})


def _key_item(key: "IdempotencyKey", record: Record) -> dict[str, Any]:
    return {
        "pk": f"KEY#{key.hash}",
        "sk": "KEY",
        "message_id": record.id,
        "fingerprint": key.fingerprint,
        "expires_at": key.expires_at,
    }


def _raise_unless_ours(
    error: ClientError, record: Record, key: "IdempotencyKey | None", superseded: Record | None
) -> None:
    """Raise why a transaction was cancelled, unless the first of two equal ones had succeeded.

    In that case the answer to the first was lost, the SDK sent it again, and what stands in the way
    is our own write. A reason has the item that broke the condition, if it was one of a condition.
    """
    reasons = cast("Sequence[Mapping[str, Any]]", error.response.get("CancellationReasons", []))
    existing = [items.plain(reason["Item"]) if "Item" in reason else {} for reason in reasons]
    if any(item.get("revision") == record.revision for item in existing):
        return
    for item in existing:
        if key and "fingerprint" in item:
            raise KeyTaken(key, item["message_id"], item["fingerprint"]) from None
    if superseded or "TransactionConflict" in _reasons(error):
        raise KeyBusy from None  # Or an operator has just had the failed message sent anew.
    raise error


def _reasons(error: ClientError) -> set[str]:
    """Return the codes of the reasons for which a transaction was cancelled."""
    reasons = cast("Sequence[Mapping[str, Any]]", error.response.get("CancellationReasons", []))
    return {str(reason.get("Code")) for reason in reasons}


def revised(record: Record, before: Record | None = None) -> Record:
    """Give a record the token of its next write: see `Record.revision`.

    If it follows another one, it gets its `Record.sequence` too.
    """
    update: dict[str, object] = {"revision": os.urandom(12).hex()}
    if before:
        update["sequence"] = before.sequence + (record.visible != before.visible)
    return record.model_copy(update=update)
