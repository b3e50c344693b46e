"""Writes the contract's types as C# that needs nothing of ServiceStack's: `/types/csharp.plain`.

They are for `DataContractSerializer`, which writes and reads the contract's XML with them. The
types of an error are among them, since no library brings those.
"""

from collections.abc import Iterator

from core.contract.contract import ErrorResponse, ResponseError, ResponseStatus, SendResponse
from core.contract.members import Contract, Kind, Member, members
from core.metadata.sources.csharp import enum, namespaces
from core.metadata.types import STATUS_OWNER, TYPES, clr_namespace, csharp_type

_ERRORS = (ErrorResponse, ResponseStatus, ResponseError)


def write(base_url: str) -> str:
    """Write the C# classes as a file that compiles alone, also with C# 3 (.NET Framework 3.5)."""
    spaces: dict[str, list[str]] = {}
    for contract in TYPES:
        spaces.setdefault(clr_namespace(contract), []).extend(["", *_class(contract)])
    spaces[clr_namespace(STATUS_OWNER)] += ["", *enum()]
    for contract in _ERRORS:  # Beside the answer that they take the place of.
        spaces[clr_namespace(SendResponse)] += ["", *_class(contract)]
    usings = ["System.Collections.Generic", "System.Runtime.Serialization", *sorted(spaces)]
    return "\n".join(
        [
            f"// The types of {base_url} for programs without ServiceStack.",
            "// They need the framework alone: refer to System.Runtime.Serialization.dll.",
            *(f"using {space};" for space in usings),
            "",
            *namespaces(spaces),
        ]
    )


def _class(contract: type[Contract]) -> Iterator[str]:
    yield f'[DataContract(Namespace = "{contract.namespace}")]'
    yield f"public class {contract.__name__}"
    yield "{"
    for number, member in enumerate(members(contract), 1):
        # Members without an order are written by their names, as the contract has most types.
        order = "" if contract.alphabetical else f"Order = {number}, "
        yield f"    [DataMember({order}EmitDefaultValue = false)]"
        yield f"    public {_type(member)} {member.name} {{ get; set; }}"
    yield "}"


def _type(member: Member) -> str:
    match member.kind:
        case Kind.MAP:
            return "Dictionary<string, string>"
        case Kind.OBJECT if member.item:
            return member.item.__name__
        case _:
            return csharp_type(member)
