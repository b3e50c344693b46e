"""Amazon SES: one request that hands it a mail, and what its answer means."""

from collections.abc import Sequence
from email.utils import getaddresses
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

from core.aws.deadline import NotWritten
from core.aws.written import written
from core.message.ids import ATTEMPT_TAG, MESSAGE_ID_TAG
from core.message.mail import AttachmentHead, Mail
from core.message.outcome import NoAnswer, NotTaken, Outcome, Refused, Sent, Throttled

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

USED_UP = "The account's sending quota is used up."
"""What callers hear if the account has sent all that it may within 24 hours."""

# What the errors of SendEmail mean: a text for callers and, if the mail may be tried again, the
# seconds before which that is no use. The texts are ours, because SES's own contain addresses.
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html
# https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html
_MINUTES = 60
_THROTTLED = ("SES is throttling the account.", 0)
_QUOTA_USED_UP = (USED_UP, 0)
_LIMITED = ("A limit of the account is used up.", 30 * _MINUTES)
_COME_AGAIN = ("SES did not process the request.", 0)
_FORBIDDEN = ("SES does not allow the service to send: check its role.", 5 * _MINUTES)
_NOT_VERIFIED = ("The sender's domain is not verified in SES.", 15 * _MINUTES)

DAILY_QUOTA = "DailyQuotaExceeded"
"""The code of a throttle for the day. It is a name of ours: SES gives both quotas the same."""
_TRY_LATER = {
    DAILY_QUOTA: _QUOTA_USED_UP,
    "LimitExceededException": _LIMITED,
    # These and the next, with the throttles, are those that AWS's SDKs repeat.
    **dict.fromkeys(
        (
            *("TooManyRequestsException", "Throttling", "ThrottlingException"),
            *("ThrottledException", "EC2ThrottledException", "RequestLimitExceeded"),
            *("RequestThrottled", "RequestThrottledException", "BandwidthLimitExceeded"),
            *("ProvisionedThroughputExceededException", "SlowDown"),
        ),
        _THROTTLED,
    ),
    **dict.fromkeys(
        (
            *("RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete"),
            *("TransactionInProgressException", "RequestExpired", "RequestTimeTooSkewed"),
        ),
        _COME_AGAIN,
    ),
}
"""Errors that pass by themselves: SES did not process the request."""

_MENDABLE = {
    "AccountSuspendedException": ("The SES account is suspended.", 15 * _MINUTES),
    "SendingPausedException": ("Sending is paused in SES.", 15 * _MINUTES),
    "MailFromDomainNotVerifiedException": (
        "The custom MAIL FROM domain is not verified in SES.",
        15 * _MINUTES,
    ),
    "NotFoundException": (
        "SES does not know the configuration set or tenant.",
        15 * _MINUTES,
    ),
    "IdentityNotVerified": _NOT_VERIFIED,
    **dict.fromkeys(
        (
            *("AccessDenied", "AccessDeniedException", "NotAuthorized", "OptInRequired"),
            *("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId"),
            *("UnrecognizedClientException", "IncompleteSignature", "InvalidSignatureException"),
            *("SignatureDoesNotMatch", "MissingAuthenticationToken"),
            *("MissingAuthenticationTokenException", "UnauthorizedOperation"),
        ),
        _FORBIDDEN,
    ),
}
"""Errors that are no fault of the mail and last until an operator has mended something: account,
identity, MAIL FROM, configuration set, permission. `IdentityNotVerified` is a name of ours: SES
calls that `MessageRejected`, as it calls mails that it does not like."""

OPERATOR_FAULTS = frozenset(_MENDABLE)
"""The codes (`Attempt.code`) of tries that an operator must hear of: the mail waits for them."""

_REFUSED = {
    "MessageRejected": "SES rejected the mail.",
    "RecipientNotVerified": "In SES's sandbox the recipients must be verified as well.",
}
_NOT_ACCEPTED = "SES does not accept the mail as it is."
_UNVERIFIED = "not verified"
"""In SES's text of `MessageRejected`: the identities that failed its check follow."""
_DAILY = "daily"
"""In SES's text of a throttle: "Daily message quota exceeded", and not the rate of a second."""
_UNREACHABLE = "SES could not be reached."
_UNAUTHORIZED = (401, 403)
_NOT_PROCESSED = {408: _COME_AGAIN, 425: _COME_AGAIN, 429: _THROTTLED}
"""By HTTP status (RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4), whatever the name of the error."""
_SERVER_ERROR = 500
_NO_ANSWER = frozenset({"RequestAbortedException"})
"""Names of errors below 500 that leave open whether the request was processed."""

_NEVER_SENT = (
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProxyConnectionError,
)
"""The errors of botocore that happen before the request is sent, if its HTTP was not asked at all;
if it was, `aws/deadline.py` knows better than their names."""


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
            return _refusal(error, mail.sender.address)
        except ParamValidationError:
            return Refused("ParamValidation", _NOT_ACCEPTED)
        except NotWritten as error:
            return NotTaken(error.name, _UNREACHABLE)
        except _NEVER_SENT as error:
            return NotTaken(type(error).__name__, _UNREACHABLE)
        except Exception as error:  # noqa: BLE001 - named in the record, and an alarm counts it
            # A read timeout, a closed connection, half an answer, or an error that nobody has seen
            # yet: the request may have arrived, and only an event can tell.
            return NoAnswer(type(error).__name__)


def _refusal(error: ClientError, sender: str) -> Outcome:
    """Return the outcome of a request that SES answered with an error."""
    code = _code_of(error, sender)
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if status >= _SERVER_ERROR or code in _NO_ANSWER:
        return NoAnswer(code)
    waiting = _TRY_LATER.get(code) or _MENDABLE.get(code) or _NOT_PROCESSED.get(status)
    if waiting is None and status in _UNAUTHORIZED:
        waiting = _FORBIDDEN
    if waiting in (_THROTTLED, _QUOTA_USED_UP):
        return Throttled(code, waiting[0])
    if waiting:
        return NotTaken(code, *waiting)
    return Refused(code, _REFUSED.get(code, _NOT_ACCEPTED))


def _code_of(error: ClientError, sender: str) -> str:
    """Return the error's name; a name of ours where SES has one name for two things.

    A throttle is of the second or of the day. A mail is rejected for what it is, or for an identity
    that is not verified: SES names those in its text, as they were given, with commas between. In
    the sandbox these may be recipients: the caller can mend that, and is told at once.
    """
    code, text = error.response["Error"]["Code"], error.response["Error"].get("Message", "").lower()
    if _TRY_LATER.get(code) is _THROTTLED and _DAILY in text:
        return DAILY_QUOTA
    if code != "MessageRejected" or _UNVERIFIED not in text:
        return code
    mailboxes = text.partition("failed the check in region ")[2].partition(": ")[2]
    failed = {address for _, address in getaddresses([mailboxes], strict=False)}
    address = sender.lower()
    is_sender = address in failed or address.rpartition("@")[2] in failed
    return "IdentityNotVerified" if is_sender else "RecipientNotVerified"


def _request(
    mail: Mail, contents: Sequence[bytes], message_id: str, attempt: int
) -> dict[str, Any]:
    simple: dict[str, Any] = {"Subject": _utf8(mail.subject), "Body": _body(mail)}
    if contents:
        simple["Attachments"] = [
            _attachment(head, content)
            for head, content in zip(mail.attachments, contents, strict=True)
        ]
    request: dict[str, Any] = {
        "FromEmailAddress": written(mail.sender),
        "Destination": {
            "ToAddresses": [written(box) for box in mail.to],
            "CcAddresses": [written(box) for box in mail.cc],
            "BccAddresses": [written(box) for box in mail.bcc],
        },
        "Content": {"Simple": simple},
        "ConfigurationSetName": mail.configuration_set,
        "EmailTags": [
            {"Name": MESSAGE_ID_TAG, "Value": message_id},
            {"Name": ATTEMPT_TAG, "Value": str(attempt)},
        ],
    }
    if mail.reply_to:
        request["ReplyToAddresses"] = [written(box) for box in mail.reply_to]
    if mail.tenant:
        request["TenantName"] = mail.tenant
    if tracking := _tracking(mail):
        request["ConfigurationOverrides"] = {"Tracking": tracking}
    return request


def _attachment(head: AttachmentHead, content: bytes) -> dict[str, Any]:
    attachment: dict[str, Any] = {
        "RawContent": content,
        "FileName": head.name,
        "ContentType": head.content_type,
        "ContentDisposition": "ATTACHMENT",
        "ContentTransferEncoding": "BASE64",  # SES's default is 7-bit, which corrupts.
    }
    if head.content_id:
        attachment |= {"ContentDisposition": "INLINE", "ContentId": head.content_id}
    return attachment


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
