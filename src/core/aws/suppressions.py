"""The suppression list: addresses to which a domain must send no more mail, and the reasons.

Each address is an item of the table. `pk` is SUPPRESSED#<domain> and `sk` the canonical address, or
a keyed hash of one that was erased and must get no mail all the same. `reason` is bounce, complaint
or manual, `since` an epoch second, `message_id` the message that bounced or was complained about.

SES has a list of its own for each account. It cannot replace this one: SES accepts mails to the
addresses on it and counts them, and it may be asked about one address a second only.
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
    """An address on the list."""

    address: str
    """"" if only a hash of it is kept."""
    reason: Reason
    since: int
    """Epoch seconds."""
    message_id: str
    """The message that bounced or was complained about; "" if the reason is `manual`."""


class SuppressionList(NamedTuple):
    """The suppressed addresses of all domains. All methods raise `Outage` if DynamoDB fails."""

    dynamodb: "DynamoDBClient"
    table: str
    salt: str
    """The key of the hashes. Each stack has its own, which is not in the table: who has only the
    table cannot find out by trying which addresses are on the list."""

    @outages()
    def among(self, domain: str, addresses: Collection[str]) -> frozenset[str]:
        """Return those of `addresses` (canonical, at most 50) that are suppressed."""
        if not addresses:  # A request without keys is an error to DynamoDB.
            return frozenset()
        by_sort_key = {address: address for address in addresses}
        by_sort_key |= {self.hashed(address): address for address in addresses}
        requests: Mapping[str, Any] = {
            self.table: {
                "Keys": [_key(domain, sort_key) for sort_key in by_sort_key],
                "ProjectionExpression": "sk",
            }
        }
        suppressed: set[str] = set()
        while requests:
            reply = self.dynamodb.batch_get_item(RequestItems=requests)
            suppressed |= {item["sk"]["S"] for item in reply["Responses"].get(self.table, ())}
            requests = reply.get("UnprocessedKeys") or {}
        return frozenset(by_sort_key[sort_key] for sort_key in suppressed)

    def hashed(self, address: str) -> str:
        """Return what is kept of an address that was erased: HMAC-SHA-256 of it, in hex."""
        digest = hmac.new(self.salt.encode(), address.encode(), hashlib.sha256)
        return digest.hexdigest()

    @contextmanager
    def looking_up(
        self, domain: str, addresses: Collection[str]
    ) -> Iterator["Future[frozenset[str]]"]:
        """Run `among` while the `with` block runs; the future that it yields is done at its end."""
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
        """Put an address on the list; return whether that changed anything.

        A bounce or a manual entry replaces a complaint, and so does a complaint about a newer
        message, so that nothing said about the older one lifts it. Nothing else is replaced.
        """
        item = {
            **_key(domain, address),
            "reason": {"S": reason},
            "since": {"N": str(int(time.time()))},
            "message_id": {"S": message_id},
        }
        condition = "attribute_not_exists(pk) OR reason = :complaint"
        values: dict[str, Any] = {":complaint": {"S": "complaint"}}
        if reason == "complaint":
            condition += " AND message_id < :message_id"  # Ids sort by their time.
            values[":message_id"] = {"S": message_id}
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item=item,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    @outages()
    def remove(self, domain: str, address: str) -> bool:
        """Take an address off the list, whatever the reason; return whether it was on it."""
        replies = [
            self.dynamodb.delete_item(
                TableName=self.table, Key=_key(domain, sort_key), ReturnValues="ALL_OLD"
            )
            for sort_key in (address, self.hashed(address))
        ]
        return any("Attributes" in reply for reply in replies)

    def entries(self, domain: str) -> Iterator[Entry]:
        """Yield the addresses to which a domain must send no mail, in their order."""
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
    def lift_complaint(self, domain: str, address: str, message_id: str) -> None:
        """Take an address off the list if the reason was a complaint about this message.

        Else nothing changes: somebody who says that one message was no spam after all has not said
        so of another.
        """
        with suppress(self.dynamodb.exceptions.ConditionalCheckFailedException):
            self.dynamodb.delete_item(
                TableName=self.table,
                Key=_key(domain, address),
                ConditionExpression="reason = :complaint AND message_id = :message_id",
                ExpressionAttributeValues={
                    ":complaint": {"S": "complaint"},
                    ":message_id": {"S": message_id},
                },
            )


def _key(domain: str, sort_key: str) -> dict[str, Any]:
    return key(f"SUPPRESSED#{domain}", sort_key)
