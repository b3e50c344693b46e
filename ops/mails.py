"""What an operator asks of mails that were accepted: find, show, send again, cancel."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from core import cancelling, mail_details, mail_query, resending, slow_lane, status_query
from core.aws.content_store import ContentStore
from core.aws.counters import Counters
from core.aws.outage import Outage
from core.aws.pace_clock import PaceClock
from core.aws.retry_queue import RetryQueue
from core.aws.ses import Transport
from core.aws.step_log import StepLog
from core.aws.store import Store
from core.aws.suppressions import SuppressionList
from core.contract.errors import MailError, NotFound, TooLate
from core.contract.limits import Limits
from core.formats import json as json_format
from core.http import mail_answers
from core.message.history import Kind, Step
from core.message.ids import is_id
from core.message.origin import Origin
from core.services import Services
from ops.asking import require_yes
from ops.domain_records import DomainRecords
from ops.tables import print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from core.contract.mails import FindMails, MailDetails, MailStep, MailSummary, ResendMail
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
_LABEL = 12


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
        records = DomainRecords.of(stack)
        domains = {name: records.read(name, record) for name, record in records.all().items()}
        return cls(services, StepLog(dynamodb, table), domains)

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
        with suppress(Outage):  # The new message knows of which one it was made.
            step = Step(time.time_ns() // 1_000_000, Kind.RESENT, text=f"As {resent.id}.")
            self.step_log.keep(record, [step])
        return resent


@contextmanager
def _in_words() -> Iterator[None]:
    """Raise `ValueError` for what the service would refuse, with all that is wrong."""
    try:
        yield
    except MailError as error:
        raise ValueError("\n".join(fault.message for fault in error.faults) or str(error)) from None


def find(stack: Stack, request: FindMails, most: int, *, as_json: bool) -> None:
    """Print the mails that a request asks for, the newest first."""
    with _in_words():
        mails = list(islice(Mails.of(stack).found(request, most), most))
    if as_json:
        print_json([json.loads(json_format.write(mail)) for mail in mails])
        return
    rows = [
        (
            _time(mail.accepted_at),
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
    with _in_words():
        mails = Mails.of(stack)
        record = mails.record(message_id)
        details = mails.details(record)
    if as_json:
        print_json(json.loads(json_format.write(details)))
        return
    print(*_lines(details, record), sep="\n")


def resend(stack: Stack, message_id: str, request: ResendMail, *, is_sure: bool) -> None:
    """Send a mail again."""
    with _in_words():
        mails = Mails.of(stack)
        record = mails.record(message_id)
        same = "whom it has not reached" if request.only_undelivered else record.receiver
        whom = request.to or same
        require_yes([f"{record.id} will be sent again, to {whom}."], is_sure=is_sure)
        resent = mails.resend(record, request)
    print(f"It is on its way again as {resent.id}:\n  ./mailctl show {resent.id}")


def cancel(stack: Stack, message_id: str, *, is_sure: bool) -> None:
    """Cancel a mail that SES has not been asked for yet."""
    with _in_words():
        mails = Mails.of(stack)
        record = mails.record(message_id)
        require_yes([f"{record.id} to {record.receiver} will not be sent."], is_sure=is_sure)
        try:
            cancelled = cancelling.cancel(record, services=mails.services)
        except TooLate:
            what = "It is too late to cancel it: SES has been asked for it, or it is over."
            raise ValueError(f"{what}\n  ./mailctl show {record.id}") from None
    print(f"{cancelled.id} is cancelled.")


# ---- a mail in words


def _lines(details: MailDetails, record: Record) -> Iterator[str]:
    """Yield a mail in lines that one can read aloud."""
    yield f"{details.message_id} is {details.status.value}. {details.error_message or ''}".rstrip()
    files = [f"{each.name} ({each.size} bytes)" for each in details.attachments or ()]
    facts: dict[str, Any] = {
        "from": details.sender,
        "to": details.receiver,
        "subject": details.subject or "(not kept any more)",
        "reference": details.reference,
        "domain": details.domain,
        "API key": record.key_id,
        "trace": record.traceparent,
        "SES's id": record.ses_message_id,
        "resent from": details.resent_from,
        "files": ", ".join(files),
    }
    yield from (f"  {name:<{_LABEL}}{fact}" for name, fact in facts.items() if fact)
    yield ""
    addresses = {each.number: each.address for each in details.recipients or ()}
    for each in details.recipients or ():
        yield f"  {each.number} {each.address}: {each.status.value}. {each.detail or ''}".rstrip()
    yield ""
    has_tries = len(details.tries or ()) > 1
    for step in details.history or ():
        whom = addresses.get(step.recipient, "")
        yield f"  {_time(step.at)}  {_told(step, whom, has_tries=has_tries)}".rstrip()


def _told(step: MailStep, whom: str, *, has_tries: bool) -> str:
    """Return one line of the timeline, without its time. The try is named if there were several."""
    what, code = step.kind or "", step.code
    if what == Kind.TRIED:
        what, has_tries = f"try {step.attempt}", False
    elif what == Kind.ACCEPTED:
        code = f"for the {code} lane"
    took = f"after {step.milliseconds / 1000:.1f} s" if step.milliseconds else ""
    said = f'"{step.detail}"' if step.host and step.detail else step.detail
    of_try = f"(try {step.attempt})" if has_tries and step.attempt else ""
    host = f"({step.host})" if step.host else ""
    parts = [f"{what:<{_LABEL}}", whom, code, took, said, of_try, host]
    return "  ".join(part for part in parts if part)


def _time(text: str | None) -> str:
    """Return a time of an answer in the form that people read."""
    return (text or "").replace("T", " ").removesuffix("Z")
