"""The endpoints of webhooks in DynamoDB: `pk` is WEBHOOKS, `sk` the endpoint's id.

Who owns an endpoint changes its settings, and the function that calls it writes down how it does:
these are different attributes, so neither overwrites the other's.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from core.aws.items import attributes, key, plain
from core.aws.outage import outages
from core.webhooks.endpoint import Endpoint

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_HASH_KEY = "WEBHOOKS"


class Endpoints(NamedTuple):
    """The endpoints. All methods raise `Outage` if DynamoDB fails."""

    dynamodb: "DynamoDBClient"
    table: str

    @outages()
    def all(self, *, consistent: bool = False) -> list[Endpoint]:
        """Return the endpoints of all domains, the oldest first.

        One that this version of the code cannot read is passed over: nobody can call it.
        """
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": _HASH_KEY}},
            ConsistentRead=consistent,
        )
        found = (_endpoint(item) for page in pages for item in page["Items"])
        return [endpoint for endpoint in found if endpoint]

    @outages()
    def get(self, endpoint_id: str) -> Endpoint | None:
        """Return an endpoint as it is now; None if there is none."""
        reply = self.dynamodb.get_item(
            TableName=self.table, Key=key(_HASH_KEY, endpoint_id), ConsistentRead=True
        )
        return _endpoint(reply["Item"]) if "Item" in reply else None

    @outages()
    def add(self, endpoint: Endpoint) -> None:
        """Write a new endpoint."""
        item = endpoint.model_dump(mode="json", exclude={"id"}, exclude_defaults=True)
        item |= {"pk": _HASH_KEY, "sk": endpoint.id, "enabled": endpoint.enabled}
        self.dynamodb.put_item(TableName=self.table, Item=attributes(item))

    def change(self, endpoint_id: str, **settings: Any) -> Endpoint | None:
        """Write some of an endpoint's members; return it as it is then, None if it is gone."""
        return self._update(endpoint_id, settings)

    def disable(self, endpoint_id: str, why: str) -> bool:
        """Disable an endpoint that is enabled; return whether this call has done that."""
        changes = {"enabled": False, "disabled_reason": why}
        return self._update(endpoint_id, changes, "enabled = :yes", {":yes": True}) is not None

    def note_failure(self, endpoint: Endpoint, at: int) -> None:
        """Note that calls of it fail, since `at` (epoch seconds) unless they did before."""
        if not endpoint.failing_since:
            condition = "attribute_not_exists(failing_since) OR failing_since = :zero"
            self._update(endpoint.id, {"failing_since": at}, condition, {":zero": 0})

    def note_success(self, endpoint: Endpoint) -> None:
        """Note that a call of it has succeeded, if calls failed before."""
        if endpoint.failing_since:
            self._update(endpoint.id, {"failing_since": 0})

    def claim(self, endpoint_id: str, now: int, until: int) -> bool:
        """Take the one place for calls of an endpoint that is not quick; say whether it was free.

        It is free again at `until` (epoch seconds) at the latest.
        """
        condition = "attribute_not_exists(called_until) OR called_until <= :now"
        changes = {"called_until": until}
        return self._update(endpoint_id, changes, condition, {":now": now}) is not None

    def note_speed(self, endpoint: Endpoint, *, is_quick: bool) -> None:
        """Note how quick a call of it was, which is over, and give back its place if it had one."""
        if not (is_quick and endpoint.is_quick):
            self._update(endpoint.id, {"is_quick": is_quick, "called_until": 0})

    def note_hanging(self, endpoint_id: str, until: int) -> None:
        """Note that a call of it has no answer yet, and has the one place until then."""
        self._update(endpoint_id, {"is_quick": False, "called_until": until})

    def pause(self, endpoint_id: str, until: int) -> None:
        """Send nothing to it until then (epoch seconds), or for longer if that was said before."""
        condition = "attribute_not_exists(paused_until) OR paused_until < :until"
        self._update(endpoint_id, {"paused_until": until}, condition, {":until": until})

    @outages()
    def delete(self, endpoint_id: str) -> None:
        """Delete an endpoint; nothing happens if it is gone."""
        self.dynamodb.delete_item(TableName=self.table, Key=key(_HASH_KEY, endpoint_id))

    @outages()
    def _update(
        self,
        endpoint_id: str,
        changes: Mapping[str, Any],
        condition: str = "",
        values: Mapping[str, Any] | None = None,
    ) -> Endpoint | None:
        """Set members of an endpoint that is there and fits; None if it is not or does not."""
        names = {f"#{name}": name for name in changes}
        with suppress(self.dynamodb.exceptions.ConditionalCheckFailedException):
            reply = self.dynamodb.update_item(
                TableName=self.table,
                Key=key(_HASH_KEY, endpoint_id),
                UpdateExpression="SET " + ", ".join(f"#{name} = :new_{name}" for name in changes),
                ConditionExpression="attribute_exists(pk)"
                + (f" AND ({condition})" if condition else ""),
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=attributes(
                    {f":new_{name}": value for name, value in changes.items()} | dict(values or {})
                ),
                ReturnValues="ALL_NEW",
            )
            return _endpoint(reply["Attributes"])
        return None


def _endpoint(item: Mapping[str, Any]) -> Endpoint | None:
    values = plain(item)
    with suppress(ValidationError):
        return Endpoint.model_validate(values | {"id": values["sk"]})
    return None
