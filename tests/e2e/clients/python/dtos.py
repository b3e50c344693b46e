"""The service's types, as ServiceStack generates them; its reader knows no newer notation."""
# ruff: noqa: UP006, UP035, UP042, UP045

from dataclasses import dataclass, field
from enum import Enum
from typing import List, Optional

from dataclasses_json import LetterCase, Undefined, config, dataclass_json
from servicestack import IGet, IPost, IReturn


class Status(str, Enum):
    ACCEPTED = "accepted"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    RECEIVING = "receiving"
    RECEIVED = "received"
    READ = "read"
    PICKEDUP = "pickedup"
    UNKNOWN = "unknown"


@dataclass_json(letter_case=LetterCase.CAMEL, undefined=Undefined.EXCLUDE)
@dataclass
class Attachment:
    bytes_: Optional[bytes] = field(metadata=config(field_name="bytes"), default=None)
    name: Optional[str] = None
    content_type: Optional[str] = None


@dataclass_json(letter_case=LetterCase.CAMEL, undefined=Undefined.EXCLUDE)
@dataclass
class SendResponse:
    message_id: Optional[str] = None
    sender: Optional[str] = None
    receiver: Optional[str] = None
    status: Optional[Status] = None
    error_message: Optional[str] = None
    configuration: Optional[str] = None
    retry: bool = False
    retry_count: int = 0


# @Route("/Mail/Send", "POST")
@dataclass_json(letter_case=LetterCase.CAMEL, undefined=Undefined.EXCLUDE)
@dataclass
class SendMail(IReturn[SendResponse], IPost):
    domain: Optional[str] = None
    from_: Optional[str] = field(metadata=config(field_name="from"), default=None)
    from_name: Optional[str] = None
    to: Optional[str] = None
    receiver_name: Optional[str] = None
    cc: Optional[str] = None
    bcc: Optional[str] = None
    subject: Optional[str] = None
    text: Optional[str] = None
    html: Optional[str] = None
    attachments: Optional[List[Attachment]] = None
    reference: Optional[str] = None


# @Route("/Status", "GET")
@dataclass_json(letter_case=LetterCase.CAMEL, undefined=Undefined.EXCLUDE)
@dataclass
class GetStatus(IReturn[SendResponse], IGet):
    message_id: Optional[str] = None
