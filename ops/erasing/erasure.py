"""How a stack is rid of an address or a message: its table, its bucket, its queues.

Passes are repeated until one finds nothing, so a second run, or an interrupted one, does no harm.
An estimate makes the same passes, and changes nothing.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

from core.aws import items
from core.aws.mail_index import EVER
from core.aws.suppressions import SuppressionList
from ops.domain_records import DomainRecords
from ops.erasing.answers import Answers, has_answers
from ops.erasing.changes import Changes
from ops.erasing.files import Files
from ops.erasing.messages import Messages, is_half_erased
from ops.erasing.queues import Queues
from ops.erasing.report import Report
from ops.erasing.suppressed import Suppressed
from ops.readings import readings
from ops.traces import Traces

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ops.progress import Progress
    from ops.stack import Stack


class Erasure:
    """What to erase from a stack: made by `of_address` or `of_message`, carried out by `run`.

    Each is for one `run`, or one `estimate`.
    """

    @classmethod
    def of_address(
        cls,
        stack: Stack,
        address: str,
        progress: Progress,
        *,
        keeps_suppressed: bool = False,
        recipient_only: bool = False,
    ) -> Self:
        """Erase everything that names an address, in any spelling.

        With `recipient_only` it is what the indexes find: the mails to the address, of all domains
        that the stack sends for, and its suppressions. Then neither table nor bucket is read as a
        whole. Raises `ValueError` for a sender of the stack itself: nearly every mail names it.
        """
        erasure = cls(stack, progress, Traces(address), keeps_suppressed=keeps_suppressed)
        records = erasure._records
        if erasure._is_named_in([records.default.default_sender, *records.all().values()]):
            raise ValueError("A domain's configuration names this address: change that first.")
        erasure._reads_all = not recipient_only
        erasure.report.is_recipient_only = recipient_only
        return erasure

    @classmethod
    def of_message(
        cls, stack: Stack, message_id: str, progress: Progress, *, keeps_suppressed: bool = False
    ) -> Self:
        """Erase one message, by its canonical id, and what it taught about addresses."""
        erasure = cls(stack, progress, None, keeps_suppressed=keeps_suppressed)
        erasure._ids.add(message_id)
        return erasure

    def __init__(
        self, stack: Stack, progress: Progress, traces: Traces | None, *, keeps_suppressed: bool
    ) -> None:
        """Reach all that an erasure touches; what it is about is said by the class methods."""
        self.report, self.progress = Report(), progress
        self._stack, self._traces, self._records = stack, traces, DomainRecords.of(stack)
        self._changes = changes = Changes.of(stack)
        self._files, self._queues = Files(changes), Queues.of(stack, progress)
        suppressions = SuppressionList(changes.dynamodb, changes.table, stack.id)
        self._suppressed = Suppressed(changes, self.report, suppressions, keeps_suppressed)
        self._answers = Answers(changes, self.report)
        self._messages = Messages(changes, self.report, self._files, self._unlearn)
        self._reads_all = False
        self._ids: set[str] = set()
        """The messages to erase, as far as they are found."""
        self._erased: set[str] = set()
        """Those that this pass has erased."""
        self._live: set[str] = set()
        """Messages that have a record, by the last pass through the table."""
        self._searched: set[str] = set()
        """Files that were read: once is enough."""

    def run(self) -> Report:
        """Erase, until a pass finds nothing and no request of before is under way."""
        self._pass_until_nothing_is_found()
        while seconds := self._files.seconds_to_wait():
            self.progress.say(f"Waiting {seconds:.0f} seconds for requests that are under way")
            time.sleep(seconds)
            self._pass_until_nothing_is_found()
        self.report.done["messages in queues"] += self._queues.delete(self._is_doomed)
        self._erased.clear()
        self._erase_messages()  # Of an event that was being merged when its message was erased.
        return self.report

    def estimate(self) -> Report:
        """Count what `run` would erase now, and change nothing: so the queues are not read."""
        self._changes.is_dry = True
        self._pass_until_nothing_is_found()
        self.report.unread = self._queues.about_how_many()
        return self.report

    def _pass_until_nothing_is_found(self) -> None:
        before = -1
        while (found := self.report.done.total() + len(self._ids)) != before:
            before = found
            self._erased.clear()
            if self._traces:
                self._search_indexes(self._traces)
            self._erase_messages()
            if self._reads_all:
                self._search_table()
                self._erase_messages()
                self._search_bucket()
                self._erase_messages()
                self.report.may_have_copies = False  # They were nobody's files in the bucket.
        self.report.may_have_answers = not self._reads_all and self.report.done["messages"] > 0

    # ---- what the indexes know

    def _search_indexes(self, traces: Traces) -> None:
        """Find the mails to the address, and take it off the lists: some reads for each domain."""
        domains, index = self._records.all(), self._stack.mail_index()
        self.progress.say("Asking the indexes")
        for domain in domains:
            self._ids.update(index.newest(index.of_recipient(domain, traces.address), EVER))
        self._suppressed.erase_address(traces.address, domains)

    def _erase_messages(self) -> None:
        new = sorted(self._ids - self._erased)
        for message_id in self.progress.counting("Erasing messages", new):
            self._messages.erase(message_id)
        self._erased |= self._ids
        self._live -= self._ids

    def _unlearn(self, message_id: str, domain: str) -> None:
        """Forget what an erased message taught about addresses that are not erased themselves."""
        if self._traces is None:
            domains = [domain] if domain else self._records.all()
            self._suppressed.erase_because_of(message_id, domains)

    # ---- what is only found by reading everything

    def _search_table(self) -> None:
        self._live.clear()
        paginator = self._changes.dynamodb.get_paginator("scan")
        pages = paginator.paginate(TableName=self._changes.table, ConsistentRead=True)
        found = (item for page in pages for item in page["Items"])
        for item in self.progress.counting("Reading the table", found):
            if item["sk"]["S"] == "RECORD" and not items.is_tombstone(item):
                self._live.add(items.message_id_of(item))
            if self._is_erased_ones(item):
                self._answers.erase(item)
            elif (
                is_half_erased(item) or self._is_named_in(items.plain(item)) or self._is_hash(item)
            ):
                self._meet(item)

    def _meet(self, item: Mapping[str, Any]) -> None:
        """Decide about an item that names the address."""
        match item["pk"]["S"].partition("#"):
            case "MSG", _, message_id:
                self._ids.add(message_id)
            case "SUPPRESSED", _, _:
                self._suppressed.erase(item)
            case "HOOK", _, _ if has_answers(item):
                self._answers.erase(item)
            case _:
                self.report.left.add(f"{item['pk']['S']} / {item['sk']['S']}")

    def _search_bucket(self) -> None:
        """Find messages by their files, and delete the files that are nobody's."""
        files = self.progress.counting("Reading the files", self._files.all())
        deleted = self._changes.delete_files(list(self._nobodys(files)))
        self.report.done["files"] += deleted

    def _nobodys(self, files: Iterator[Mapping[str, str]]) -> Iterator[Mapping[str, str]]:
        for version in files:
            key = version["Key"]
            message_id = key.split("/")[-2]
            if message_id in self._ids:
                continue
            if self._files.are_nobodys(message_id, self._live):
                yield version
            elif message_id in self._live and key not in self._searched:
                self._searched.add(key)
                if self._is_named_in(self._files.read(key)):
                    self._ids.add(message_id)
                    self.report.done["messages found by their files alone"] += 1

    # ---- what names or means the address or a message

    def _is_doomed(self, body: str) -> bool:
        """Say whether a message in a queue is about what is erased."""
        keys = {f"MSG#{message_id}" for message_id in self._ids}
        erased = self._ids | keys | self._messages.ses_ids
        texts = (reading.text for reading in readings(body))
        return self._is_named_in(body) or not erased.isdisjoint(texts)

    def _is_erased_ones(self, item: Mapping[str, Any]) -> bool:
        """Say whether an item is a delivery of an erased message, with what its receiver said."""
        return has_answers(item) and item.get("message_id", {}).get("S") in self._ids

    def _is_hash(self, item: Mapping[str, Any]) -> bool:
        return self._traces is not None and self._suppressed.is_hash_of(self._traces.address, item)

    def _is_named_in(self, value: Any) -> bool:
        return self._traces is not None and self._traces.are_in(value)
