"""How one message is erased: by its id, without a look at any other message.

All items of a message have one hash key, its record names its idempotency key, and its files are in
one folder. So however large table and bucket are, it costs a handful of requests.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from core.aws import items

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ops.erasing.changes import Changes
    from ops.erasing.files import Files
    from ops.erasing.report import Report

_UNFINISHED = ("accepted", "queued", "sending", "unknown")
_FOUND_BY = "recipient_key"
"""What a tombstone keeps for as long as something of its message is left."""
_PARTS = {"CONTENT": "contents", "EVENT": "steps of histories"}
"""What the items of a message are called in the report, by how their sort keys begin."""


def is_half_erased(item: Mapping[str, Any]) -> bool:
    """Say whether an item is the tombstone of a message that an interrupted erasure left."""
    return items.is_tombstone(item) and _FOUND_BY in item


class Messages:
    """Erases messages. Each may be erased again: what came back, or was left, goes then."""

    def __init__(
        self,
        changes: Changes,
        report: Report,
        files: Files,
        unlearn: Callable[[str, str], None],
    ) -> None:
        """Take what is called with an erased message's id, and its domain ("" if unknown)."""
        self._changes, self._report, self._files, self._unlearn = changes, report, files, unlearn
        self.ses_ids: set[str] = set()
        """What SES calls the erased messages."""
        self._seconds: dict[str, int] = {}
        """How long the contents of the erased messages were kept."""
        self._with_key: set[str] = set()
        """Erased messages of which a request may have been repeated."""

    def erase(self, message_id: str) -> None:
        """Erase a message: its record first, its key in an index last.

        Once there is no record, no function can begin a try or write the message back. Until all
        is gone, its recipients find what is left of it: an interrupted erasure can be repeated.
        """
        record, parts = None, []
        for item in self._items(message_id):
            if item["sk"]["S"] == "RECORD":
                record = item
            else:
                parts.append(item)
        domain = self._end(record) if record and not items.is_tombstone(record) else ""
        found_by = [part for part in parts if _FOUND_BY in part]
        self._delete(part for part in parts if _FOUND_BY not in part)
        seconds = self._seconds.get(message_id)
        files = self._changes.delete_files(self._files.of_message(message_id, seconds))
        self._report.done["files"] += files
        if files and message_id in self._with_key:
            self._report.may_have_copies = True
        self._unlearn(message_id, domain)
        self._close(record, found_by)

    def _items(self, message_id: str) -> Iterator[Mapping[str, Any]]:
        pages = self._changes.dynamodb.get_paginator("query").paginate(
            TableName=self._changes.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"MSG#{message_id}"}},
            ConsistentRead=True,
        )
        for page in pages:
            yield from page["Items"]

    def _end(self, item: Mapping[str, Any]) -> str:
        """Put a tombstone in the place of a record, and return its domain.

        The key goes before it: the record alone knows which one it is. The record need not be one
        that this version of the code can read.
        """
        record, message_id = items.plain(item), items.message_id_of(item)
        if key_hash := record.get("idempotency_hash"):
            self._with_key.add(message_id)
            self._report.done["idempotency keys"] += self._changes.release(key_hash, message_id)
        if "content_expires_at" in record and "created_at" in record:
            self._seconds[message_id] = int(record["content_expires_at"] - record["created_at"])
        attempts: Sequence[Mapping[str, Any]] = record.get("attempts", ())
        self.ses_ids |= {each["ses_message_id"] for each in attempts if "ses_message_id" in each}
        if not any(attempt.get("outcome") for attempt in attempts):
            self._files.may_come(message_id)  # A try begins when all files are written.
        kept = {_FOUND_BY: item[_FOUND_BY]} if _FOUND_BY in item else {}
        if self._changes.put(items.tombstone(item, int(time.time())) | kept):
            self._report.done["messages"] += 1
            if (status := record.get("status")) in _UNFINISHED:
                self._report.unfinished.append((message_id, str(status)))
        return str(record.get("domain", ""))

    def _delete(self, parts: Iterable[Mapping[str, Any]]) -> None:
        for part in parts:
            if self._changes.delete(part):
                what = part["sk"]["S"].partition("#")[0]
                self._report.done[_PARTS.get(what, "other items of messages")] += 1

    def _close(
        self, record: Mapping[str, Any] | None, found_by: Sequence[Mapping[str, Any]]
    ) -> None:
        """Take a message out of the index of recipients, at once for all of them."""
        if record and (found_by or _FOUND_BY in record):
            self._changes.put_and_delete(items.tombstone(record, int(time.time())), found_by)
        else:
            for each in found_by:  # Its record has expired before them.
                self._changes.delete(each)
