"""An operation that the service does not have: code that works with it is tied to none."""

from pydantic import Field

from core.contract.contract import Attachment
from core.contract.members import Contract
from core.contract.operations import Operation


class Found(Contract):
    """Stands for the answer of an operation that is still to come."""

    namespace = "http://schemas.example.org/found"

    name: str | None = Field(None, alias="Name")


class Find(Contract):
    """Stands for its request: a text, a list, and what its path holds."""

    namespace = "http://schemas.example.org/found"

    name: str | None = Field(None, alias="Name")
    files: tuple[Attachment, ...] | None = Field(None, alias="Files")
    place: str | None = Field(None, alias="Place")


FIND = Operation.of(Find, Found, "POST", ("/Find/{Place}/Here",))
