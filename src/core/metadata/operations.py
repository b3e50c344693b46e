"""What the service offers: its operations, their routes, and the types that they carry."""

from dataclasses import dataclass

from core.contract.contract import (
    Attachment,
    Contract,
    GetStatus,
    Kind,
    Member,
    SendMail,
    SendResponse,
    members,
)
from core.message.status import Status

TITLE = "CommunicationHub.API"

STATUS_OWNER: type[Contract] = Attachment
"""The type beside which `Status` is declared: in the helpers' namespace, as .NET names it."""


def _with_parts(contract: type[Contract]) -> tuple[type[Contract], ...]:
    held = (member.item for member in members(contract) if member.item)
    return (*(part for item in held for part in _with_parts(item)), contract)


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked of the service."""

    request: type[Contract]
    response: type[Contract]
    verb: str
    paths: tuple[str, ...]
    """The first one is what samples show."""

    @property
    def name(self) -> str:
        return self.request.__name__

    @property
    def types(self) -> tuple[type[Contract], ...]:
        """The request, what is in it, and the answer."""
        parts = (*reversed(_with_parts(self.request)), *reversed(_with_parts(self.response)))
        return tuple(dict.fromkeys(parts))

    @property
    def takes_body(self) -> bool:
        return self.verb == "POST"


SEND_MAIL = Operation(SendMail, SendResponse, "POST", ("/Mail/Send",))
GET_STATUS = Operation(GetStatus, SendResponse, "GET", ("/Status", "/Status/{MessageId}"))

OPERATIONS = (SEND_MAIL, GET_STATUS)
BY_NAME = {operation.name.lower(): operation for operation in OPERATIONS}

TYPES = tuple(
    dict.fromkeys(
        part
        for operation in OPERATIONS
        for root in (operation.request, operation.response)
        for part in _with_parts(root)
    )
)
"""Every type that the operations carry, each after those that it holds."""
PARTS = tuple(contract for contract in TYPES if contract not in {op.request for op in OPERATIONS})
"""Those that are no requests themselves."""

_CSHARP = {
    Kind.STRING: "string",
    Kind.BYTES: "byte[]",
    Kind.BOOLEAN: "bool",
    Kind.INTEGER: "int",
    Kind.STATUS: Status.__name__,
}

_SAMPLES = {
    Kind.STRING: "String",
    Kind.BYTES: b"\0",
    Kind.BOOLEAN: False,
    Kind.INTEGER: 0,
    Kind.STATUS: next(iter(Status)),
    Kind.MAP: {"String": "String"},
}


def csharp_type(member: Member) -> str:
    """Return what C# calls the type of a member."""
    match member.kind:
        case Kind.LIST if member.item:
            return f"List<{member.item.__name__}>"
        case Kind.OBJECT if member.item:
            return member.item.__name__
        case Kind.MAP:
            return "Dictionary<string, string>"
        case kind:
            return _CSHARP[kind]


def clr_namespace(contract: type[Contract]) -> str:
    """Return the C# namespace, which is the end of the XML one (CONTRACT.md A4)."""
    return contract.namespace.rpartition("/")[2]


def sample(contract: type[Contract]) -> Contract:
    """Return an instance with every member set, as the original's pages show one."""
    return contract(**{member.field: _sample_value(member) for member in members(contract)})


def _sample_value(member: Member) -> object:
    match member.kind:
        case Kind.LIST if member.item:
            return (sample(member.item),)
        case Kind.OBJECT if member.item:
            return sample(member.item)
        case kind:
            return _SAMPLES[kind]
