"""Attachments, and mails too large for the table, in S3 until their retention ends."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import wait
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from core.outage import outages
from core.threads import threads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Vault(NamedTuple):
    """The bucket. Keys are the service's own: `messages/<message id>/<n>`, never a file name.

    The client is asked for when there is something to keep or fetch: most mails have nothing.
    """

    s3: "Callable[[], S3Client]"
    bucket: str

    @contextmanager
    def keeping(self, objects: Mapping[str, bytes]) -> Iterator[None]:
        """Write `objects` beside what the block does; both are done when it ends.

        Raises what went wrong with either, the block's own first.
        """
        if not objects:
            yield
            return
        s3 = self.s3()
        writes = [threads().submit(self._put, s3, key, data) for key, data in objects.items()]
        try:
            yield
        finally:
            wait(writes)
        for write in writes:
            write.result()

    def fetch(self, keys: Sequence[str]) -> list[bytes]:
        """Read objects side by side; `KeyError` names the first that is gone."""
        if not keys:
            return []
        return list(threads().map(partial(self._get, self.s3()), keys))

    @outages()
    def _put(self, s3: "S3Client", key: str, data: bytes) -> None:
        s3.put_object(Bucket=self.bucket, Key=key, Body=data)

    @outages()
    def _get(self, s3: "S3Client", key: str) -> bytes:
        try:
            return s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except s3.exceptions.NoSuchKey:
            raise KeyError(key) from None


def attachment_key(message_id: str, number: int) -> str:
    """Return the key of a message's attachment, counted from one."""
    return f"messages/{message_id}/{number}"


def content_key(message_id: str) -> str:
    """Return the key of a mail that is too large for the table."""
    return f"messages/{message_id}/content"
