"""The domain configurations in DynamoDB, read at most once a minute."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer

from core.domains import DomainConfiguration
from core.outage import Outage, outages

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FRESH_SECONDS = 60
_from_attribute = TypeDeserializer().deserialize


@dataclass(slots=True)
class Directory:
    """All sending domains. The template's is always there; a record of that name replaces it."""

    dynamodb: "DynamoDBClient"
    table: str
    default: DomainConfiguration
    _known: Mapping[str, DomainConfiguration] = field(default_factory=dict)
    _read_at: float = 0.0

    def domains(self) -> Mapping[str, DomainConfiguration]:
        """Return the configurations by domain, at most a minute old.

        While the table cannot be read, older ones serve. Raises `Outage` if there are none.
        """
        if not self._known or time.monotonic() - self._read_at > _FRESH_SECONDS:
            try:
                self._known = self._read()
            except Outage:
                if not self._known:
                    raise
            self._read_at = time.monotonic()
        return self._known

    @outages()
    def _read(self) -> Mapping[str, DomainConfiguration]:
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": "DOMAIN"}},
        )
        defaults = self.default.model_dump()
        found = [
            DomainConfiguration.model_validate(defaults | _plain(item))
            for page in pages
            for item in page["Items"]
        ]
        return {each.domain: each for each in (self.default, *found)}


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _from_attribute(value) for name, value in item.items()}
