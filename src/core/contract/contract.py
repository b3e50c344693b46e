"""The wire contract's data types, and what each member is called and holds (CONTRACT.md B1)."""

import binascii
import re
import types
from collections.abc import Mapping, Sized
from enum import Enum, auto
from functools import cache, partial
from typing import ClassVar, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field

from core.contract.errors import Fault, Invalid
from core.message.status import Status

_CLR = "http://schemas.datacontract.org/2004/07/CommunicationHub.APIModel"
SERVICESTACK_TYPES = "http://schemas.servicestack.net/types"


MAX_ITEMS = 500
"""How many items a list may have: SES takes 500 MIME parts (its quotas page)."""
MAX_BATCH = 100
"""How many requests one array may hold: more would not be done before API Gateway gives up."""


def require_few(name: str, items: Sized, limit: int = MAX_ITEMS) -> None:
    """Refuse a list that would cost more to bind than any mail is worth. Raises `Invalid`."""
    if len(items) > limit:
        message = f"'{name}' must not have more than {limit} items."
        raise Invalid(Fault(name, "TooManyItems", message))


def require_batch(contract: "type[Contract]", items: Sized) -> None:
    """Refuse an array of more than `MAX_BATCH` requests, before any is bound. Raises `Invalid`."""
    require_few(f"{contract.__name__}[]", items, MAX_BATCH)


class Undecodable:
    """Stands where bytes should: something was given, and it is not base64."""


UNDECODABLE = Undecodable()
_WHITESPACE = re.compile(r"\s+", re.ASCII)
_PADDED = re.compile(r"[^=]+={0,2}|=")


def decode_base64(text: str) -> bytes | Undecodable:
    """Decode a member of bytes: base64 with white space anywhere in it, also several in a row.

    Missing padding and the URL-safe alphabet are refused, as .NET's XML reader does.
    """
    decode = partial(binascii.a2b_base64, strict_mode=True)  # base64's own would copy the text.
    try:
        try:
            return decode(text)
        except binascii.Error:
            # Rare: only wrapped or concatenated base64 comes here; the common case is one pass.
            return b"".join(map(decode, _PADDED.findall(_WHITESPACE.sub("", text))))
    except ValueError:
        return UNDECODABLE


class Contract(BaseModel):
    """A type of the contract: Python names inside, the wire's names as aliases.

    Members are declared in the order of the original's C# classes, which is their order in JSON.
    """

    model_config = ConfigDict(
        frozen=True, populate_by_name=True, arbitrary_types_allowed=True, hide_input_in_errors=True
    )

    namespace: ClassVar[str]
    alphabetical: ClassVar[bool] = True
    """Whether XML orders the members by name, as DataContractSerializer does without `Order`."""


class Attachment(Contract):
    """A file that goes with a mail."""

    namespace = f"{_CLR}.Helper"

    bytes_: bytes | Undecodable | None = Field(None, alias="Bytes", repr=False)
    name: str | None = Field(None, alias="Name", repr=False)
    content_type: str | None = Field(None, alias="ContentType", repr=False)


class SendMail(Contract):
    """The request of `POST /Mail/Send`; what its members mean is CONTRACT.md B2."""

    namespace = _CLR

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


class GetStatus(Contract):
    """The request of `GET /Status`."""

    namespace = _CLR

    message_id: str | None = Field(None, alias="MessageId")


class SendResponse(Contract):
    """The answer of `SendMail` and of `GetStatus`."""

    namespace = f"{_CLR}.Response"

    message_id: str | None = Field(None, alias="MessageId")
    sender: str | None = Field(None, alias="Sender", repr=False)
    receiver: str | None = Field(None, alias="Receiver", repr=False)
    status: Status = Field(Status.ACCEPTED, alias="Status")
    error_message: str | None = Field(None, alias="ErrorMessage")
    configuration: str | None = Field(None, alias="Configuration")
    retry: bool = Field(default=False, alias="Retry")
    retry_count: int = Field(0, alias="RetryCount")


_RARE = ConfigDict(defer_build=True)
"""Built when the first request is refused: no mail that goes out needs these."""


class ResponseError(Contract):
    """One field error."""

    model_config = _RARE
    namespace = SERVICESTACK_TYPES
    alphabetical = False

    error_code: str | None = Field(None, alias="ErrorCode")
    field_name: str | None = Field(None, alias="FieldName")
    message: str | None = Field(None, alias="Message")
    meta: Mapping[str, str] | None = Field(None, alias="Meta")


class ResponseStatus(Contract):
    """What went wrong, for the client's `WebServiceException`."""

    model_config = _RARE
    namespace = SERVICESTACK_TYPES
    alphabetical = False

    error_code: str | None = Field(None, alias="ErrorCode")
    message: str | None = Field(None, alias="Message")
    stack_trace: str | None = Field(None, alias="StackTrace")
    errors: tuple[ResponseError, ...] | None = Field(None, alias="Errors")
    meta: Mapping[str, str] | None = Field(None, alias="Meta")


class ErrorResponse(Contract):
    """The body of every refusal (CONTRACT.md A6)."""

    model_config = _RARE
    namespace = SERVICESTACK_TYPES
    alphabetical = False

    response_status: ResponseStatus | None = Field(None, alias="ResponseStatus")


class Kind(Enum):
    """What a member holds."""

    STRING = auto()
    BYTES = auto()
    BOOLEAN = auto()
    INTEGER = auto()
    STATUS = auto()
    OBJECT = auto()
    LIST = auto()
    MAP = auto()


class Member(NamedTuple):
    """One member of a contract type: `item` is the contract of an object or of a list's items."""

    name: str
    field: str
    kind: Kind
    item: type[Contract] | None = None


_SCALARS = {
    str: Kind.STRING,
    bytes: Kind.BYTES,
    bool: Kind.BOOLEAN,
    int: Kind.INTEGER,
    Status: Kind.STATUS,
}


@cache
def members(contract: type[Contract]) -> tuple[Member, ...]:
    """List the members of `contract` in the order of their declaration."""
    return tuple(
        Member(field.alias or name, name, *_kind(field.annotation))
        for name, field in contract.model_fields.items()
    )


def _kind(annotation: object) -> tuple[Kind, type[Contract] | None]:
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = get_args(annotation)[0]  # The others are None and Undecodable.
    if isinstance(annotation, type):
        if issubclass(annotation, Contract):
            return Kind.OBJECT, annotation
        return _SCALARS[annotation], None
    if get_origin(annotation) is tuple:
        return Kind.LIST, get_args(annotation)[0]
    return Kind.MAP, None
