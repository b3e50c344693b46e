"""Counts what AWS charges for, from the calls that code really makes to moto's AWS in this process.

moto counts no units. So each call to DynamoDB is held against the items before and after it, by the
rules of `sizes`, with the indexes of the template.
"""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
from boto3.dynamodb.types import TypeSerializer
from botocore.client import BaseClient

from benchmarks.cost import sizes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MONTH = 30 * 86_400
KEPT_SECONDS = 90 * 86_400
"""How long an item counts that says of itself no end of its time: as long as a record."""
_TRANSACTION = 2
"""Units of a write within a transaction, for each of one outside. Its indexes follow afterwards,
and count once: AWS's documents tell of "two underlying writes of every item"."""
_ACCOUNT = {"SendQuota": {"Max24HourSend": 5e4, "MaxSendRate": 14.0, "SentLast24Hours": 0.0}}
_ENDS = ("expires_at", "expiration")
_TYPED = frozenset({"S", "N", "B", "L", "M", "SS", "BOOL", "NULL"})


_REQUESTS = {
    "s3 PutObject": "s3_puts",
    "s3 GetObject": "s3_gets",
    "sqs SendMessage": "sqs_requests",
    "sqs SendMessageBatch": "sqs_requests",
}
"""What is charged by the request, by service and operation."""


class Change(NamedTuple):
    """An item before and after a write; None where there is none."""

    was: sizes.Item | None
    now: sizes.Item | None


class Meter:
    """Counts, by the names in `prices.toml`. Use `counting` around what is to be counted."""

    def __init__(self, table: str, description: Mapping[str, Any]) -> None:
        """Count what is asked of a table, whose `description` is as the template's.

        What is asked through `dynamodb` and `sqs` counts for nothing.
        """
        self.counts: defaultdict[str, float] = defaultdict(float)
        self._table = table
        self._key = [part["AttributeName"] for part in description["KeySchema"]]
        self._indexes = description.get("GlobalSecondaryIndexes", ())
        self._is_backed_up = "PointInTimeRecoverySpecification" in description
        self.dynamodb, self.sqs = boto3.client("dynamodb"), boto3.client("sqs")
        self.changes: list[Change] = []
        """What the table's stream tells of records: how each was, and how it is now."""
        self._lock = RLock()  # moto changes its tables without one, and we read them meanwhile.

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count the calls of every client of the SDK in this process."""
        # What all clients and resources go through.
        every_client: Any = BaseClient
        asked = every_client._make_api_call  # noqa: SLF001

        def counted(client: BaseClient, operation: str, params: dict[str, Any]) -> Any:
            if client in (self.dynamodb, self.sqs):
                return asked(client, operation, params)
            if operation == "GetAccount":  # moto does not know it, and it costs nothing.
                return _ACCOUNT
            with self._lock:
                service = client.meta.service_model.service_name
                written = self._written(operation, params) if service == "dynamodb" else []
                before = [self._item(key) for key in written]
                if operation == "PutObject":  # The SDK puts something else into its place.
                    self.counts["s3_gb"] += len(params["Body"]) / 1e9
                try:
                    answer = asked(client, operation, params)
                finally:
                    after = [self._item(key) for key in written]
                    self._count_writes(operation, before, after)
                self._count(service, operation, params, answer)
            return answer

        every_client._make_api_call = counted  # noqa: SLF001
        try:
            yield
        finally:
            every_client._make_api_call = asked  # noqa: SLF001

    def count_stored(self) -> None:
        """Count what the table keeps, each item as long as it says, in GB-months."""
        items = self.dynamodb.scan(TableName=self._table)["Items"]
        for item in items:
            ends = next((float(item[name]["N"]) for name in _ENDS if name in item), None)
            months = (ends - time.time() if ends else KEPT_SECONDS) / MONTH
            entries = [sizes.entry(item, self._key, index) for index in self._indexes]
            own = sizes.size_of(item) + sizes.STORED_OVERHEAD
            kept = own + sum(sizes.size_of(e) + sizes.STORED_OVERHEAD for e in entries if e)
            self.counts["table_gb_months"] += kept * months / 1e9
            if self._is_backed_up:
                self.counts["backup_gb_months"] += own * months / 1e9

    def _written(self, operation: str, params: Mapping[str, Any]) -> list[sizes.Item]:
        """Return the keys of the items that a call writes."""
        match operation:
            case "PutItem":
                return [self._key_of(params["Item"])]
            case "UpdateItem" | "DeleteItem":
                return [self._key_of(params["Key"])]
            case "TransactWriteItems":
                writes = [next(iter(each.values())) for each in params["TransactItems"]]
                return [self._key_of(each.get("Item") or each["Key"]) for each in writes]
            case _:
                return []

    def _key_of(self, item: Mapping[str, Any]) -> sizes.Item:
        return {name: _typed(item[name]) for name in self._key}

    def _item(self, key: sizes.Item) -> sizes.Item | None:
        answer = self.dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return answer.get("Item")

    def _count_writes(
        self,
        operation: str,
        before: Sequence[sizes.Item | None],
        after: Sequence[sizes.Item | None],
    ) -> None:
        times = _TRANSACTION if operation == "TransactWriteItems" else 1
        for was, is_ in zip(before, after, strict=True):
            if was != is_ and (is_ or was or {}).get("sk") == {"S": "RECORD"}:
                self.changes.append(Change(was, is_))
            self.counts["write_units"] += times * sizes.written(was, is_)
            for index in self._indexes:
                entries = [sizes.entry(item, self._key, index) for item in (was, is_)]
                self.counts["write_units"] += sizes.indexed(*entries)

    def _count(
        self, service: str, operation: str, params: Mapping[str, Any], answer: Mapping[str, Any]
    ) -> None:
        """Count a call, but for writes. Raises `ValueError` if nobody has said what it costs."""
        match service, operation:
            case "dynamodb", "GetItem":
                self._read([answer.get("Item")], params)
            case "dynamodb", "BatchGetItem":
                self._read_each(params["RequestItems"][self._table], answer["Responses"])
            case "dynamodb", "Query" if "FilterExpression" not in params:
                self._read(answer["Items"], params)
            case "s3" | "sqs", _ if name := _REQUESTS.get(f"{service} {operation}"):
                self.counts[name] += 1
            case ("dynamodb", "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems"):
                pass
            case ("sesv2", "SendEmail" | "GetAccount"):  # SES's price is its own.
                pass
            case _:
                raise ValueError(f"Nobody has said here what this costs: {service} {operation}")

    def _read_each(self, request: Mapping[str, Any], found: Mapping[str, Any]) -> None:
        """Count a batch: each item by itself, also one that is not there."""
        missing = [None] * (len(request["Keys"]) - len(found[self._table]))
        for item in [*found[self._table], *missing]:
            self._read([item], request)

    def _read(self, items: Sequence[Any], params: Mapping[str, Any]) -> None:
        typed = [item and {name: _typed(value) for name, value in item.items()} for item in items]
        is_consistent = bool(params.get("ConsistentRead"))
        self.counts["read_units"] += sizes.read(typed, is_consistent=is_consistent)


def _typed(value: Any) -> Mapping[str, Any]:
    """Return a value in DynamoDB's form: boto3's resources hand over Python's."""
    if isinstance(value, dict) and len(value) == 1 and {*value} <= _TYPED:
        return value
    typed: Mapping[str, Any] = TypeSerializer().serialize(value)
    return typed
