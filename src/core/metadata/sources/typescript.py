"""Writes the contract's types as TypeScript: `/types/typescript` and `/types/typescript.d`."""

from collections.abc import Callable, Iterator

from core.contract.members import Contract, Kind, Member, members
from core.contract.operations import OPERATIONS, Operation
from core.message.status import Status
from core.metadata.sources.header import OURS, header
from core.metadata.types import PARTS

_OPTIONS = {
    "GlobalNamespace": "",
    "MakePropertiesOptional": "True",
    "AddServiceStackTypes": "True",
    "AddResponseStatus": "False",
    "AddImplicitVersion": "",
    "AddDescriptionAsComments": "True",
    "IncludeTypes": "",
    "ExcludeTypes": "",
    "DefaultImports": "",
}
_TYPES = {
    Kind.STRING: "string",
    # A typed array becomes {"0":65,...} in JSON. The service reads that; base64 is shorter.
    Kind.BYTES: "string | Uint8Array",
    Kind.BOOLEAN: "boolean",
    Kind.INTEGER: "number",
    Kind.STATUS: Status.__name__,
    Kind.TEXTS: "string[]",
}


def write(base_url: str) -> str:
    """Write the TypeScript classes for npm `@servicestack/client`."""
    return _source(base_url, _class, "export ")


def write_definitions(base_url: str) -> str:
    """Write TypeScript interfaces: types alone, without code."""
    return _source(base_url, _interface, "")


def _source(
    base_url: str,
    written: Callable[[type[Contract], Operation | None], Iterator[str]],
    export: str,
) -> str:
    lines = ["/* Options:", *header(base_url, "//", _OPTIONS), "*/", ""]
    lines += ["", f"{export}interface IReturn<T>", "{"]
    lines += ["    createResponse(): T;"] if export else []
    lines += ["}", "", f"{export}{'' if export else 'declare '}enum {Status.__name__}", "{"]
    lines += [*(f"    {status} = '{status}'," for status in Status), "}"]
    for contract in PARTS:
        lines += ["", *written(contract, None)]
    for operation in OPERATIONS:
        lines += ["", *(f'// @Route("{path}", "{operation.verb}")' for path in operation.paths)]
        lines += written(operation.request, operation)
    return "\n".join([*lines, "", ""])


def _class(contract: type[Contract], operation: Operation | None) -> Iterator[str]:
    name = contract.__name__
    answer = operation and operation.response.__name__
    yield f"export class {name}{f' implements IReturn<{answer}>' if answer else ''}"
    yield "{"
    yield from _members(contract, "public ")
    yield ""
    assign = "{ (Object as any).assign(this, init); }"
    yield f"    public constructor(init?: Partial<{name}>) {assign}"
    if operation:
        yield f"    public getTypeName() {{ return '{name}'; }}"
        yield f"    public getMethod() {{ return '{operation.verb}'; }}"
        yield f"    public createResponse() {{ return new {answer}(); }}"
    yield "}"


def _interface(contract: type[Contract], operation: Operation | None) -> Iterator[str]:
    extends = f" extends IReturn<{operation.response.__name__}>" if operation else ""
    yield f"interface {contract.__name__}{extends}"
    yield "{"
    yield from _members(contract, "")
    yield "}"


def _members(contract: type[Contract], access: str) -> Iterator[str]:
    for member in members(contract):
        if member.is_ours:
            yield f"    // {OURS}"
        yield f"    {access}{member.name}?: {_type(member)};"


def _type(member: Member) -> str:
    if member.kind is Kind.LIST and member.item:
        return f"{member.item.__name__}[]"
    return _TYPES[member.kind]
