"""How a stack is rid of an address or a message: its table, its bucket, its queues.

A record goes first: from then on no function can begin a try, or write the message back. Passes are
repeated until one finds nothing, so a second run, or an interrupted one, does no harm. An estimate
makes the same passes, and changes nothing.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

from core.aws import items
from core.aws.suppressions import SuppressionList
from core.message.ids import is_id, made_at
from ops.domain_records import DomainRecords
from ops.erasure_changes import Changes
from ops.erasure_report import Report
from ops.readings import readings
from ops.redrive import letters_in
from ops.traces import Traces

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ops.progress import Progress
    from ops.stack import Stack

_REQUEST_SECONDS = 60
"""After so long no request is under way any more that could still write for a message."""
_QUEUES = ("EventQueueUrl", "EventDeadLettersUrl", "RetryDeadLettersUrl")
"""Not the retry queue: it holds ids only, of which an erased one leads to nothing."""
_UNFINISHED = ("accepted", "queued", "sending", "unknown")


class Erasure:
    """What to erase from a stack: made by `of_address` or `of_message`, carried out by `run`.

    Each is for one `run`, or one `estimate`.
    """

    @classmethod
    def of_address(
        cls, stack: Stack, address: str, progress: Progress, *, keeps_suppressed: bool = False
    ) -> Self:
        """Erase everything that names an address, in any spelling.

        Raises `ValueError` for a sender of the stack itself: nearly every mail names it.
        """
        traces, records = Traces(address), DomainRecords.of(stack)
        if traces.are_in([records.default.default_sender, *records.all().values()]):
            raise ValueError("A domain's configuration names this address: change that first.")
        return cls(stack, progress, traces, set(), keeps_suppressed=keeps_suppressed)

    @classmethod
    def of_message(
        cls, stack: Stack, message_id: str, progress: Progress, *, keeps_suppressed: bool = False
    ) -> Self:
        """Erase one message, by its canonical id, and what it taught about addresses."""
        return cls(stack, progress, None, {message_id}, keeps_suppressed=keeps_suppressed)

    def __init__(
        self,
        stack: Stack,
        progress: Progress,
        traces: Traces | None,
        ids: set[str],
        *,
        keeps_suppressed: bool,
    ) -> None:
        """Erase what names an address, and the messages of `ids`; more are found on the way."""
        self.report, self.progress = Report(), progress
        self._traces, self._ids, self._keeps_suppressed = traces, ids, keeps_suppressed
        self._changes = changes = Changes.of(stack)
        self._dynamodb, self._table = changes.dynamodb, changes.table
        self._s3, self._bucket = changes.s3, changes.bucket
        self._sqs, self._urls = stack.aws.client("sqs"), [stack.outputs[name] for name in _QUEUES]
        self._suppressions = SuppressionList(self._dynamodb, self._table, stack.id)
        self._ses_ids: set[str] = set()
        """What SES calls the erased messages."""
        self._live: set[str] = set()
        """Messages that have a record, by the last pass through the table."""
        self._searched: set[str] = set()
        """Files that were read: once is enough."""
        self._youngest = 0.0
        """When the youngest message began that has files and no record (epoch seconds)."""

    def run(self) -> Report:
        """Erase, until a pass finds nothing and no request of before is under way."""
        while True:
            before = self.report.done.total()
            self._youngest = 0.0
            self._pass_through_table()
            self._pass_through_bucket()
            if self.report.done.total() > before:
                continue
            if not self._youngest:
                break
            seconds = max(1.0, self._youngest + _REQUEST_SECONDS - time.time())
            self.progress.say(f"Waiting {seconds:.0f} seconds for requests that are under way")
            time.sleep(seconds)
        self._pass_through_queues()
        return self.report

    def estimate(self) -> Report:
        """Count what `run` would erase now, and change nothing: so the queues are not read."""
        self._changes.is_dry, known = True, -1
        while len(self._ids) != known:  # A file that names the address leads to one more message.
            self.report = Report()
            self._pass_through_table()
            known = len(self._ids)
            self._pass_through_bucket()
        for url in self._urls:
            name = "ApproximateNumberOfMessages"
            reply = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
            self.report.unread += int(reply["Attributes"][name])
        return self.report

    # ---- the table

    def _pass_through_table(self) -> None:
        self._live.clear()
        for item in self._scanned():
            if item["sk"]["S"] == "RECORD" and not items.is_tombstone(item):
                self._live.add(items.message_id_of(item))
            if self._is_named_in(items.plain(item)) or self._is_hash(item):
                self._meet(item)
        if not self._ids:
            return
        for message_id in self._ids & self._live:
            self._erase_record(message_id)
        for item in self._scanned():
            self._erase_part(item)

    def _meet(self, item: Mapping[str, Any]) -> None:
        """Decide about an item that names the address."""
        match item["pk"]["S"].partition("#"):
            case "MSG", _, message_id:
                self._ids.add(message_id)
            case "SUPPRESSED", _, domain:
                self._unsuppress(domain, item)
            case _:
                self.report.left.add(f"{item['pk']['S']} / {item['sk']['S']}")

    def _erase_record(self, message_id: str) -> None:
        """Put the tombstone in the record's place."""
        key = items.key(f"MSG#{message_id}", "RECORD")
        reply = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        self._changes.put(items.tombstone(reply["Item"], int(time.time())))
        record = items.plain(reply["Item"])
        attempts = record.get("attempts", ())
        self._ses_ids |= {each["ses_message_id"] for each in attempts if "ses_message_id" in each}
        if record["status"] in _UNFINISHED:
            self.report.unfinished.append((message_id, record["status"]))
        self._live.discard(message_id)
        self.report.done["messages"] += 1

    def _erase_part(self, item: Mapping[str, Any]) -> None:
        """Delete an erased message's content and key, and what it taught about addresses."""
        about = item.get("message_id", {}).get("S", "")
        match item["pk"]["S"].partition("#"):
            case "MSG", _, message_id if item["sk"]["S"] != "RECORD" and message_id in self._ids:
                self._delete(item, "contents")
            case "KEY", _, _ if about in self._ids:
                self._delete(item, "idempotency keys")
            case "SUPPRESSED", _, domain if about in self._ids and self._traces is None:
                self._unsuppress(domain, item)

    def _unsuppress(self, domain: str, item: Mapping[str, Any]) -> None:
        """Delete an entry of the suppression list; first leave a hash in its place, if asked to."""
        if self._keeps_suppressed:
            hashed = self._suppressions.hashed(item["sk"]["S"])
            key = items.key(f"SUPPRESSED#{domain}", hashed)
            self._changes.put({**item, **key, "message_id": {"S": ""}})
        what = "suppressed addresses"
        self._delete(item, f"{what} (kept as a hash)" if self._keeps_suppressed else what)

    def _delete(self, item: Mapping[str, Any], what: str) -> None:
        self._changes.delete(item)
        self.report.done[what] += 1

    def _scanned(self) -> Iterator[Mapping[str, Any]]:
        paginator = self._dynamodb.get_paginator("scan")
        pages = paginator.paginate(TableName=self._table, ConsistentRead=True)
        found = (item for page in pages for item in page["Items"])
        yield from self.progress.counting("Reading the table", found)

    # ---- the bucket

    def _pass_through_bucket(self) -> None:
        """Delete the files of erased messages, and of none: a repeated request leaves such."""
        doomed = [
            {"Key": version["Key"], "VersionId": version["VersionId"]}
            for version in self.progress.counting("Reading the files", self._versions())
            if self._is_doomed(version["Key"])
        ]
        self._changes.delete_files(doomed)
        self.report.done["files"] += len(doomed)

    def _is_doomed(self, key: str) -> bool:
        message_id = key.split("/")[-2]
        if message_id in self._ids:
            return True
        if message_id not in self._live:
            began = made_at(message_id) if is_id(message_id) else 0.0
            is_young = time.time() - began < _REQUEST_SECONDS
            self._youngest = max(self._youngest, began if is_young else 0.0)
            return not is_young
        if self._traces and key not in self._searched:
            self._searched.add(key)
            if self._is_named_in(self._read(key)):
                self._ids.add(message_id)  # Its record goes first: in the next pass.
                self.report.done["messages found by their files alone"] += 1
        return False

    def _read(self, key: str) -> bytes:
        try:
            return bytes(self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read())
        except self._s3.exceptions.NoSuchKey:
            return b""

    def _versions(self) -> Iterator[Mapping[str, str]]:
        paginator = self._s3.get_paginator("list_object_versions")
        for page in paginator.paginate(Bucket=self._bucket, Prefix="messages/"):
            yield from page.get("Versions", ())
            yield from page.get("DeleteMarkers", ())

    # ---- the queues

    def _pass_through_queues(self) -> None:
        """Once, at the end: being received too often makes a dead letter of an event."""
        for url in self._urls:
            kept = []
            letters = letters_in(self._sqs, url)
            for letter in self.progress.counting("Reading the queues", letters):
                body, receipt = letter["Body"], letter["ReceiptHandle"]
                if self._is_named_in(body) or self._is_about_erased(body):
                    self._sqs.delete_message(QueueUrl=url, ReceiptHandle=receipt)
                    self.report.done["messages in queues"] += 1
                else:
                    kept.append(receipt)
            for receipt in kept:
                self._sqs.change_message_visibility(
                    QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0
                )

    def _is_about_erased(self, body: str) -> bool:
        texts = (reading.text for reading in readings(body))
        return not (self._ids | self._ses_ids).isdisjoint(texts)

    def _is_hash(self, item: Mapping[str, Any]) -> bool:
        """Say whether it is what an earlier erasure kept of the address, and should not be now."""
        if self._traces is None or self._keeps_suppressed:
            return False
        return bool(item["sk"]["S"] == self._suppressions.hashed(self._traces.address))

    def _is_named_in(self, value: Any) -> bool:
        return self._traces is not None and self._traces.are_in(value)
