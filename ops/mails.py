"""What an operator asks of mails that were accepted: find, show, send again, cancel."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from core import cancelling, mail_details, mail_query, resending, slow_lane, status_query
from core.aws.content_store import ContentStore
from core.aws.counters import Counters
from core.aws.pace_clock import PaceClock
from core.aws.retry_queue import RetryQueue
from core.aws.ses import Transport
from core.aws.step_log import StepLog
from core.aws.store import Store
from core.aws.suppressions import SuppressionList
from core.contract.errors import NotFound, TooLate
from core.contract.limits import Limits
from core.formats import json as json_format
from core.http import mail_answers
from core.message.ids import is_id
from core.message.origin import Origin
from core.services import Services
from ops import timeline
from ops.asking import require_yes
from ops.domain_records import DomainRecords
from ops.refusals import in_words
from ops.tables import print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from core.contract.mails import FindMails, MailDetails, MailSummary, ResendMail
    from core.message.record import Record
    from core.submission.domains import DomainConfiguration
    from ops.stack import Stack

OPERATOR = "operator"
"""In the place of an API key: a cursor of an operator's is for operators."""
_LIMITS = Limits(body_bytes=0, recipients=50)
_NOT_THERE = """\
There is no message with this id: neither ours nor SES's, of a domain that is configured. It may be
older than the stack keeps records, erased, or of another stack. Look for it by what else you know:
  ./mailctl find --to ADDRESS, or --reference TEXT
  ./mailctl logs ID"""


@dataclass(frozen=True, slots=True)
class Mails:
    """The mails of one stack, of all its domains."""

    services: Services
    step_log: StepLog
    domains: Mapping[str, DomainConfiguration]

    @classmethod
    def of(cls, stack: Stack) -> Mails:
        """Reach them by the stack's outputs."""
        client, outputs = stack.aws.client, stack.outputs
        dynamodb, table = client("dynamodb"), outputs["TableName"]
        urls = outputs["RetryQueueUrl"], outputs["RetryDeadLettersUrl"]
        services = Services(
            store=Store(dynamodb, table),
            content_store=ContentStore(lambda: client("s3"), outputs["BucketName"]),
            suppressions=SuppressionList(dynamodb, table, stack.id),
            transport=Transport(client("sesv2")),
            queue=RetryQueue(lambda: client("sqs"), *urls),
            counters=Counters(dynamodb, table),
            pace_clock=PaceClock(dynamodb, table),
            mail_index=stack.mail_index(),
        )
        return cls(services, StepLog(dynamodb, table), DomainRecords.of(stack).read_all())

    def found(self, request: FindMails, most: int) -> Iterator[MailSummary]:
        """Yield at most so many mails that a request asks for, the newest first."""
        index, cursor = self.services.mail_index, ""
        left = most
        while left:
            asked = request.model_copy(update={"cursor": cursor, "limit": min(left, 100)})
            page = mail_query.find(asked, caller=OPERATOR, own=self.domains, mail_index=index)
            answer = mail_answers.of_page(page.mails, page.subjects, page.cursor)
            yield from answer.mails or ()
            left, cursor = left - len(page.mails), page.cursor
            if not cursor:
                return

    def record(self, text: str) -> Record:
        """Return the record of a message, by its id or by the one that SES gave it.

        Raises `ValueError` if there is none.
        """
        store, wanted = self.services.store, text.strip().partition("@")[0].strip("<> ")
        if not is_id(wanted.upper()):
            wanted = store.id_of(wanted) or wanted
        try:
            return status_query.of_message(wanted, (), own=self.domains, store=store)
        except NotFound:
            raise ValueError(_NOT_THERE) from None

    def details(self, record: Record) -> MailDetails:
        """Return a whole mail, with all of its history."""
        steps, cursor = [], ""
        while True:
            page = mail_details.of(record, cursor, services=self.services, step_log=self.step_log)
            steps += page.steps
            if not (cursor := page.cursor):
                return mail_answers.of_details(page.record, page.mail, steps, "")

    def resend(self, record: Record, request: ResendMail) -> Record:
        """Have a mail sent again by the stack, in the slow lane; return the new one's record."""
        submission = resending.submission(
            request, record, self.domains[record.domain], _LIMITS, services=self.services
        )
        order = slow_lane.Order(submission, None, Origin())
        ((resent, _),) = slow_lane.enqueue_all([order], services=self.services)
        resending.note(record, resent, self.step_log)
        return resent


def find(stack: Stack, request: FindMails, most: int, *, as_json: bool) -> None:
    """Print the mails that a request asks for, the newest first."""
    with in_words():
        mails = list(islice(Mails.of(stack).found(request, most), most))
    if as_json:
        print_json([json.loads(json_format.write(mail)) for mail in mails])
        return
    rows = [
        (
            timeline.time_(mail.accepted_at),
            mail.message_id or "",
            mail.status.value,
            mail.receiver or "",
            mail.subject or "",
            mail.reference or "",
        )
        for mail in mails
    ]
    heads = ("Accepted (UTC)", "Message", "Status", "To", "Subject", "Reference")
    print_table(heads, rows, "mail", "mails")
    if len(mails) == most:
        print("There may be more: --limit, or a narrower search.")


def show(stack: Stack, message_id: str, *, as_json: bool) -> None:
    """Print all that is known about a mail, as a timeline."""
    with in_words():
        mails = Mails.of(stack)
        record = mails.record(message_id)
        details = mails.details(record)
    if as_json:
        print_json(json.loads(json_format.write(details)))
        return
    print(*timeline.lines(details, record), sep="\n")


def resend(stack: Stack, message_id: str, request: ResendMail, *, is_sure: bool) -> None:
    """Send a mail again."""
    with in_words():
        mails = Mails.of(stack)
        record = mails.record(message_id)
        same = "whom it has not reached" if request.only_undelivered else record.receiver
        whom = request.to or same
        require_yes([f"{record.id} will be sent again, to {whom}."], is_sure=is_sure)
        resent = mails.resend(record, request)
    print(f"It is on its way again as {resent.id}:\n  ./mailctl show {resent.id}")


def cancel(stack: Stack, message_id: str, *, is_sure: bool) -> None:
    """Cancel a mail that SES has not been asked for yet."""
    with in_words():
        mails = Mails.of(stack)
        record = mails.record(message_id)
        require_yes([f"{record.id} to {record.receiver} will not be sent."], is_sure=is_sure)
        try:
            cancelled = cancelling.cancel(record, services=mails.services)
        except TooLate:
            what = "It is too late to cancel it: SES has been asked for it, or it is over."
            raise ValueError(f"{what}\n  ./mailctl show {record.id}") from None
    print(f"{cancelled.id} is cancelled.")
