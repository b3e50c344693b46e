"""When SES's events were last heard, so that silence about a mail can be told from a broken way.

Each domain has an item in DynamoDB: `pk` is HEARD, `sk` the domain, `heard_at` the time of the
newest event that was merged into a message of the domain (epoch seconds).
"""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.aws.items import attributes, key, plain
from core.aws.outage import outages

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_EVERY_SECONDS = 60
"""How much newer an event must be to be written down: one write a minute is enough."""
_KEPT_SECONDS = 3 * 86400


@dataclass(slots=True)
class EventFlow:
    """The newest events by domain. All times are in epoch seconds."""

    dynamodb: "DynamoDBClient"
    table: str
    _heard: dict[str, int] = field(default_factory=dict)
    _written: dict[str, int] = field(default_factory=dict)

    def hear(self, domain: str, at: int) -> None:
        """Remember that an event of the time `at` was merged, until `write` writes it down.

        What SES dates into the future counts as of now.
        """
        at = min(at, int(time.time()))
        self._heard[domain] = max(at, self._heard.get(domain, 0))

    def write(self) -> None:
        """Write down what has been heard since; once a minute for a domain. Raises `Outage`."""
        for domain, at in self._heard.items():
            if not 0 <= at - self._written.get(domain, -_EVERY_SECONDS) < _EVERY_SECONDS:
                self._write(domain, at)
                self._written[domain] = at
        self._heard.clear()

    @outages()
    def _write(self, domain: str, at: int) -> None:
        with suppress(self.dynamodb.exceptions.ConditionalCheckFailedException):
            self.dynamodb.update_item(
                TableName=self.table,
                Key=key("HEARD", domain),
                UpdateExpression="SET heard_at = :at, expires_at = :expires",
                ConditionExpression="attribute_not_exists(heard_at) OR heard_at < :at",
                ExpressionAttributeValues=attributes({":at": at, ":expires": at + _KEPT_SECONDS}),
            )

    @outages()
    def newest(self) -> Mapping[str, int]:
        """Return the time of the newest event of each domain that has one. Raises `Outage`."""
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": "HEARD"}},
        )
        heard = (plain(item) for page in pages for item in page["Items"])
        return {item["sk"]: int(item["heard_at"]) for item in heard}
