"""A stand-in for the client of DynamoDB: what the service asks of it, answered from memory.

An emulator takes milliseconds for a call, and a mail needs ten. It knows no operation, option or
expression that the service does not use: asked for another, it raises. A test holds its answers
against moto's (tests/unit/benchmarks/test_drain_dynamodb.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.drain.expressions import Given, Unknown, condition, key_condition, plain, update
from benchmarks.drain.table import HASH, RANGE, Page, key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from benchmarks.drain.table import Item, Key, Table

_MOST_READ, _MOST_WRITTEN = 100, 100
"""How many items BatchGetItem and TransactWriteItems take (their API reference)."""
_ALL = 10**9


class DynamoDb:
    """A client. Several may have the same table; `wait` is how long a call takes."""

    def __init__(self, table: Table, exceptions: Any, wait: Callable[[], object] = int) -> None:
        """Take the classes of errors from a real client: the service catches these."""
        self.exceptions = exceptions
        self._table, self._wait = table, wait

    def get_item(
        self,
        *,
        TableName: str,
        Key: Item,
        ConsistentRead: bool = False,
    ) -> dict[str, Any]:
        """Read an item. It is always the newest."""
        self._wait()
        item = self._table.get(key_of(Key))
        return {} if item is None else {"Item": item}

    def put_item(self, *, TableName: str, Item: Item, **options: Any) -> dict[str, Any]:
        """Write an item."""
        self._wait()
        self._check(key_of(Item), options)
        self._table.put(dict(Item))
        return {}

    def delete_item(
        self,
        *,
        TableName: str,
        Key: Item,
        ReturnValues: str = "NONE",
        **options: Any,
    ) -> dict[str, Any]:
        """Delete an item."""
        self._wait()
        before = self._check(key_of(Key), options)
        self._table.delete(key_of(Key))
        return {"Attributes": before} if before and _is_all_old(ReturnValues) else {}

    def update_item(
        self,
        *,
        TableName: str,
        Key: Item,
        UpdateExpression: str,
        ReturnValues: str = "NONE",
        **options: Any,
    ) -> dict[str, Any]:
        """Change an item, or make one."""
        self._wait()
        given = _given(options)
        before = self._check(key_of(Key), options)
        item = dict(Key if before is None else before)
        update(UpdateExpression)(item, before or {}, given)
        self._table.put(item)
        if ReturnValues not in ("NONE", "ALL_NEW"):
            raise Unknown(ReturnValues)
        return {"Attributes": item} if ReturnValues == "ALL_NEW" else {}

    def transact_write_items(self, *, TransactItems: Sequence[Any]) -> dict[str, Any]:
        """Write all items, or none if one's condition does not hold."""
        self._wait()
        keys = [_written_by(write) for write in TransactItems]
        if len({*keys}) < len(keys) or len(keys) > _MOST_WRITTEN:
            raise Unknown("a transaction with the same item twice, or with too many")
        reasons = [
            self._broken(key, *write.values()) or {"Code": "None"}
            for key, write in zip(keys, TransactItems, strict=True)
        ]
        if codes := [reason["Code"] for reason in reasons if reason["Code"] != "None"]:
            raise self._error(
                "TransactionCanceledException", ", ".join(codes), CancellationReasons=reasons
            )
        for key, write in zip(keys, TransactItems, strict=True):
            if "Put" in write:
                self._table.put(dict(write["Put"]["Item"]))
            else:
                self._table.delete(key)
        return {}

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> dict[str, Any]:
        """Read items, always the newest ones."""
        self._wait()
        ((table, asked),) = RequestItems.items()
        if asked.keys() - {"Keys", "ConsistentRead", "ProjectionExpression"}:
            raise Unknown(f"BatchGetItem with {list(asked)}")
        if not 1 <= len(asked["Keys"]) <= _MOST_READ:
            raise Unknown("BatchGetItem with no key, or with too many")
        wanted = asked.get("ProjectionExpression")
        items = filter(None, map(self._table.get, map(key_of, asked["Keys"])))
        names = wanted.replace(",", " ").split() if wanted else None
        found = [_part_of(item, names) if names else item for item in items]
        return {"Responses": {table: found}, "UnprocessedKeys": {}}

    def query(
        self,
        *,
        TableName: str,
        KeyConditionExpression: str,
        ExpressionAttributeValues: Mapping[str, Any],
        IndexName: str = "",
        Limit: int = _ALL,
        ExclusiveStartKey: Item | None = None,
        ConsistentRead: bool = False,
        ScanIndexForward: bool = True,
    ) -> dict[str, Any]:
        """Read one page of a partition of the table or of an index, in its order or backwards."""
        self._wait()
        index = self._table.index(IndexName) if IndexName else None
        names = (index.hash_key, index.range_key) if index else (HASH, RANGE)
        values = {name: plain(value) for name, value in ExpressionAttributeValues.items()}
        wanted = key_condition(KeyConditionExpression, *names, values)
        after = _place(ExclusiveStartKey, names[1])
        page_of = Page(wanted.least, wanted.most, Limit, after, is_backwards=not ScanIndexForward)
        if index:
            items = self._table.within_index(index, wanted.partition, page_of)
        else:
            items = self._table.within(wanted.partition, page_of)
        page = {"Items": items, "Count": len(items), "ScannedCount": len(items)}
        if len(items) == Limit:
            page["LastEvaluatedKey"] = {name: items[-1][name] for name in {HASH, RANGE, *names}}
        return page

    def get_paginator(self, operation: str) -> _Pages:
        """Return what reads all pages of a query."""
        if operation != "query":
            raise Unknown(operation)
        return _Pages(self.query)

    def _check(self, key: Key, options: Mapping[str, Any]) -> Item | None:
        """Return an item as it is, if a condition holds for it; else raise as DynamoDB does."""
        if broken := self._broken(key, options):
            more = {"Item": broken["Item"]} if "Item" in broken else {}
            raise self._error("ConditionalCheckFailedException", broken["Message"], **more)
        return self._table.get(key)

    def _broken(self, key: Key, options: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what DynamoDB says of a condition that does not hold; None if it does."""
        if options.keys() - _OPTIONS:
            raise Unknown(f"the options {sorted(options.keys() - _OPTIONS)}")
        text, before = options.get("ConditionExpression"), self._table.get(key)
        if not text or condition(text)(before or {}, _given(options)):
            return None
        failed = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
        returned = options.get("ReturnValuesOnConditionCheckFailure", "NONE")
        return failed | ({"Item": before} if before and _is_all_old(returned) else {})

    def _error(self, name: str, message: str, **more: Any) -> Exception:
        answer = {"Error": {"Code": name, "Message": message}, **more}
        error: Exception = getattr(self.exceptions, name)(answer, "")
        return error


_OPTIONS = {
    *("TableName", "Item", "Key", "ConditionExpression", "ReturnValuesOnConditionCheckFailure"),
    *("ExpressionAttributeNames", "ExpressionAttributeValues"),
}


class _Pages:
    """All pages of a query, one after the other, as botocore's paginator asks for them."""

    def __init__(self, query: Callable[..., dict[str, Any]]) -> None:
        self._query = query

    def paginate(
        self,
        *,
        PaginationConfig: Mapping[str, int] | None = None,
        **asked: Any,
    ) -> Iterator[dict[str, Any]]:
        if PaginationConfig:
            ((name, size),) = PaginationConfig.items()
            asked |= {{"PageSize": "Limit"}[name]: size}
        while True:
            page = self._query(**asked)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _place(start: Item | None, range_key: str) -> tuple[Any, ...] | None:
    """Return where a page begins: behind the last item of the one before."""
    return (plain(start[range_key]), *key_of(start)) if start else None


def _part_of(item: Item, names: Sequence[str]) -> Item:
    return {name: item[name] for name in names if name in item}


def _given(options: Mapping[str, Any]) -> Given:
    return Given(
        options.get("ExpressionAttributeNames", {}), options.get("ExpressionAttributeValues", {})
    )


def _is_all_old(asked: str) -> bool:
    if asked not in ("NONE", "ALL_OLD"):
        raise Unknown(asked)
    return asked == "ALL_OLD"


def _written_by(write: Mapping[str, Any]) -> Key:
    """Return the key of what one step of a transaction writes."""
    match write:
        case {"Put": {"Item": item}}:
            return key_of(item)
        case {"Delete": {"Key": key}}:
            return key_of(key)
        case _:
            raise Unknown(f"a transaction with {list(write)}")
