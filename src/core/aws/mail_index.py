"""Messages found by their domain, a recipient, a reference, or by what went wrong: newest first.

| index | hash key | which messages |
| --- | --- | --- |
| ByDomain | `<domain>#<shard>` | all |
| Problems | `<domain>#<shard>` | those that failed, came back, or of which nobody knows |
| ByRecipient | `<domain>#<keyed hash of the address>` | those to an address |
| ByReference | `<domain>#<reference>` | those with the caller's own id |

All hold keys only, and are sorted by `pk`, which is by time, because the ids are. They are
eventually consistent: a message may be missing for a moment, or be listed that was erased
(docs/adr/0012).

A message has one record, so a further recipient (CC, BCC, a second To) has an item of its own:
`sk` is RCPT#<number>. No address is a key: who reads an index learns nobody's address, and cannot
find out by trying, without the stack's secret.
"""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from heapq import merge
from typing import TYPE_CHECKING, Any, NamedTuple

from core.aws import items
from core.aws.outage import outages
from core.aws.threads import threads
from core.message.record import Record

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

_DIGITS = 32
_FEWEST, _MOST = 25, 250
"""How many ids one query returns, at least and at most, if there are as many. 25 keys are some
3 KB, and DynamoDB counts all up to 4 KB as one read."""


class Wanted(NamedTuple):
    """One partition of an index."""

    name: str
    hash_key: str
    value: str


class Between(NamedTuple):
    """Which ids are wanted: from `first` on, and smaller than `before`."""

    first: str
    before: str


EVER = Between("", "~")
"""All ids."""


class _Page(NamedTuple):
    """Some ids of a partition, the newest first."""

    ids: Sequence[str]
    last: "Mapping[str, AttributeValueTypeDef] | None"
    """The keys behind which the next ones are; None if there are none."""


class MailIndex(NamedTuple):
    """The indexes. All methods that ask DynamoDB raise `Outage` if it fails."""

    dynamodb: "DynamoDBClient"
    table: str
    secret: str
    """The key of the hashes of addresses, which is not in the table."""

    def hashed(self, address: str) -> str:
        """Return what stands for a canonical address: half of its HMAC-SHA-256, in hex."""
        digest = hmac.digest(self.secret.encode(), address.encode(), "sha256")
        return digest.hex()[:_DIGITS]

    def signed(self, text: str) -> str:
        """Return a signature of a text, of which only this stack can make the same."""
        return self.hashed(f"signed\n{text}")  # No address has a line break.

    def keyed(self, record: Record) -> Record:
        """Return a new record with the key by which its first recipient finds it."""
        return record.model_copy(update={"recipient_hash": self._keys(record)[0]})

    def of_further_recipients(self, record: Record) -> list[dict[str, Any]]:
        """Return the items (plain values) by which a message's other recipients find it."""
        return [
            {
                "pk": f"MSG#{record.id}",
                "sk": items.recipient_part(number),
                "recipient_key": f"{record.domain}#{hashed}",
                "expires_at": record.expires_at,
            }
            for number, hashed in enumerate(self._keys(record)[1:], start=2)
        ]

    def of_domain(self, domain: str) -> list[Wanted]:
        """Return where all messages of a domain are."""
        return [Wanted("ByDomain", "listed", f"{domain}#{shard}") for shard in items.LISTED_SHARDS]

    def of_problems(self, domain: str) -> list[Wanted]:
        """Return where a domain's messages are that failed, came back or are `unknown`."""
        return [Wanted("Problems", "problem", f"{domain}#{shard}") for shard in items.LISTED_SHARDS]

    def of_recipient(self, domain: str, address: str) -> list[Wanted]:
        """Return where a domain's messages to a canonical address are."""
        return [Wanted("ByRecipient", "recipient_key", f"{domain}#{self.hashed(address)}")]

    def of_reference(self, domain: str, reference: str) -> list[Wanted]:
        """Return where a domain's messages with a reference are."""
        return [Wanted("ByReference", "reference_key", f"{domain}#{reference}")]

    def newest(
        self, wanted: Sequence[Wanted], between: Between, likely: int = _MOST
    ) -> Iterator[str]:
        """Yield the ids in several partitions, the newest first; so many are `likely` to be taken.

        All partitions are asked for their newest ids, side by side; then one after the other, once
        it has no more at hand.
        """
        size = min(max(_FEWEST, 2 * likely // max(1, len(wanted))), _MOST)
        ask = partial(self._page, between=between, size=size)
        pages = list(threads().map(ask, wanted)) if len(wanted) > 1 else map(ask, wanted)
        streams = [self._ids(each, between, page) for each, page in zip(wanted, pages, strict=True)]
        last = ""
        for message_id in merge(*streams, reverse=True):
            if message_id != last:  # A mail may have one address several times.
                yield message_id
            last = message_id

    def records(self, message_ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """Return the records' items (attribute values), by id: of at most 100 messages."""
        return self._parts(message_ids, "RECORD")

    def subjects(self, message_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the subjects, by id, of at most 100 messages whose content is still kept."""
        found = self._parts(message_ids, "CONTENT", "pk, subject, expires_at")
        return {
            message_id: str(item.get("subject", {}).get("S", ""))
            for message_id, item in found.items()
        }

    def _keys(self, record: Record) -> list[str]:
        return [self.hashed(recipient.address) for recipient in record.recipients]

    def _ids(self, wanted: Wanted, between: Between, page: "_Page") -> Iterator[str]:
        yield from page.ids
        while page.last:
            page = self._page(wanted, between, _MOST, page.last)
            yield from page.ids

    @outages()
    def _page(
        self,
        wanted: Wanted,
        between: Between,
        size: int,
        after: "Mapping[str, AttributeValueTypeDef] | None" = None,
    ) -> "_Page":
        """Return the newest ids in a partition, behind the item with the keys `after`."""
        behind: Any = {"ExclusiveStartKey": after} if after else {}
        reply = self.dynamodb.query(
            TableName=self.table,
            IndexName=wanted.name,
            KeyConditionExpression=f"{wanted.hash_key} = :key AND pk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":key": {"S": wanted.value},
                ":first": {"S": f"MSG#{between.first}"},
                ":last": {"S": f"MSG#{between.before}"},
            },
            ScanIndexForward=False,
            Limit=size,
            **behind,
        )
        ids = map(items.message_id_of, reply["Items"])
        return _Page([each for each in ids if each < between.before], reply.get("LastEvaluatedKey"))

    @outages()
    def _parts(
        self, message_ids: Sequence[str], part: str, projection: str = ""
    ) -> Mapping[str, Mapping[str, Any]]:
        if not message_ids:  # A request without keys is an error to DynamoDB.
            return {}
        keys = [items.key(f"MSG#{message_id}", part) for message_id in message_ids]
        asked: Any = {"Keys": keys} | ({"ProjectionExpression": projection} if projection else {})
        requests: Mapping[str, Any] = {self.table: asked}
        found = {}
        while requests:
            reply = self.dynamodb.batch_get_item(RequestItems=requests)
            for item in reply["Responses"].get(self.table, ()):
                found[items.message_id_of(item)] = item
            requests = reply.get("UnprocessedKeys") or {}
        return found
