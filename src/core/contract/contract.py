"""The types of the wire contract: requests, answers, and what they hold (docs/contract.md B1)."""

from collections.abc import Mapping

from pydantic import ConfigDict, Field

from core.contract.binary import Undecodable
from core.contract.members import Contract
from core.message.status import Status

CLR = "http://schemas.datacontract.org/2004/07/CommunicationHub.APIModel"
WEBHOOKS = f"{CLR}.Webhooks"
"""The namespace of what is asked of webhooks, and of the answers (core/contract/webhooks.py)."""
SERVICESTACK_TYPES = "http://schemas.servicestack.net/types"


class Attachment(Contract):
    """A file that goes with a mail."""

    namespace = f"{CLR}.Helper"
    ours = frozenset({"ContentId"})

    bytes_: bytes | Undecodable | None = Field(None, alias="Bytes", repr=False)
    name: str | None = Field(None, alias="Name", repr=False)
    content_type: str | None = Field(None, alias="ContentType", repr=False)
    content_id: str | None = Field(None, alias="ContentId", repr=False)


class SendMail(Contract):
    """The request of `POST /Mail/Send`; what its members mean is docs/contract.md B2."""

    namespace = CLR
    ours = frozenset({"ReplyTo"})
    mailboxes = frozenset({"From", "To", "CC", "BCC", "ReplyTo"})

    domain: str | None = Field(None, alias="Domain", repr=False)
    from_: str | None = Field(None, alias="From", repr=False)
    from_name: str | None = Field(None, alias="FromName", repr=False)
    to: str | None = Field(None, alias="To", repr=False)
    receiver_name: str | None = Field(None, alias="ReceiverName", repr=False)
    cc: str | None = Field(None, alias="CC", repr=False)
    bcc: str | None = Field(None, alias="BCC", repr=False)
    subject: str | None = Field(None, alias="Subject", repr=False)
    text: str | None = Field(None, alias="Text", repr=False)
    html: str | None = Field(None, alias="HTML", repr=False)
    attachments: tuple[Attachment, ...] | None = Field(None, alias="Attachments", repr=False)
    reference: str | None = Field(None, alias="Reference", repr=False)
    reply_to: str | None = Field(None, alias="ReplyTo", repr=False)


class GetStatus(Contract):
    """The request of `GET /Status`."""

    namespace = CLR
    ours = frozenset({"Reference"})

    message_id: str | None = Field(None, alias="MessageId")
    reference: str | None = Field(None, alias="Reference", repr=False)


class SendResponse(Contract):
    """The answer of `SendMail` and of `GetStatus`."""

    namespace = f"{CLR}.Response"

    message_id: str | None = Field(None, alias="MessageId")
    sender: str | None = Field(None, alias="Sender", repr=False)
    receiver: str | None = Field(None, alias="Receiver", repr=False)
    status: Status = Field(Status.ACCEPTED, alias="Status")
    error_message: str | None = Field(None, alias="ErrorMessage")
    configuration: str | None = Field(None, alias="Configuration")
    retry: bool = Field(default=False, alias="Retry")
    retry_count: int = Field(0, alias="RetryCount")


RARE = ConfigDict(defer_build=True)
"""Built when the first request is refused: no mail that goes out needs these."""


class ResponseError(Contract):
    """One field error."""

    model_config = RARE
    namespace = SERVICESTACK_TYPES
    alphabetical = False

    error_code: str | None = Field(None, alias="ErrorCode")
    field_name: str | None = Field(None, alias="FieldName")
    message: str | None = Field(None, alias="Message")
    meta: Mapping[str, str] | None = Field(None, alias="Meta")


class ResponseStatus(Contract):
    """What went wrong, for the client's `WebServiceException`."""

    model_config = RARE
    namespace = SERVICESTACK_TYPES
    alphabetical = False

    error_code: str | None = Field(None, alias="ErrorCode")
    message: str | None = Field(None, alias="Message")
    stack_trace: str | None = Field(None, alias="StackTrace")
    errors: tuple[ResponseError, ...] | None = Field(None, alias="Errors")
    meta: Mapping[str, str] | None = Field(None, alias="Meta")


class ErrorResponse(Contract):
    """The body of every refusal (docs/contract.md A6)."""

    model_config = RARE
    namespace = SERVICESTACK_TYPES
    alphabetical = False

    response_status: ResponseStatus | None = Field(None, alias="ResponseStatus")
