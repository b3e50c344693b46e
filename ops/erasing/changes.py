"""What an erasure changes in a stack's table and bucket: nothing, if it is only an estimate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from core.aws.items import key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ops.stack import Stack

_AT_ONCE = 1000
"""As many versions of objects as S3 deletes in one request."""


@dataclass(slots=True)
class Changes:
    """The writes of one erasure. Raises botocore's errors.

    An estimate remembers what it would have changed, and each method says whether its change is
    news: so an estimate may come by the same thing twice, and counts it once.
    """

    dynamodb: Any
    table: str
    s3: Any
    bucket: str
    is_dry: bool = False
    _known: set[tuple[str, str]] = field(default_factory=set)

    @classmethod
    def of(cls, stack: Stack) -> Self:
        """Find table and bucket by the stack's outputs."""
        aws, outputs = stack.aws, stack.outputs
        return cls(
            aws.client("dynamodb"), outputs["TableName"], aws.client("s3"), outputs["BucketName"]
        )

    def put(self, item: Mapping[str, Any]) -> bool:
        """Write an item in the place of what has its key."""
        if self.is_dry:
            return self._is_news(_names(item))
        self.dynamodb.put_item(TableName=self.table, Item=item)
        return True

    def put_revised(self, item: Mapping[str, Any], was: Mapping[str, Any]) -> bool:
        """Write an item in the place of what has its key and this revision, and nothing newer."""
        if self.is_dry:
            return self._is_news(_names(item))
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item=item,
                ConditionExpression="revision = :was",
                ExpressionAttributeValues={":was": was},
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def newest(self, item: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Read what has an item's key now."""
        reply = self.dynamodb.get_item(TableName=self.table, Key=_key(item), ConsistentRead=True)
        found: Mapping[str, Any] | None = reply.get("Item")
        return found

    def delete(self, item: Mapping[str, Any]) -> bool:
        """Delete what has an item's key."""
        if self.is_dry:
            return self._is_news(_names(item))
        self.dynamodb.delete_item(TableName=self.table, Key=_key(item))
        return True

    def put_and_delete(self, item: Mapping[str, Any], doomed: Iterable[Mapping[str, Any]]) -> None:
        """Write one item and delete others, all or nothing: at most 99, as DynamoDB takes 100."""
        if self.is_dry:
            return
        deletes = [{"Delete": {"TableName": self.table, "Key": _key(each)}} for each in doomed]
        put = {"Put": {"TableName": self.table, "Item": item}}
        self.dynamodb.transact_write_items(TransactItems=[*deletes, put])

    def release(self, key_hash: str, message_id: str) -> bool:
        """Delete an idempotency key, if it is still this message's."""
        one = key(f"KEY#{key_hash}", "KEY")
        reply = self.dynamodb.get_item(TableName=self.table, Key=one, ConsistentRead=True)
        if reply.get("Item", {}).get("message_id") != {"S": message_id}:
            return False
        if self.is_dry:
            return self._is_news(_names(one))
        try:
            self.dynamodb.delete_item(
                TableName=self.table,
                Key=one,
                ConditionExpression="message_id = :id",
                ExpressionAttributeValues={":id": {"S": message_id}},
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return False  # A repeated request has just given it to a message of its own.
        return True

    def delete_files(self, versions: Iterable[Mapping[str, str]]) -> int:
        """Delete versions of objects; return how many. Raises `ValueError` if S3 keeps one."""
        doomed = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in versions]
        if self.is_dry:
            return sum(self._is_news((each["Key"], each["VersionId"])) for each in doomed)
        for start in range(0, len(doomed), _AT_ONCE):
            part = {"Objects": doomed[start : start + _AT_ONCE], "Quiet": True}
            failed = self.s3.delete_objects(Bucket=self.bucket, Delete=part).get("Errors")
            if failed:
                raise ValueError(
                    f"S3 did not delete {len(failed)} files ({failed[0]['Code']}): see that you may"
                    " (s3:DeleteObjectVersion), and erase again."
                )
        return len(doomed)

    def _is_news(self, names: tuple[str, str]) -> bool:
        is_news = names not in self._known
        self._known.add(names)
        return is_news


def _key(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in ("pk", "sk")}


def _names(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]
