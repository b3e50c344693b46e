"""The bucket in S3: attachments, and mails that are too large for the table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import wait
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from core.aws.outage import outages
from core.aws.threads import threads
from core.lazily import lazily
from core.message.record import Record

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from core.message import download
else:  # No mail that is sent needs it.
    download = lazily("core.message.download")


class ContentStore(NamedTuple):
    """The bucket. An object's key is `messages/<days>/<message id>/<n>`, and never a file name.

    S3 deletes an object when it is so many days old: the template has a rule for each number of
    days. It does so once a day, and late, so a reader must know from the record that the content
    has not expired.

    All methods raise `Outage` if S3 fails.
    """

    s3: "Callable[[], S3Client]"
    """Makes the client when there is something to keep or fetch: most mails have nothing."""
    bucket: str

    def keep(self, objects: Mapping[str, bytes]) -> None:
        """Write `objects` (bytes by key) side by side."""
        with self.keeping(objects):
            pass

    @contextmanager
    def keeping(self, objects: Mapping[str, bytes]) -> Iterator[None]:
        """Write `objects` (bytes by key) while the `with` block runs; both are done when it ends.

        If both fail, the error of the block is raised.
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
        """Return the bytes of objects, read side by side. Raises `KeyError` if one is gone."""
        if not keys:
            return []
        return list(threads().map(partial(self._get, self.s3()), keys))

    @outages()
    def link(self, key: str, name: str, content_type: str, seconds: int) -> str:
        """Return a link that downloads an object as a file called `name`, for so many seconds.

        It works without a key, by the permission of this function's role. S3 is not asked: a link
        to an object that is gone answers 404.
        """
        params = {
            "Bucket": self.bucket,
            "Key": key,
            "ResponseContentDisposition": download.disposition(name),
            "ResponseContentType": download.media_type(content_type),
            "ResponseCacheControl": "private, no-store",
        }
        return self.s3().generate_presigned_url("get_object", params, seconds)

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
"""The days after which S3 can delete an object. Its rules are for the beginning of a key and not
for single objects, so content that is kept for 8 days goes to the class of 10."""


def attachment_key(record: Record, number: int) -> str:
    """Return the key of attachment `number` (the first is 1) of a message."""
    return f"{_folder(record)}/{number}"


def content_key(record: Record) -> str:
    """Return the key of a message's mail, as JSON, if it is too large for the table."""
    return f"{_folder(record)}/content"


def folder(message_id: str, seconds: int) -> str:
    """Return what the keys of a message's objects begin with, if its content is kept so long."""
    days = next((days for days in CLASSES if days * 86400 >= seconds), CLASSES[-1])
    return f"messages/{days}/{message_id}"


def _folder(record: Record) -> str:
    return folder(record.id, record.content_expires_at - record.created_at)
