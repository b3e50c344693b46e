"""Attachments, and mails too large for the table, in S3 until their retention ends."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import wait
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from core.aws.outage import outages
from core.aws.threads import threads
from core.message.record import Record

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class ContentStore(NamedTuple):
    """The bucket. Keys are our own, never a file name: `messages/<days>/<message id>/<n>`.

    S3 deletes by the days in the key (a rule of the template for each class). It does so once a day
    and by and by, so whoever reads must know from the record that the content has not expired.

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


CLASSES = (2, 3, 4, 5, 6, 7, 10, 14, 21, 30, 60, 90, 180, 365)
"""Days: S3 deletes by prefix, not by object, so content goes to the first class that will do."""


def attachment_key(record: Record, number: int) -> str:
    """Return the key of a message's attachment, counted from one."""
    return f"{_folder(record)}/{number}"


def content_key(record: Record) -> str:
    """Return the key of a mail that is too large for the table."""
    return f"{_folder(record)}/content"


def _folder(record: Record) -> str:
    seconds = record.content_expires_at - record.created_at
    days = next((days for days in CLASSES if days * 86400 >= seconds), CLASSES[-1])
    return f"messages/{days}/{record.id}"
