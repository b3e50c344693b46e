"""The types of the operations that find, show, resend and cancel mails (docs/contract.md B6).

The original has none of them. Times are texts as RFC 3339 has them, in UTC:
`2026-11-20T09:15:30.120Z`.
"""

from pydantic import Field

from core.contract.contract import CLR, RARE, SendResponse
from core.contract.members import Contract
from core.message.status import Status

_OURS = f"{CLR}.Mails"


class MailRecipient(Contract):
    """One recipient of a mail, and what has become of its copy."""

    model_config = RARE
    namespace = _OURS

    number: int = Field(0, alias="Number")
    address: str | None = Field(None, alias="Address", repr=False)
    status: Status = Field(Status.ACCEPTED, alias="Status")
    detail: str | None = Field(None, alias="Detail")
    status_at: str | None = Field(None, alias="StatusAt")
    complained_at: str | None = Field(None, alias="ComplainedAt")
    replied_at: str | None = Field(None, alias="RepliedAt")


class MailTry(Contract):
    """One request to SES."""

    model_config = RARE
    namespace = _OURS

    number: int = Field(0, alias="Number")
    at: str | None = Field(None, alias="At")
    outcome: str | None = Field(None, alias="Outcome")
    code: str | None = Field(None, alias="Code")
    ses_message_id: str | None = Field(None, alias="SesMessageId")


class MailFile(Contract):
    """An attachment of a mail, without its bytes."""

    model_config = RARE
    namespace = _OURS

    name: str | None = Field(None, alias="Name", repr=False)
    content_type: str | None = Field(None, alias="ContentType")
    size: int = Field(0, alias="Size")


class MailStep(Contract):
    """One thing that has happened to a mail."""

    model_config = RARE
    namespace = _OURS

    at: str | None = Field(None, alias="At")
    kind: str | None = Field(None, alias="Kind")
    recipient: int = Field(0, alias="Recipient")
    attempt: int = Field(0, alias="Try")
    code: str | None = Field(None, alias="Code")
    detail: str | None = Field(None, alias="Detail")
    host: str | None = Field(None, alias="Host")
    milliseconds: int = Field(0, alias="Milliseconds")


class MailSummary(SendResponse):
    """A mail in a list."""

    model_config = RARE
    namespace = _OURS

    domain: str | None = Field(None, alias="Domain")
    reference: str | None = Field(None, alias="Reference", repr=False)
    subject: str | None = Field(None, alias="Subject", repr=False)
    accepted_at: str | None = Field(None, alias="AcceptedAt")


class MailDetails(MailSummary):
    """A whole mail: the answer of `GetMail`."""

    model_config = RARE
    namespace = _OURS

    content_until: str | None = Field(None, alias="ContentUntil")
    resent_from: str | None = Field(None, alias="ResentFrom")
    recipients: tuple[MailRecipient, ...] | None = Field(None, alias="Recipients")
    tries: tuple[MailTry, ...] | None = Field(None, alias="Tries")
    attachments: tuple[MailFile, ...] | None = Field(None, alias="Attachments")
    history: tuple[MailStep, ...] | None = Field(None, alias="History")
    cursor: str | None = Field(None, alias="Cursor")


class GetMail(Contract):
    """The request of `GET /Mail/{MessageId}`."""

    model_config = RARE
    namespace = _OURS

    message_id: str | None = Field(None, alias="MessageId")
    cursor: str | None = Field(None, alias="Cursor")


class ContentFile(MailFile):
    """An attachment of a mail, with a link to its bytes."""

    model_config = RARE
    namespace = _OURS

    content_id: str | None = Field(None, alias="ContentId", repr=False)
    url: str | None = Field(None, alias="Url", repr=False)
    url_until: str | None = Field(None, alias="UrlUntil")


class MailContent(Contract):
    """What a mail says: the answer of `GetContent`."""

    model_config = RARE
    namespace = _OURS

    message_id: str | None = Field(None, alias="MessageId")
    from_: str | None = Field(None, alias="From", repr=False)
    to: tuple[str, ...] | None = Field(None, alias="To", repr=False)
    cc: tuple[str, ...] | None = Field(None, alias="Cc", repr=False)
    bcc: tuple[str, ...] | None = Field(None, alias="Bcc", repr=False)
    reply_to: tuple[str, ...] | None = Field(None, alias="ReplyTo", repr=False)
    subject: str | None = Field(None, alias="Subject", repr=False)
    text: str | None = Field(None, alias="Text", repr=False)
    html: str | None = Field(None, alias="Html", repr=False)
    is_shortened: bool = Field(default=False, alias="IsShortened")
    attachments: tuple[ContentFile, ...] | None = Field(None, alias="Attachments", repr=False)
    content_until: str | None = Field(None, alias="ContentUntil")


class GetContent(Contract):
    """The request of `GET /Mail/{MessageId}/Content`."""

    model_config = RARE
    namespace = _OURS

    message_id: str | None = Field(None, alias="MessageId")


class FindMails(Contract):
    """The request of `GET /Mail`."""

    model_config = RARE
    namespace = _OURS

    domain: str | None = Field(None, alias="Domain", repr=False)
    reference: str | None = Field(None, alias="Reference", repr=False)
    recipient: str | None = Field(None, alias="Recipient", repr=False)
    status: str | None = Field(None, alias="Status")
    since: str | None = Field(None, alias="Since")
    until: str | None = Field(None, alias="Until")
    limit: int | None = Field(None, alias="Limit")
    cursor: str | None = Field(None, alias="Cursor")


class FoundMails(Contract):
    """The answer of `FindMails`: a page, the newest mail first."""

    model_config = RARE
    namespace = _OURS

    mails: tuple[MailSummary, ...] | None = Field(None, alias="Mails")
    cursor: str | None = Field(None, alias="Cursor")


class ResendMail(Contract):
    """The request of `POST /Mail/{MessageId}/Resend`."""

    model_config = RARE
    namespace = _OURS
    mailboxes = frozenset({"To"})

    message_id: str | None = Field(None, alias="MessageId")
    to: str | None = Field(None, alias="To", repr=False)
    only_undelivered: bool | None = Field(None, alias="OnlyUndelivered")


class CancelMail(Contract):
    """The request of `POST /Mail/{MessageId}/Cancel`."""

    model_config = RARE
    namespace = _OURS

    message_id: str | None = Field(None, alias="MessageId")
