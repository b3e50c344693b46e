"""The table of languages that `/types/...` offers, and `/types/metadata`: the types as data."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.contract.members import Contract, Kind, Member, members
from core.contract.operations import OPERATIONS, Operation
from core.message.status import Status
from core.metadata.sources import csharp, csharp_plain, python, typescript
from core.metadata.types import PARTS, STATUS_OWNER, clr_namespace


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its name in the URL, what people call it, and its writer."""

    name: str
    title: str
    write: Callable[[str], str]
    """Given the service's base URL."""


LANGUAGES = {
    language.name: language
    for language in (
        Language("csharp", "C#", csharp.write),
        Language("csharp.plain", "C# without ServiceStack", csharp_plain.write),
        Language("typescript", "TypeScript", typescript.write),
        Language("typescript.d", "TypeScript definitions", typescript.write_definitions),
        Language("python", "Python", python.write),
    )
}

_CLR_TYPES = {
    Kind.STRING: ("String", "System"),
    Kind.BYTES: ("Byte[]", "System"),
    Kind.BOOLEAN: ("Boolean", "System"),
    Kind.INTEGER: ("Int32", "System"),
    Kind.STATUS: (Status.__name__, clr_namespace(STATUS_OWNER)),
    Kind.LIST: ("List`1", "System.Collections.Generic"),
    Kind.TEXTS: ("List`1", "System.Collections.Generic"),
}
_VALUES = {Kind.BOOLEAN, Kind.INTEGER, Kind.STATUS}
"""What C# has by value, so that it is never null."""


def metadata(base_url: str) -> str:
    """Describe operations and types as JSON, in the shape of ServiceStack's `MetadataTypes`."""
    namespaces = {clr_namespace(contract) for contract in (*PARTS, *_requests())}
    document = {
        "Config": {
            "BaseUrl": base_url,
            "MakePartial": True,
            "MakeVirtual": True,
            "MakeInternal": False,
            "AddReturnMarker": True,
        },
        "Namespaces": sorted(namespaces),
        "Types": [*map(_type, PARTS), _status()],
        "Operations": [_operation(operation) for operation in OPERATIONS],
    }
    return json.dumps(document, indent=2)


def _requests() -> tuple[type[Contract], ...]:
    return tuple(operation.request for operation in OPERATIONS)


def _operation(operation: Operation) -> dict[str, Any]:
    return {
        "Request": _type(operation.request),
        "Response": _type(operation.response),
        "Actions": [operation.verb],
        "Method": operation.verb,
        "ReturnsVoid": False,
        "ReturnType": _name(operation.response),
        "Routes": [{"Path": path, "Verbs": operation.verb} for path in operation.paths],
    }


def _name(contract: type[Contract]) -> dict[str, Any]:
    return {"Name": contract.__name__, "Namespace": clr_namespace(contract)}


def _type(contract: type[Contract]) -> dict[str, Any]:
    return {**_name(contract), "Properties": [*map(_property, members(contract))]}


def _status() -> dict[str, Any]:
    return {
        "Name": Status.__name__,
        "Namespace": clr_namespace(STATUS_OWNER),
        "IsEnum": True,
        "EnumNames": [str(status) for status in Status],
    }


def _property(member: Member) -> dict[str, Any]:
    type_, namespace = _CLR_TYPES[member.kind]
    described: dict[str, Any] = {"Name": member.name, "Type": type_, "TypeNamespace": namespace}
    if member.kind in _VALUES:
        described["IsValueType"] = True
    if member.is_optional:
        described |= {"Type": "Nullable`1", "GenericArgs": [type_]}
    if member.kind is Kind.STATUS:
        described["IsEnum"] = True
    if member.kind is Kind.LIST and member.item:
        described["GenericArgs"] = [member.item.__name__]
    if member.kind is Kind.TEXTS:
        described["GenericArgs"] = ["String"]
    return described
