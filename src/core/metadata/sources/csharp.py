"""Writes the contract's types as C# for ServiceStack's clients: `/types/csharp`."""

from collections.abc import Iterator, Mapping

from core.contract.contract import SERVICESTACK_TYPES
from core.contract.members import Contract, Kind, members
from core.contract.operations import OPERATIONS, Operation
from core.message.status import Status
from core.metadata.sources.header import OURS, header
from core.metadata.types import PARTS, STATUS_OWNER, clr_namespace, csharp_type

_OPTIONS = {
    "GlobalNamespace": "",
    "MakePartial": "True",
    "MakeVirtual": "True",
    "MakeInternal": "False",
    "MakeDataContractsExtensible": "False",
    "AddReturnMarker": "True",
    "AddDescriptionAsComments": "True",
    "AddDataContractAttributes": "False",
    "AddIndexesToDataMembers": "False",
    "AddGeneratedCodeAttributes": "False",
    "AddResponseStatus": "False",
    "AddImplicitVersion": "",
    "InitializeCollections": "True",
    "ExportValueTypes": "False",
    "IncludeTypes": "",
    "ExcludeTypes": "",
    "AddNamespaces": "",
    "AddDefaultXmlNamespace": SERVICESTACK_TYPES,
}


def write(base_url: str) -> str:
    """Write the C# classes, in the namespaces that XML names."""
    by_request = {operation.request: operation for operation in OPERATIONS}
    spaces: dict[str, list[str]] = {}
    for contract in sorted((*by_request, *PARTS), key=lambda contract: contract.__name__):
        lines = _class(contract, by_request.get(contract))
        spaces.setdefault(clr_namespace(contract), []).extend(["", *lines])
    spaces[clr_namespace(STATUS_OWNER)] += ["", *enum()]
    usings = ["System", "System.Collections", "System.Collections.Generic"]
    usings += ["System.Runtime.Serialization", "ServiceStack", "ServiceStack.DataAnnotations"]
    return "\n".join(
        [
            "/* Options:",
            *header(base_url, "//", _OPTIONS),
            "*/",
            "",
            *(f"using {space};" for space in (*usings, *sorted(spaces))),
            "",
            "",
            *namespaces(spaces),
        ]
    )


def _class(contract: type[Contract], operation: Operation | None) -> Iterator[str]:
    name = contract.__name__
    if operation:
        yield from (f'[Route("{path}", "{operation.verb}")]' for path in operation.paths)
    yield f"public partial class {name}"
    if operation:
        yield f"    : IReturn<{operation.response.__name__}>"
    yield "{"
    lists = [m for m in members(contract) if m.kind in (Kind.LIST, Kind.TEXTS)]
    if lists:
        yield f"    public {name}()"
        yield "    {"
        yield from (f"        {m.name} = new {csharp_type(m)}{{}};" for m in lists)
        yield "    }"
        yield ""
    for member in members(contract):
        if member.is_ours:
            yield f"    // {OURS}"
        yield f"    public virtual {csharp_type(member)} {member.name} {{ get; set; }}"
    yield "}"


def enum() -> Iterator[str]:
    """Write the lines of the one enum."""
    yield f"public enum {Status.__name__}"
    yield "{"
    yield from (f"    {status}," for status in Status)
    yield "}"


def namespaces(spaces: Mapping[str, list[str]]) -> list[str]:
    """Write the lines of each namespace as its block, in the order of their names."""
    return [
        f"namespace {space}\n{{\n{_indented(lines)}\n}}\n"
        for space, lines in sorted(spaces.items())
    ]


def _indented(lines: list[str]) -> str:
    return "\n".join(line and f"    {line}" for line in lines)
