"""The files of messages in the bucket, as an erasure looks at them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.aws.content_store import CLASSES, folder
from core.message.ids import is_id, made_at

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from ops.erasing.changes import Changes

_REQUEST_SECONDS = 60
"""After so long no request is under way any more that could still write for a message."""


@dataclass(slots=True)
class Files:
    """All versions of the bucket's files, and the requests that may still write some."""

    changes: Changes
    _awaited: dict[str, float] = field(default_factory=dict)
    """When the messages began for which a request may be under way (epoch seconds)."""

    def of_message(self, message_id: str, seconds: int | None) -> Iterator[Mapping[str, str]]:
        """Yield the versions of a message's files: the bucket is asked for its folder only.

        `seconds` is how long its content is kept. If nobody knows, it is asked for every folder
        that can be its own.
        """
        folders = (
            [f"messages/{days}/{message_id}" for days in CLASSES]
            if seconds is None
            else [folder(message_id, seconds)]
        )
        for each in folders:
            yield from self._versions(f"{each}/")

    def all(self) -> Iterator[Mapping[str, str]]:
        """Yield every version of every file."""
        yield from self._versions("messages/")

    def read(self, key: str) -> bytes:
        """Return what is in a file; nothing if it is gone."""
        s3 = self.changes.s3
        try:
            return bytes(s3.get_object(Bucket=self.changes.bucket, Key=key)["Body"].read())
        except s3.exceptions.NoSuchKey:
            return b""

    def are_nobodys(self, message_id: str, live: Collection[str]) -> bool:
        """Say whether files with this id in their key are no message's, and never will be.

        A repeated request leaves such. While a request may be under way it is no: its message may
        be there in a moment. `live` are the messages that have a record.
        """
        return message_id not in live and not self.may_come(message_id)

    def may_come(self, message_id: str) -> bool:
        """Say whether a request may still write files of this id, and remember it."""
        began = made_at(message_id) if is_id(message_id) else 0.0
        is_young = time.time() - began < _REQUEST_SECONDS
        if is_young:
            self._awaited[message_id] = began
        return is_young

    def seconds_to_wait(self) -> float:
        """Return after how long none of those requests is under way any more."""
        youngest = max(self._awaited.values(), default=0.0)
        self._awaited.clear()
        return max(0.0, youngest + _REQUEST_SECONDS - time.time())

    def _versions(self, prefix: str) -> Iterator[Mapping[str, str]]:
        paginator = self.changes.s3.get_paginator("list_object_versions")
        for page in paginator.paginate(Bucket=self.changes.bucket, Prefix=prefix):
            yield from page.get("Versions", ())
            yield from page.get("DeleteMarkers", ())
