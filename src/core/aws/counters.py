"""Counters in DynamoDB: a domain's recipients by the day, and how mails were received by the hour.

| item | pk | sk | holds |
| --- | --- | --- | --- |
| cap | CAP#<domain> | <yyyymmdd> | `recipients` of that day (UTC), and the `newest` mail's id |
| rates | RATES | <yyyymmddhh>#<domain> | a `Tally` of that hour (UTC) |

The rates of all domains have one hash key, so that the sweep reads them with one query.
"""

import time
from calendar import timegm
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, NamedTuple

from core.aws.items import attributes, key, plain
from core.aws.outage import Outage, outages
from core.message.reputation import Tally

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_DAY, _HOUR = "%Y%m%d", "%Y%m%d%H"
_KEPT_SECONDS = 3 * 86400


class _Count(Enum):
    """What became of counting a mail."""

    COUNTED = auto()
    FULL = auto()
    """The day's recipients are used up, or would be: the mail is not counted."""
    UNREACHABLE = auto()
    """The counter did not answer: the mail is not counted, and nobody knows whether it may go."""


class Hour(NamedTuple):
    """How the mails of a domain were received within an hour."""

    domain: str
    starts_at: int
    """Epoch seconds."""
    tally: Tally


class Counters(NamedTuple):
    """The counters of all domains. All times are in epoch seconds."""

    dynamodb: "DynamoDBClient"
    table: str

    @contextmanager
    def counting(
        self, domain: str, cap: int, message_id: str, now: int, *, recipients: int
    ) -> Iterator[bool]:
        """Count the recipients of a mail that the `with` block stores, as SES does for its quota.

        Yields whether the day's `cap` has room for all of them. If the block raises, the mail was
        not stored and its count is given back. If the counter cannot be reached there is room: a
        mail above the cap is better than one that is lost.
        """
        count = self._count(domain, cap, message_id, recipients, now)
        try:
            yield count is not _Count.FULL
        except Exception:
            if count is _Count.COUNTED:
                with suppress(Outage):
                    self._give_back(domain, recipients, now)
            raise

    def _count(self, domain: str, cap: int, message_id: str, recipients: int, now: int) -> _Count:
        try:
            has_room = self._take(domain, cap, message_id, recipients, now)
        except Outage:
            return _Count.UNREACHABLE
        return _Count.COUNTED if has_room else _Count.FULL

    @outages()
    def _take(self, domain: str, cap: int, message_id: str, recipients: int, now: int) -> bool:
        """Count a mail if there is room for it, and return whether there was.

        `newest` is the last message that was counted: if the SDK repeats the update because its
        answer was lost, the mail is not counted twice.
        """
        if recipients > cap:
            return False
        values = {
            ":id": message_id,
            ":most": cap - recipients,
            ":these": recipients,
            ":expires": now + _KEPT_SECONDS,
        }
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=_cap_key(domain, now),
                UpdateExpression="SET newest = :id, expires_at = :expires ADD recipients :these",
                ConditionExpression=(
                    "attribute_not_exists(recipients) OR (recipients <= :most AND newest <> :id)"
                ),
                ExpressionAttributeValues=attributes(values),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
            counter: Any = error.response.get("Item") or {}
            return bool(counter.get("newest") == {"S": message_id})
        return True

    @outages()
    def _give_back(self, domain: str, recipients: int, now: int) -> None:
        self.dynamodb.update_item(
            TableName=self.table,
            Key=_cap_key(domain, now),
            UpdateExpression="ADD recipients :less",
            ExpressionAttributeValues=attributes({":less": -recipients}),
        )

    @outages()
    def add(self, domain: str, tally: Tally, now: int) -> None:
        """Add `tally` to that of the domain's hour. Raises `Outage`.

        If an answer is lost, the SDK repeats the update and it counts twice: good enough for rates.
        """
        values = tally._asdict() | {"expires_at": now + _KEPT_SECONDS}
        self.dynamodb.update_item(
            TableName=self.table,
            Key=key("RATES", f"{_written(_HOUR, now)}#{domain}"),
            UpdateExpression=(
                "SET expires_at = :expires_at"
                " ADD outcomes :outcomes, bounces :bounces, complaints :complaints"
            ),
            ExpressionAttributeValues=attributes({f":{name}": n for name, n in values.items()}),
        )

    def hours(self, since: int) -> Iterator[Hour]:
        """Yield the tallies of all domains, from the hour of `since` on. Raises `Outage`."""
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk AND sk >= :since",
            ExpressionAttributeValues=attributes(
                {":pk": "RATES", ":since": _written(_HOUR, since)}
            ),
        )
        with outages():
            for item in (plain(item) for page in pages for item in page["Items"]):
                hour, _, domain = item["sk"].partition("#")
                starts_at = timegm(time.strptime(hour, _HOUR))
                yield Hour(domain, starts_at, Tally(*(item.get(name, 0) for name in Tally._fields)))


def _cap_key(domain: str, now: int) -> dict[str, Any]:
    return key(f"CAP#{domain}", _written(_DAY, now))


def _written(pattern: str, now: int) -> str:
    return time.strftime(pattern, time.gmtime(now))
