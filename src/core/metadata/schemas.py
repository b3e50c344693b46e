"""Describes the contract's types as JSON schemas with their XML names, with an example of each."""

from typing import Any

from core.contract.contract import (
    Attachment,
    ErrorResponse,
    GetStatus,
    ResponseError,
    ResponseStatus,
    SendMail,
    SendResponse,
)
from core.contract.mails import (
    CancelMail,
    ContentFile,
    FindMails,
    FoundMails,
    GetContent,
    GetMail,
    MailContent,
    MailDetails,
    MailFile,
    MailRecipient,
    MailStep,
    MailSummary,
    MailTry,
    ResendMail,
)
from core.contract.members import Contract, Kind, Member, members
from core.formats import xml
from core.message.status import Status
from core.metadata import webhook_examples, words
from core.metadata.types import TYPES

EXAMPLE_ID = "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"

_EXAMPLE_CURSOR = "MDFKRDlaSzRNNlQwVjNROFcyWDVZN0IxQ0QuM2Y5"
_SUMMARY: dict[str, Any] = {
    "message_id": EXAMPLE_ID,
    "sender": "no-reply@example.com",
    "receiver": "Ada Lovelace <ada@recipient.example>",
    "status": Status.DELIVERED,
    "configuration": "default",
    "domain": "example.com",
    "reference": "invoice-1",
    "subject": "Your invoice",
    "accepted_at": "2026-11-20T09:15:30.120Z",
}

EXAMPLES: dict[type[Contract], Contract] = {
    FindMails: FindMails(
        recipient="ada@recipient.example", status="undelivered", since="2026-11-20", limit=20
    ),
    FoundMails: FoundMails(mails=(MailSummary(**_SUMMARY),), cursor=_EXAMPLE_CURSOR),
    GetMail: GetMail(message_id=EXAMPLE_ID),
    MailDetails: MailDetails(
        **_SUMMARY,
        content_until="2026-11-27T09:15:30.000Z",
        recipients=(
            MailRecipient(
                number=1,
                address="ada@recipient.example",
                status=Status.DELIVERED,
                status_at="2026-11-20T09:15:31.480Z",
            ),
        ),
        tries=(
            MailTry(
                number=1,
                at="2026-11-20T09:15:30.000Z",
                outcome="sent",
                ses_message_id="0102019aa1b2c3d4-5e6f7081-92a3-44b5-86c7-d8e9f0a1b2c3-000000",
            ),
        ),
        attachments=(MailFile(name="hello.txt", content_type="text/plain", size=5),),
        history=(
            MailStep(at="2026-11-20T09:15:30.120Z", kind="accepted", code="fast"),
            MailStep(
                at="2026-11-20T09:15:31.480Z",
                kind="delivered",
                recipient=1,
                attempt=1,
                detail="250 2.0.0 OK",
                milliseconds=1360,
            ),
        ),
    ),
    GetContent: GetContent(message_id=EXAMPLE_ID),
    MailContent: MailContent(
        message_id=EXAMPLE_ID,
        from_="Example <no-reply@example.com>",
        to=("Ada Lovelace <ada@recipient.example>",),
        subject="Your invoice",
        text="Please find it attached.",
        attachments=(
            ContentFile(
                name="hello.txt",
                content_type="text/plain",
                size=5,
                url="https://mail-content.s3.example/messages/7/"
                f"{EXAMPLE_ID}/1?X-Amz-Signature=5d41402abc4b2a76b9719d911017c592",
                url_until="2026-11-20T09:20:30.000Z",
            ),
        ),
        content_until="2026-11-27T09:15:30.000Z",
    ),
    ResendMail: ResendMail(message_id=EXAMPLE_ID, only_undelivered=True),
    CancelMail: CancelMail(message_id=EXAMPLE_ID),
    GetStatus: GetStatus(message_id=EXAMPLE_ID),
    SendMail: SendMail(
        from_="no-reply@example.com",
        from_name="Example",
        to="Ada Lovelace <ada@recipient.example>",
        subject="Your invoice",
        text="Please find it attached.",
        attachments=(Attachment(bytes_=b"Hello", name="hello.txt", content_type="text/plain"),),
        reference="invoice-1",
    ),
    SendResponse: SendResponse(
        message_id=EXAMPLE_ID,
        sender="no-reply@example.com",
        receiver="Ada Lovelace <ada@recipient.example>",
        status=Status.SENT,
        configuration="default",
    ),
    ErrorResponse: ErrorResponse(
        response_status=ResponseStatus(
            error_code="ValidationException",
            message="'To' must not be empty.",
            errors=(
                ResponseError(
                    error_code="NotEmpty", field_name="To", message="'To' must not be empty."
                ),
            ),
        )
    ),
    **webhook_examples.EXAMPLES,
}

_PLAIN = {
    Kind.STRING: "string",
    Kind.BYTES: "string",
    Kind.BOOLEAN: "boolean",
    Kind.INTEGER: "integer",
    Kind.MAP: "object",
}
_ALWAYS_THERE = {Kind.BOOLEAN, Kind.INTEGER, Kind.STATUS}

Node = dict[str, Any]


def plain_type(member: Member) -> str:
    """Return what JSON calls the type of a member that is no list and no object."""
    return _PLAIN[member.kind]


def reference(name: str) -> Node:
    """Point to the schema of a type."""
    return {"$ref": f"#/components/schemas/{name}"}


def all_of_them() -> Node:
    """Return the schema of every type by its name."""
    types: tuple[type[Contract], ...] = (*TYPES, ErrorResponse, ResponseStatus, ResponseError)
    schemas = {contract.__name__: _schema(contract) for contract in types}
    schemas[ErrorResponse.__name__]["properties"] |= _for_those_who_ignore_the_status_code()
    return schemas | {Status.__name__: _status()}


def _schema(contract: type[Contract]) -> Node:
    described: Node = {
        "type": "object",
        "description": words.TYPES[contract],
        "properties": {
            member.name: _property(member) | {"description": words.MEMBERS[contract][member.name]}
            for member in members(contract)
        },
        "xml": {"name": contract.__name__, "namespace": contract.namespace},
    }
    required = [
        member.name
        for member in members(contract)
        if member.kind in _ALWAYS_THERE and not member.is_optional
    ]
    return described | ({"required": required} if required else {})


def _property(member: Member) -> Node:
    node: Node
    match member.kind:
        case Kind.STATUS:
            node = reference(Status.__name__)
        case Kind.OBJECT if member.item:
            node = reference(member.item.__name__)
        case Kind.LIST if member.item:
            items = reference(member.item.__name__)
            node = {"type": ["array", "null"], "items": items, "xml": {"wrapped": True}}
        case Kind.TEXTS:
            items = {"type": "string", "xml": {"name": "string", "namespace": xml.ARRAYS}}
            node = {"type": ["array", "null"], "items": items, "xml": {"wrapped": True}}
        case kind if kind in _ALWAYS_THERE and not member.is_optional:
            node = {"type": _PLAIN[kind]}
        case kind:
            node = {"type": [_PLAIN[kind], "null"]}
    if member.kind is Kind.BYTES:
        node["contentEncoding"] = "base64"
    if member.kind is Kind.MAP:
        node["additionalProperties"] = {"type": "string"}
    return node


def _status() -> Node:
    lines = (f"* `{status}`: {means}" for status, means in words.STATUSES.items())
    return {
        "type": "string",
        "enum": [str(status) for status in Status],
        "description": "\n".join(["How far a mail has come.", "", *lines]),
        "x-enum-descriptions": [words.STATUSES[status] for status in Status],
    }


def _for_those_who_ignore_the_status_code() -> Node:
    """Describe the members that an error has in JSON only (docs/contract.md B4).

    A client that never looks at the HTTP status reads them as those of a failed mail.
    """
    return {
        "Status": reference(Status.__name__),
        "ErrorMessage": {"type": "string"},
        "Retry": {"type": "boolean", "const": False},
    }
