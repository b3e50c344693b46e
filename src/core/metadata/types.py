"""Lists the types that the operations carry, with their names in C# and a sample of each."""

from core.contract.contract import Attachment
from core.contract.members import Contract, Kind, Member, members, originals
from core.contract.operations import OPERATIONS, Operation
from core.message.status import Status

TITLE = "CommunicationHub.API"

STATUS_OWNER: type[Contract] = Attachment
"""The type beside which `Status` is declared: in the helpers' namespace, as .NET names it."""


def _with_parts(contract: type[Contract]) -> tuple[type[Contract], ...]:
    items = (member.item for member in members(contract) if member.item)
    return (*(part for item in items for part in _with_parts(item)), contract)


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


def types_of(operation: Operation) -> tuple[type[Contract], ...]:
    """Return an operation's types as its page lists them: the request, its parts, the answer."""
    roots = (operation.request, operation.response)
    return tuple(dict.fromkeys(part for root in roots for part in reversed(_with_parts(root))))


_CSHARP = {
    Kind.STRING: "string",
    Kind.BYTES: "byte[]",
    Kind.BOOLEAN: "bool",
    Kind.INTEGER: "int",
    Kind.STATUS: Status.__name__,
    Kind.TEXTS: "List<string>",
}

_SAMPLES = {
    Kind.STRING: "String",
    Kind.BYTES: b"\0",
    Kind.BOOLEAN: False,
    Kind.INTEGER: 0,
    Kind.STATUS: next(iter(Status)),
    Kind.TEXTS: ("String",),
}


def csharp_type(member: Member) -> str:
    """Return what C# calls the type of a member."""
    if member.kind is Kind.LIST and member.item:
        return f"List<{member.item.__name__}>"
    return _CSHARP[member.kind] + "?" * member.is_optional


def clr_namespace(contract: type[Contract]) -> str:
    """Return the C# namespace, which is the end of the XML one (docs/contract.md A4)."""
    return contract.namespace.rpartition("/")[2]


def sample(contract: type[Contract]) -> Contract:
    """Return an instance with every member of the original's set, as its pages show one."""
    return contract(**{member.field: _sample_value(member) for member in originals(contract)})


def _sample_value(member: Member) -> object:
    if member.kind is Kind.LIST and member.item:
        return (sample(member.item),)
    return _SAMPLES[member.kind]
