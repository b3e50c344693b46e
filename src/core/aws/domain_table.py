"""The domain configurations in DynamoDB, read at most once a minute."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.aws.items import attributes, key, plain
from core.aws.outage import Outage, outages
from core.submission.domains import DomainConfiguration, broken, configured

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FRESH_SECONDS = 60


@dataclass(slots=True)
class DomainTable:
    """All sending domains. The template's is always there; a record of that name replaces it."""

    dynamodb: "DynamoDBClient"
    table: str
    default: DomainConfiguration
    broken: list[str] = field(default_factory=list)
    """Domains whose record cannot be used: only they are unknown then, the others go on."""
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
    def pause(self, configuration: DomainConfiguration, why: str) -> bool:
        """Pause a domain; say whether that is new. Not if it was resumed or removed meanwhile."""
        condition = "(attribute_not_exists(paused) OR paused = :no)"
        condition += " AND (attribute_not_exists(judged_from) OR judged_from = :from)"
        if configuration.domain != self.default.domain:
            condition += " AND attribute_exists(pk)"
        values = {":why": why, ":no": "", ":from": configuration.judged_from}
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=key("DOMAIN", configuration.domain),
                UpdateExpression="SET paused = :why",
                ConditionExpression=condition,
                ExpressionAttributeValues=attributes(values),
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    @outages()
    def _read(self) -> Mapping[str, DomainConfiguration]:
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": "DOMAIN"}},
        )
        known, self.broken = {self.default.domain: self.default}, []
        for record in (plain(item) for page in pages for item in page["Items"]):
            domain = record["sk"]
            try:
                known[domain] = configured(self.default, domain, record)
            except ValueError:
                known[domain] = broken(self.default, domain, record)
                self.broken.append(domain)
        return known
