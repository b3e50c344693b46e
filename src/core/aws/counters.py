"""What is counted in DynamoDB: a domain's mails of a day, and by the hour how they were received.

| item | pk | sk | holds |
| --- | --- | --- | --- |
| cap | CAP#<domain> | <yyyymmdd> | `mails` of that day (UTC), and the `newest` of them |
| rates | RATES | <yyyymmddhh>#<domain> | a `Tally` of that hour (UTC); together, for the sweep |
"""

import time
from calendar import timegm
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from core.aws.items import attributes, key, plain
from core.aws.outage import Outage, outages
from core.message.reputation import Tally

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_DAY, _HOUR = "%Y%m%d", "%Y%m%d%H"
_KEPT_SECONDS = 3 * 86400


class Hour(NamedTuple):
    """How the mails of a domain were received within an hour."""

    domain: str
    starts_at: int
    """Epoch seconds."""
    tally: Tally


class Counters(NamedTuple):
    """The counters of all domains. All times are epoch seconds."""

    dynamodb: "DynamoDBClient"
    table: str

    @contextmanager
    def counting(self, domain: str, cap: int, message_id: str, now: int) -> Iterator[bool]:
        """Count a mail while it is kept, and say whether the day's `cap` has room for it.

        What is not kept after all (the block fails, or finds an earlier request with the same key)
        does not count. If the counter cannot be reached, there is room.
        """
        has_room, is_counted = self._asked(domain, cap, message_id, now)
        try:
            yield has_room
        except Exception:
            if is_counted:
                with suppress(Outage):
                    self._give_back(domain, now)
            raise

    def _asked(self, domain: str, cap: int, message_id: str, now: int) -> tuple[bool, bool]:
        try:
            taken = self._take(domain, cap, message_id, now)
        except Outage:
            return True, False
        return taken, taken

    @outages()
    def _take(self, domain: str, cap: int, message_id: str, now: int) -> bool:
        """Count a mail if there is room. `newest` tells the SDK's own repetition from another."""
        values = {":id": message_id, ":cap": cap, ":one": 1, ":expires": now + _KEPT_SECONDS}
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=_cap_key(domain, now),
                UpdateExpression="SET newest = :id, expires_at = :expires ADD mails :one",
                ConditionExpression=(
                    "attribute_not_exists(mails) OR (mails < :cap AND newest <> :id)"
                ),
                ExpressionAttributeValues=attributes(values),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
            held: Any = error.response.get("Item") or {}
            return bool(held.get("newest") == {"S": message_id})
        return True

    @outages()
    def _give_back(self, domain: str, now: int) -> None:
        self.dynamodb.update_item(
            TableName=self.table,
            Key=_cap_key(domain, now),
            UpdateExpression="ADD mails :less",
            ExpressionAttributeValues=attributes({":less": -1}),
        )

    @outages()
    def add(self, domain: str, tally: Tally, now: int) -> None:
        """Add to this hour's tally. Not exact where an answer gets lost: it is for rates."""
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
        """List the tallies of all domains by the hour, from the hour of `since` on."""
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
