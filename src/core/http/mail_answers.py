"""Describes mails as the operations that list and show them answer (docs/contract.md B6)."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.contract.mails import (
    ContentFile,
    FoundMails,
    MailContent,
    MailDetails,
    MailFile,
    MailRecipient,
    MailStep,
    MailSummary,
    MailTry,
)
from core.http import answers
from core.message.address import Mailbox
from core.message.history import Kind, Step, rfc3339
from core.message.ids import made_at
from core.message.mail import AttachmentHead, Mail
from core.message.mailboxes import shown
from core.message.record import Recipient, Record
from core.message.status import Status

_REACHED_BY = {
    Status.SENT: {Kind.SENT, Kind.DELAYED},
    Status.DELIVERED: {Kind.DELIVERED},
    Status.UNDELIVERED: {Kind.BOUNCED, Kind.SUPPRESSED, Kind.REJECTED},
    Status.FAILED: {Kind.REJECTED},
    Status.READ: {Kind.READ},
}
"""By which steps a recipient comes to a status."""


def of_page(records: Sequence[Record], subjects: Mapping[str, str], cursor: str) -> FoundMails:
    """Describe a page of mails that were found."""
    return FoundMails(
        mails=tuple(MailSummary(**_summary(record, subjects.get(record.id))) for record in records),
        cursor=cursor or None,
    )


def of_details(
    record: Record, mail: Mail | None, steps: Sequence[Step], cursor: str
) -> MailDetails:
    """Describe a whole mail; `mail` is None once its content is not kept any more."""
    recipients = enumerate(record.recipients, start=1)
    return MailDetails(
        **_summary(record, mail.subject if mail else None),
        content_until=_time(record.content_expires_at * 1000) if mail else None,
        resent_from=record.resent_from or None,
        recipients=tuple(_recipient(each, number, steps) for number, each in recipients),
        tries=tuple(
            MailTry(
                number=number,
                at=_time(attempt.at * 1000),
                outcome=attempt.outcome or None,
                code=attempt.code or None,
                ses_message_id=attempt.ses_message_id or None,
            )
            for number, attempt in enumerate(record.attempts, start=1)
        ),
        attachments=tuple(MailFile(**_file(head)) for head in (mail.attachments if mail else ())),
        history=tuple(map(_step, steps)),
        cursor=cursor or None,
    )


def of_content(
    record: Record, mail: Mail, links: Sequence[str], links_until: int, *, is_shortened: bool
) -> MailContent:
    """Describe what a mail says; its files have `links`, which work until then (milliseconds)."""
    files = zip(mail.attachments, links, strict=True)
    return MailContent(
        message_id=record.id,
        from_=shown(mail.sender),
        to=_boxes(mail.to),
        cc=_boxes(mail.cc),
        bcc=_boxes(mail.bcc),
        reply_to=_boxes(mail.reply_to),
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        is_shortened=is_shortened,
        attachments=tuple(
            ContentFile(
                **_file(head),
                content_id=head.content_id,
                url=link,
                url_until=_time(links_until),
            )
            for head, link in files
        ),
        content_until=_time(record.content_expires_at * 1000),
    )


def _file(head: AttachmentHead) -> dict[str, Any]:
    return {"name": head.name, "content_type": head.content_type, "size": head.size or 0}


def _boxes(mailboxes: Sequence[Mailbox]) -> tuple[str, ...] | None:
    return tuple(map(shown, mailboxes)) or None


def _summary(record: Record, subject: str | None) -> dict[str, object]:
    answer = answers.of_record(record)
    return {name: getattr(answer, name) for name in type(answer).model_fields} | {
        "domain": record.domain,
        "reference": record.reference or None,
        "subject": subject,
        "accepted_at": _time(round(made_at(record.id) * 1000)),
    }


def _recipient(recipient: Recipient, number: int, steps: Sequence[Step]) -> MailRecipient:
    kinds = _REACHED_BY.get(recipient.status, set())
    reached = [each.at for each in steps if each.kind in kinds and each.recipient in (0, number)]
    return MailRecipient(
        number=number,
        address=recipient.address,
        status=recipient.status,
        detail=recipient.detail or None,
        status_at=_time(min(reached, default=0)),
        complained_at=_time(recipient.complained_at * 1000),
        replied_at=_time(recipient.replied_at * 1000),
    )


def _step(step: Step) -> MailStep:
    return MailStep(
        at=_time(step.at),
        kind=step.kind.value,
        recipient=step.recipient,
        attempt=step.attempt,
        code=step.code or None,
        detail=step.text or None,
        host=step.host or None,
        milliseconds=step.took_ms,
    )


def _time(milliseconds: int) -> str | None:
    return rfc3339(milliseconds) if milliseconds else None
