"""Amazon SES: one request that hands it a mail, and what its answer means."""

from collections.abc import Sequence
from email.header import Header
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProxyConnectionError,
)

from core.message.address import Mailbox
from core.message.mail import Mail
from core.message.outcome import NoAnswer, NotTaken, Outcome, Refused, Sent
from core.message.ses_event import ATTEMPT_TAG, MESSAGE_ID_TAG

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

# What the errors of SendEmail mean: a text for callers and, if the mail may be tried again, the
# seconds before which that is no use. The texts are ours, because SES's own contain addresses.
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
# https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html
_MINUTES = 60
_TRY_LATER = {
    "TooManyRequestsException": ("SES is throttling the account.", 0),
    "ThrottlingException": ("SES is throttling the account.", 0),
    "Throttling": ("SES is throttling the account.", 0),
    "LimitExceededException": ("The account's sending quota is used up.", 30 * _MINUTES),
    "SendingPausedException": ("Sending is paused for the account.", 15 * _MINUTES),
}
_REFUSED = {
    "MessageRejected": "SES rejected the mail: check that the sender's domain is verified.",
    "BadRequestException": "SES does not accept the mail as it is.",
    "NotFoundException": "SES does not know the configuration set or tenant.",
    "AccountSuspendedException": "The SES account is suspended.",
    "MailFromDomainNotVerifiedException": "The custom MAIL FROM domain is not verified in SES.",
}
_FORBIDDEN = ("SES does not allow the service to send: check its role.", 5 * _MINUTES)
_UNREACHABLE = "SES could not be reached."
_UNAUTHORIZED = (401, 403)
_TOO_MANY = 429
_SERVER_ERROR = 500

_NEVER_SENT = (
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProxyConnectionError,
)
"""The errors that happen before the request is sent. SSLError is not among them: it may also happen
while the answer is read."""


class Transport(NamedTuple):
    """SES. Its client must not repeat requests: without an idempotency token that is a new mail."""

    ses: "SESV2Client"

    def send(self, mail: Mail, contents: Sequence[bytes], message_id: str, attempt: int) -> Outcome:
        """Make one request to send `mail`, and return how it ended.

        `contents` are the bytes of the mail's attachments, in their order. `message_id` and
        `attempt` (the first is 1) go to SES as email tags and come back in its events, even if the
        answer to this request is lost.
        """
        request = _request(mail, contents, message_id, attempt)
        try:
            return Sent(self.ses.send_email(**request)["MessageId"])
        except ClientError as error:
            return _refusal(error)
        except ParamValidationError:
            return Refused("ParamValidation", _REFUSED["BadRequestException"])
        except _NEVER_SENT as error:
            return NotTaken(type(error).__name__, _UNREACHABLE)
        except Exception as error:  # noqa: BLE001 - named in the record, and an alarm counts it
            # A read timeout, a closed connection, half an answer, or an error that nobody has seen
            # yet: the request may have arrived, and only an event can tell.
            return NoAnswer(type(error).__name__)


def _refusal(error: ClientError) -> Outcome:
    """Return the outcome of a request that SES answered with an error."""
    code = error.response["Error"]["Code"]
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if status >= _SERVER_ERROR:
        return NoAnswer(code)
    if code in _TRY_LATER or status == _TOO_MANY:
        return NotTaken(code, *_TRY_LATER.get(code, _TRY_LATER["Throttling"]))
    if status in _UNAUTHORIZED:
        return NotTaken(code, *_FORBIDDEN)
    return Refused(code, _REFUSED.get(code, _REFUSED["BadRequestException"]))


def _request(
    mail: Mail, contents: Sequence[bytes], message_id: str, attempt: int
) -> dict[str, Any]:
    simple: dict[str, Any] = {"Subject": _utf8(mail.subject), "Body": _body(mail)}
    if contents:
        simple["Attachments"] = [
            {
                "RawContent": content,
                "FileName": head.name,
                "ContentType": head.content_type,
                "ContentDisposition": "ATTACHMENT",
                "ContentTransferEncoding": "BASE64",  # SES's default is 7-bit, which corrupts.
            }
            for head, content in zip(mail.attachments, contents, strict=True)
        ]
    request: dict[str, Any] = {
        "FromEmailAddress": _formatted(mail.sender),
        "Destination": {
            "ToAddresses": [_formatted(box) for box in mail.to],
            "CcAddresses": [_formatted(box) for box in mail.cc],
            "BccAddresses": [_formatted(box) for box in mail.bcc],
        },
        "Content": {"Simple": simple},
        "ConfigurationSetName": mail.configuration_set,
        "EmailTags": [
            {"Name": MESSAGE_ID_TAG, "Value": message_id},
            {"Name": ATTEMPT_TAG, "Value": str(attempt)},
        ],
    }
    if mail.reply_to:
        request["ReplyToAddresses"] = list(mail.reply_to)
    if mail.tenant:
        request["TenantName"] = mail.tenant
    if tracking := _tracking(mail):
        request["ConfigurationOverrides"] = {"Tracking": tracking}
    return request


def _tracking(mail: Mail) -> dict[str, str]:
    """Return what the mail overrides of the configuration set's tracking; {} for nothing."""
    settings = {"OpenTrackingEnabled": mail.track_opens, "ClickTrackingEnabled": mail.track_clicks}
    return {
        name: "ENABLED" if is_on else "DISABLED"
        for name, is_on in settings.items()
        if is_on is not None
    }


def _body(mail: Mail) -> dict[str, Any]:
    body = {}
    if mail.text is not None or mail.html is None:
        body["Text"] = _utf8(mail.text or "")
    if mail.html is not None:
        body["Html"] = _utf8(mail.html)
    return body


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}


def _formatted(mailbox: Mailbox) -> str:
    """Return `Name <address>` with the name quoted (RFC 5322 §3.2.4) or encoded (RFC 2047 §2).

    A name that looks like an encoded one is encoded once more. In quotes, many mail programs would
    decode it, and show characters that this service would not have let through.
    """
    if not mailbox.name:
        return mailbox.address
    if mailbox.name.isascii() and "=?" not in mailbox.name:
        quoted = mailbox.name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{mailbox.address}>'
    # RFC 2047 allows 75 characters for an encoded word, so there may be several. They stay on one
    # line: SES folds the headers.
    words = Header(mailbox.name, "utf-8", maxlinelen=75).encode(linesep="")
    return f"{words} <{mailbox.address}>"


OPERATOR_FAULTS = frozenset(
    {
        "AccountSuspendedException",
        "MailFromDomainNotVerifiedException",
        "NotFoundException",
        "IdentityNotVerified",
        "SendingPausedException",
        "AccessDeniedException",
    }
)
"""The codes of tries (`Attempt.code`) that fail until an operator mends something: in the account,
the domain, the configuration set, or the role."""
