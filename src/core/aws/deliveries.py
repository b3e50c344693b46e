"""The deliveries of webhooks in DynamoDB: `pk` is HOOK#<endpoint>, `sk` the delivery's name.

Those that wait are in the index `Unfinished` too, in shards of their own, so that the sweep finds
what the queue has lost, and what waits for longer than SQS can.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from core.aws.items import attributes, key, plain
from core.aws.outage import outages
from core.webhooks.delivery import Delivery, State

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SHARDS = tuple(f"hook-{number}" for number in range(4))
PICKUP_SECONDS = 15 * 60
"""How long after its time a delivery that is in the queue may be called, before the sweep puts it
in once more."""


class DeliveryKey(NamedTuple):
    """Which delivery."""

    endpoint: str
    name: str


class Deliveries(NamedTuple):
    """The deliveries. All methods raise `Outage` if DynamoDB fails."""

    dynamodb: "DynamoDBClient"
    table: str

    @outages()
    def add(self, delivery: Delivery) -> bool:
        """Write a new delivery; return whether it is to be put into the queue next.

        It is, too, if it was there and nothing has become of it: this may be a repetition of a
        write whose answer was lost, and nobody has queued it then.
        """
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item=_laid_out(delivery, is_queued=True),
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
            there: Any = error.response.get("Item")
            return bool(there) and not _delivery(there).revision
        return True

    @outages()
    def get(self, endpoint_id: str, name: str) -> Delivery | None:
        """Return a delivery; None if there is none (any more)."""
        reply = self.dynamodb.get_item(
            TableName=self.table, Key=key(f"HOOK#{endpoint_id}", name), ConsistentRead=True
        )
        return _delivery(reply["Item"]) if "Item" in reply else None

    @outages()
    def replace(self, delivery: Delivery, *, is_queued: bool) -> bool:
        """Write the next state of a delivery, unless somebody else has; return whether it was.

        `is_queued` is whether it is put into the queue next. If not, the sweep does that in time.
        """
        was = delivery.revision
        written = delivery.model_copy(update={"revision": was + 1})
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item=_laid_out(written, is_queued=is_queued),
                ConditionExpression="revision = :was",
                ExpressionAttributeValues=attributes({":was": was}),
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    @outages()
    def delete(self, endpoint_id: str, name: str) -> None:
        """Delete a delivery of an endpoint that is gone."""
        self.dynamodb.delete_item(TableName=self.table, Key=key(f"HOOK#{endpoint_id}", name))

    @outages()
    def page(
        self, endpoint_id: str, first: str, before: str, limit: int
    ) -> tuple[list[Delivery], str]:
        """Return at most `limit` deliveries with names in [`first`, `before`), the newest first.

        Also returns the name of the last one if there may be more, else "". Names begin with the
        time, so both may be a time alone; "" and "~" leave it open.
        """
        reply = self.dynamodb.query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :before",
            ExpressionAttributeValues=attributes(
                {":pk": f"HOOK#{endpoint_id}", ":first": first or "0", ":before": before}
            ),
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=limit + 1,
        )
        names = [str(item["sk"]["S"]) for item in reply["Items"]]
        inside = [
            _delivery(item)
            for item, name in zip(reply["Items"], names, strict=True)
            if name < before
        ]
        more = len(inside) > limit or "LastEvaluatedKey" in reply
        found = inside[:limit]
        return found, found[-1].name if found and more else ""

    def due(self, now: int) -> Iterator[DeliveryKey]:
        """Yield the deliveries that the sweep must put into the queue, a shard after the other.

        The index is eventually consistent: one may be listed that is not due any more.
        """
        first = now // 60 % len(_SHARDS)
        for shard in (*_SHARDS[first:], *_SHARDS[:first]):
            pages = self.dynamodb.get_paginator("query").paginate(
                TableName=self.table,
                IndexName="Unfinished",
                KeyConditionExpression="unfinished = :shard AND due_at <= :now",
                ExpressionAttributeValues=attributes({":shard": shard, ":now": now}),
            )
            with outages():
                for page in pages:
                    for item in map(plain, page["Items"]):
                        yield DeliveryKey(item["pk"].removeprefix("HOOK#"), item["sk"])


def _laid_out(delivery: Delivery, *, is_queued: bool) -> dict[str, Any]:
    item = delivery.model_dump(mode="json", exclude={"endpoint"}, exclude_defaults=True)
    item |= {"pk": f"HOOK#{delivery.endpoint}", "sk": delivery.name, "revision": delivery.revision}
    if delivery.state is State.PENDING:
        due_at = delivery.next_at + (PICKUP_SECONDS if is_queued else 0)
        item |= {"unfinished": _SHARDS[delivery.shard], "due_at": due_at}
    return attributes(item)


def _delivery(item: Mapping[str, Any]) -> Delivery:
    values = plain(item)
    return Delivery.model_validate(values | {"endpoint": values["pk"].removeprefix("HOOK#")})
