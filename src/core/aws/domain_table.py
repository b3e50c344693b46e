"""The configurations of the sending domains in DynamoDB, read once a minute at most."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.aws.items import attributes, key, plain
from core.aws.outage import Outage, outages
from core.submission.domains import DomainConfiguration, broken, configured

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FRESH_SECONDS = 60


@dataclass(slots=True)
class DomainTable:
    """The configurations of all sending domains.

    That of the template's parameters (`default`) is always among them; an item of the same domain
    replaces it.
    """

    dynamodb: "DynamoDBClient"
    table: str
    default: DomainConfiguration
    broken: list[str] = field(default_factory=list)
    """The domains whose items could not be used when last read. Only they cannot send then."""
    _configurations: Mapping[str, DomainConfiguration] = field(default_factory=dict)
    _read_at: float = 0.0

    def domains(self) -> Mapping[str, DomainConfiguration]:
        """Return the configurations by domain. They are at most a minute old.

        While the table cannot be read, older ones serve. Raises `Outage` if there are none.
        """
        if not self._configurations or time.monotonic() - self._read_at > _FRESH_SECONDS:
            try:
                self._configurations = self._read()
            except Outage:
                if not self._configurations:
                    raise
            self._read_at = time.monotonic()
        return self._configurations

    def find(self, domain: str) -> DomainConfiguration | None:
        """Return the configuration of a domain, None if it has none (any more).

        A domain that is not known is looked for in the table once more: it may have been added a
        moment ago. Raises `Outage`.
        """
        known = self.domains().get(domain)
        if known is None:
            self._configurations = self._read(consistent=True)
            self._read_at = time.monotonic()
            known = self._configurations.get(domain)
        return known

    @outages()
    def pause(self, configuration: DomainConfiguration, why: str) -> bool:
        """Pause a domain, `why` being the reason that is stored; return whether it was changed.

        It is not if it is paused already, or if somebody has resumed or removed it since
        `configuration` was read. Raises `Outage`.
        """
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
    def _read(self, *, consistent: bool = False) -> Mapping[str, DomainConfiguration]:
        options: Any = {"ConsistentRead": True} if consistent else {}
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": "DOMAIN"}},
            **options,
        )
        configurations, self.broken = {self.default.domain: self.default}, []
        for settings in (plain(item) for page in pages for item in page["Items"]):
            domain = settings["sk"]
            try:
                configurations[domain] = configured(self.default, domain, settings)
            except ValueError:
                configurations[domain] = broken(self.default, domain, settings)
                self.broken.append(domain)
        return configurations
