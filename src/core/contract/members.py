"""The base of the contract's types, and the list of a type's members, which formats work by."""

import types
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import Enum, auto
from functools import cache
from types import NoneType
from typing import Any, ClassVar, NamedTuple, Self, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from core.contract.errors import unbindable
from core.message.status import Status


class Contract(BaseModel):
    """A type of the contract: Python names inside, the wire's names as aliases.

    Members are declared in the order of the original's C# classes, which is their order in JSON;
    those that it does not have (`ours`) follow.
    """

    model_config = ConfigDict(
        frozen=True, populate_by_name=True, arbitrary_types_allowed=True, hide_input_in_errors=True
    )

    namespace: ClassVar[str]
    alphabetical: ClassVar[bool] = True
    """Whether XML orders the members by name, as DataContractSerializer does without `Order`."""
    ours: ClassVar[frozenset[str]] = frozenset()
    """The names of the members that the original does not have: where they are not given, nothing
    that is written shows them, and its samples are without them."""
    mailboxes: ClassVar[frozenset[str]] = frozenset()
    """The members that hold mailboxes, or other words with commas between: one text, which in JSON
    may also be an array of texts."""

    @classmethod
    def of(cls, values: Mapping[str, Any], ignored: Collection[str] = ()) -> Self:
        """Make one of the values of its members, by the wire's names; None is as if not given.

        `ignored` are names that came with a value and are none of its members'. A text that can be
        a number, or true or false, is one. Raises `Unbindable` for a value that is not of its
        member's type.
        """
        try:
            made = cls.model_validate({name: v for name, v in values.items() if v is not None})
        except ValidationError as error:
            raise unbindable(str(error.errors()[0]["loc"][0])) from None
        if ignored or tuple in map(type, values.values()):  # Most mails have neither.
            return made.ignoring([*ignored, *ignored_within(values)])
        return made

    @property
    def ignored(self) -> tuple[str, ...]:
        """The names that came with it and that nobody knows, as written (docs/contract.md B5 L).

        Those of a list's items have its name before theirs, and no index: `Attachments.Filename`.
        They are no part of what was asked for: neither compared, nor written, nor kept.
        """
        names: tuple[str, ...] = self.__dict__.get(_IGNORED, ())
        return names

    def ignoring(self, names: Iterable[str]) -> Self:
        """Return the same, and that it came with these further `names`."""
        further = tuple(dict.fromkeys(names))
        if not further:
            return self
        made = self.model_copy()
        # Beside the members, as `functools.cached_property` does it: pydantic passes over it.
        made.__dict__[_IGNORED] = tuple(dict.fromkeys((*self.ignored, *further)))
        return made


_IGNORED = "ignored"


def ignored_within(values: Mapping[str, Any]) -> Iterable[str]:
    """Return the names that the items of lists among `values`, by their names, have ignored."""
    return (
        f"{name}.{inner}"
        for name, value in values.items()
        if type(value) is tuple
        for item in value
        for inner in item.ignored
    )


class Kind(Enum):
    """What a member holds."""

    STRING = auto()
    BYTES = auto()
    BOOLEAN = auto()
    INTEGER = auto()
    STATUS = auto()
    OBJECT = auto()
    LIST = auto()
    TEXTS = auto()
    """A list of texts. Only answers have any, so no format reads them."""
    MAP = auto()


class Member(NamedTuple):
    """One member of a contract type: `item` is the contract of an object or of a list's items."""

    name: str
    field: str
    kind: Kind
    item: type[Contract] | None = None
    is_ours: bool = False
    """Whether the original does not have it."""
    is_optional: bool = False
    """Whether it is a number, or true or false, and may be left out: then it is neither 0 nor
    false."""


_SCALARS = {
    str: Kind.STRING,
    bytes: Kind.BYTES,
    bool: Kind.BOOLEAN,
    int: Kind.INTEGER,
    Status: Kind.STATUS,
}


_VALUES = frozenset({Kind.BOOLEAN, Kind.INTEGER})


@cache
def members(contract: type[Contract]) -> tuple[Member, ...]:
    """List the members of `contract` in the order of their declaration."""
    return tuple(
        Member(
            name := field.alias or field_name,
            field_name,
            *(kind := _kind(field.annotation)),
            is_ours=name in contract.ours,
            is_optional=kind[0] in _VALUES and NoneType in get_args(field.annotation),
        )
        for field_name, field in contract.model_fields.items()
    )


def originals(contract: type[Contract]) -> Iterator[Member]:
    """List the members of `contract` that the original has too, in the same order."""
    return (member for member in members(contract) if not member.is_ours)


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
        item = get_args(annotation)[0]
        return (Kind.TEXTS, None) if item is str else (Kind.LIST, item)
    return Kind.MAP, None
