"""Writes the contract's types as Python: `/types/python`."""

import builtins
import keyword
import re
from collections.abc import Iterator

from core.contract.members import Contract, Kind, Member, members
from core.contract.operations import OPERATIONS
from core.message.status import Status
from core.metadata.sources.header import OURS, header
from core.metadata.types import PARTS

_IMPORTS = (
    "datetime", "decimal", "marshmallow.fields:*", "servicestack:*", "typing:*",
    "dataclasses:dataclass/field", "dataclasses_json:dataclass_json/LetterCase/Undefined/config",
    "enum:Enum/IntEnum",
)  # fmt: skip
_OPTIONS = {
    "GlobalNamespace": "",
    "AddServiceStackTypes": "True",
    "AddResponseStatus": "False",
    "AddImplicitVersion": "",
    "AddDescriptionAsComments": "True",
    "IncludeTypes": "",
    "ExcludeTypes": "",
    "DefaultImports": ",".join(_IMPORTS),
    "DataClass": "",
    "DataClassJson": "",
}
_TYPES = {
    Kind.STRING: "Optional[str]",
    Kind.BYTES: "Optional[bytes]",
    Kind.BOOLEAN: "bool",
    Kind.INTEGER: "int",
    Kind.STATUS: f"Optional[{Status.__name__}]",
    Kind.TEXTS: "Optional[List[str]]",
}
_DEFAULTS = {Kind.BOOLEAN: "False", Kind.INTEGER: "0"}


def write(base_url: str) -> str:
    """Write the Python classes for PyPI `servicestack`."""
    lines = ['""" Options:', *header(base_url, "#", _OPTIONS), '"""', ""]
    for import_ in _IMPORTS:
        module, _, names = import_.partition(":")
        names = names.replace("/", ", ")
        lines.append(f"from {module} import {names}" if names else f"import {module}")
    lines += ["", "", f"class {Status.__name__}(str, Enum):"]
    lines += [f"    {status.upper()} = {str(status)!r}" for status in Status]
    for contract in PARTS:
        lines += ["", "", *_class(contract, "")]
    for operation in OPERATIONS:
        routes = (f'# @Route("{path}", "{operation.verb}")' for path in operation.paths)
        base = f"(IReturn[{operation.response.__name__}])"
        lines += ["", "", *routes, *_class(operation.request, base)]
    return "\n".join([*lines, ""])


def _class(contract: type[Contract], base: str) -> Iterator[str]:
    yield "@dataclass_json(letter_case=LetterCase.CAMEL, undefined=Undefined.EXCLUDE)"
    yield "@dataclass"
    yield f"class {contract.__name__}{base}:"
    for member in members(contract):
        name = re.sub("(?<=[a-z])(?=[A-Z])", "_", member.name).lower()
        default = "None" if member.is_optional else _DEFAULTS.get(member.kind, "None")
        if keyword.iskeyword(name) or name in vars(builtins):
            # `bytes: Optional[bytes] = None` would be `Optional[None]`: the name is taken.
            default = f"field(metadata=config(field_name={name!r}), default={default})"
            name += "_"
        if member.is_ours:
            yield f"    # {OURS}"
        yield f"    {name}: {_type(member)} = {default}"


def _type(member: Member) -> str:
    if member.kind is Kind.LIST and member.item:
        return f"Optional[List[{member.item.__name__}]]"
    written = _TYPES[member.kind]
    return f"Optional[{written}]" if member.is_optional else written
