"""The base of the contract's types, and the list of a type's members, which formats work by."""

import types
from collections.abc import Mapping
from enum import Enum, auto
from functools import cache
from typing import Any, ClassVar, NamedTuple, Self, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict

from core.message.status import Status


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
    mailboxes: ClassVar[frozenset[str]] = frozenset()
    """The members that hold mailboxes: one text, which in JSON may also be an array of texts."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Make one of the values of its members, by the wire's names; None is as if not given.

        Raises pydantic's `ValidationError` for a value that is not of its member's type.
        """
        return cls.model_validate({name: v for name, v in values.items() if v is not None})


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


@cache
def members_by_name(contract: type[Contract]) -> Mapping[str, Member]:
    """Return the members of `contract` by their names in lower case: they match in any case."""
    return {member.name.lower(): member for member in members(contract)}


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
