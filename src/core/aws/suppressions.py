"""Addresses that a domain must not mail any more, and why: items of their own in the table.

`pk` is SUPPRESSED#<domain>, `sk` the canonical address; `reason` is bounce, complaint or manual,
`since` an epoch second, `message_id` the message that taught us. Of an address that was erased and
must not be mailed all the same, `sk` is a salted hash. SES keeps a list of its own per account, but
accepts such mails and counts them; asking it is limited to one request a second.
"""

import hashlib
import hmac
import time
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from core.aws.items import key, plain
from core.aws.outage import outages
from core.aws.threads import threads

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Reason = Literal["bounce", "complaint", "manual"]


class Entry(NamedTuple):
    """Why and since when (epoch seconds) an address is suppressed, and which message taught us."""

    address: str
    """"" if only a hash of it is kept."""
    reason: Reason
    since: int
    message_id: str


class SuppressionList(NamedTuple):
    """The suppressed addresses of all domains."""

    dynamodb: "DynamoDBClient"
    table: str
    salt: str
    """The stack's own, for hashes: whoever has only the table cannot try addresses."""

    @outages()
    def among(self, domain: str, addresses: Collection[str]) -> frozenset[str]:
        """Return those of `addresses` (canonical, at most 50) that are suppressed."""
        if not addresses:
            return frozenset()
        meant = {address: address for address in addresses}
        meant |= {self.hashed(address): address for address in addresses}
        asked: Mapping[str, Any] = {
            self.table: {
                "Keys": [_key(domain, kept) for kept in meant],
                "ProjectionExpression": "sk",
            }
        }
        found: set[str] = set()
        while asked:
            reply = self.dynamodb.batch_get_item(RequestItems=asked)
            found |= {item["sk"]["S"] for item in reply["Responses"].get(self.table, ())}
            asked = reply.get("UnprocessedKeys") or {}
        return frozenset(meant[kept] for kept in found)

    def hashed(self, address: str) -> str:
        """Return what is kept of an address that was erased and must not be mailed."""
        digest = hmac.new(self.salt.encode(), address.encode(), hashlib.sha256)
        return digest.hexdigest()

    @contextmanager
    def looking_up(
        self, domain: str, addresses: Collection[str]
    ) -> Iterator["Future[frozenset[str]]"]:
        """Ask `among` beside what the block does; the result is there when it ends."""
        if not addresses:  # A domain without a list pays for nothing.
            nobody: Future[frozenset[str]] = Future()
            nobody.set_result(frozenset())
            yield nobody
            return
        future = threads().submit(self.among, domain, addresses)
        try:
            yield future
        finally:
            wait([future])

    @outages()
    def add(self, domain: str, address: str, reason: Reason, message_id: str) -> bool:
        """Suppress an address; say whether that is new. Only a complaint gives way to what is."""
        item = {
            **_key(domain, address),
            "reason": {"S": reason},
            "since": {"N": str(int(time.time()))},
            "message_id": {"S": message_id},
        }
        condition = "attribute_not_exists(pk)"
        values: Any = {}
        if reason != "complaint":
            condition += " OR reason = :complaint"
            values = {"ExpressionAttributeValues": {":complaint": {"S": "complaint"}}}
        try:
            self.dynamodb.put_item(
                TableName=self.table, Item=item, ConditionExpression=condition, **values
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    @outages()
    def remove(self, domain: str, address: str) -> bool:
        """Let an address be mailed again, whatever stood against it; say whether anything did."""
        replies = [
            self.dynamodb.delete_item(
                TableName=self.table, Key=_key(domain, kept), ReturnValues="ALL_OLD"
            )
            for kept in (address, self.hashed(address))
        ]
        return any("Attributes" in reply for reply in replies)

    def entries(self, domain: str) -> Iterator[Entry]:
        """List whom a domain must not mail, by address."""
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"SUPPRESSED#{domain}"}},
        )
        with outages():
            for item in (plain(item) for page in pages for item in page["Items"]):
                address = item["sk"] if "@" in item["sk"] else ""
                yield Entry(address, item["reason"], int(item["since"]), item["message_id"])

    @outages()
    def lift_complaint(self, domain: str, address: str) -> None:
        """Let an address be mailed again, if nothing but a complaint stood against it."""
        with suppress(self.dynamodb.exceptions.ConditionalCheckFailedException):
            self.dynamodb.delete_item(
                TableName=self.table,
                Key=_key(domain, address),
                ConditionExpression="reason = :complaint",
                ExpressionAttributeValues={":complaint": {"S": "complaint"}},
            )


def _key(domain: str, address: str) -> dict[str, Any]:
    return key(f"SUPPRESSED#{domain}", address)
