"""What an erasure changes in a stack's table and bucket: nothing, if it is only an estimate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ops.stack import Stack

_AT_ONCE = 1000
"""As many versions of objects as S3 deletes in one request."""


@dataclass(slots=True)
class Changes:
    """The writes of one erasure. Raises botocore's errors."""

    dynamodb: Any
    table: str
    s3: Any
    bucket: str
    is_dry: bool = False

    @classmethod
    def of(cls, stack: Stack) -> Self:
        """Find table and bucket by the stack's outputs."""
        aws, outputs = stack.aws, stack.outputs
        return cls(
            aws.client("dynamodb"), outputs["TableName"], aws.client("s3"), outputs["BucketName"]
        )

    def put(self, item: Mapping[str, Any]) -> None:
        """Write an item in the place of what has its key."""
        if not self.is_dry:
            self.dynamodb.put_item(TableName=self.table, Item=item)

    def delete(self, item: Mapping[str, Any]) -> None:
        """Delete what has an item's key."""
        if not self.is_dry:
            key = {name: item[name] for name in ("pk", "sk")}
            self.dynamodb.delete_item(TableName=self.table, Key=key)

    def delete_files(self, versions: Sequence[Mapping[str, str]]) -> None:
        """Delete versions of objects. Raises `ValueError` if S3 keeps one."""
        for start in range(0, 0 if self.is_dry else len(versions), _AT_ONCE):
            part = {"Objects": versions[start : start + _AT_ONCE], "Quiet": True}
            failed = self.s3.delete_objects(Bucket=self.bucket, Delete=part).get("Errors")
            if failed:
                raise ValueError(
                    f"S3 did not delete {len(failed)} files ({failed[0]['Code']}): see that you may"
                    " (s3:DeleteObjectVersion), and erase again."
                )
