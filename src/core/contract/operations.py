"""The table of operations: their types, verbs and paths, for routing and documentation."""

from typing import NamedTuple

from core.contract.contract import GetStatus, SendMail, SendResponse
from core.contract.members import Contract


class Operation(NamedTuple):
    """One thing that can be asked of the service."""

    request: type[Contract]
    response: type[Contract]
    verb: str
    """The verb of its own paths."""
    paths: tuple[str, ...]
    """Its own paths; `{Member}` is one segment, which is that member of the request.

    Documentation shows the first one.
    """
    other_verbs: frozenset[str] = frozenset()
    """Further verbs on the paths that are named after it, such as `/json/reply/GetStatus`."""
    required: frozenset[str] = frozenset()
    """Members that OpenAPI calls required. The use case is to refuse a request without them."""
    takes_key: bool = False
    """Whether an `Idempotency-Key` keeps a repeated request from doing it again."""

    @property
    def name(self) -> str:
        """What the wire calls it: the name of its request type."""
        return self.request.__name__

    @property
    def takes_body(self) -> bool:
        """Whether its request comes in the body; else it comes in path and query string."""
        return self.verb == "POST"


SEND_MAIL = Operation(SendMail, SendResponse, "POST", ("/Mail/Send",), takes_key=True)
GET_STATUS = Operation(
    GetStatus,
    SendResponse,
    "GET",
    ("/Status", "/Status/{MessageId}"),
    other_verbs=frozenset({"POST"}),
    required=frozenset({"MessageId"}),
)

OPERATIONS = (SEND_MAIL, GET_STATUS)
OPERATIONS_BY_NAME = {operation.name.lower(): operation for operation in OPERATIONS}
