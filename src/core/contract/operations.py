"""The table of operations: their types, verbs and paths, for routing and documentation."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from core.contract.contract import GetStatus, SendMail, SendResponse
from core.contract.members import Contract
from core.lazily import lazily

if TYPE_CHECKING:
    from core.contract import mails, webhooks
else:  # Most requests send a mail or ask for a status: a cold start pays for no other types.
    mails = lazily("core.contract.mails")
    webhooks = lazily("core.contract.webhooks")


class Operation(NamedTuple):
    """One thing that can be asked of the service."""

    name: str
    """What the wire calls it: the name of its request type."""
    types: Callable[[], tuple[type[Contract], type[Contract]]]
    """Returns the types of its request and of its answer."""
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

    @classmethod
    def of(
        cls,
        request: type[Contract],
        response: type[Contract],
        verb: str,
        paths: tuple[str, ...],
        **more: Any,
    ) -> Self:
        """Make one of types that are there already."""
        return cls(request.__name__, lambda: (request, response), verb, paths, **more)

    @property
    def request(self) -> type[Contract]:
        """The type of its request."""
        return self.types()[0]

    @property
    def response(self) -> type[Contract]:
        """The type of its answer."""
        return self.types()[1]

    @property
    def takes_body(self) -> bool:
        """Whether its request comes in the body; else it comes in path and query string."""
        return self.verb == "POST"


SEND_MAIL = Operation.of(SendMail, SendResponse, "POST", ("/Mail/Send",), takes_key=True)
_BY_ID = frozenset({"MessageId"})
_OR_POST = frozenset({"POST"})
GET_STATUS = Operation.of(
    GetStatus,
    SendResponse,
    "GET",
    ("/Status", "/Status/{MessageId}"),
    other_verbs=_OR_POST,
)
FIND_MAILS = Operation(
    "FindMails",
    lambda: (mails.FindMails, mails.FoundMails),
    "GET",
    ("/Mail",),
    other_verbs=_OR_POST,
)
GET_MAIL = Operation(
    "GetMail",
    lambda: (mails.GetMail, mails.MailDetails),
    "GET",
    ("/Mail/{MessageId}",),
    other_verbs=_OR_POST,
    required=_BY_ID,
)
GET_CONTENT = Operation(
    "GetContent",
    lambda: (mails.GetContent, mails.MailContent),
    "GET",
    ("/Mail/{MessageId}/Content",),
    other_verbs=_OR_POST,
    required=_BY_ID,
)
RESEND_MAIL = Operation(
    "ResendMail",
    lambda: (mails.ResendMail, SendResponse),
    "POST",
    ("/Mail/{MessageId}/Resend",),
    required=_BY_ID,
    takes_key=True,
)
CANCEL_MAIL = Operation(
    "CancelMail",
    lambda: (mails.CancelMail, SendResponse),
    "POST",
    ("/Mail/{MessageId}/Cancel",),
    required=_BY_ID,
)

_OF_WEBHOOK = frozenset({"Id"})
SAVE_WEBHOOK = Operation(
    "SaveWebhook", lambda: (webhooks.SaveWebhook, webhooks.Webhook), "POST", ("/Webhook",)
)
FIND_WEBHOOKS = Operation(
    "FindWebhooks",
    lambda: (webhooks.FindWebhooks, webhooks.FoundWebhooks),
    "GET",
    ("/Webhook",),
    other_verbs=_OR_POST,
)
DELETE_WEBHOOK = Operation(
    "DeleteWebhook",
    lambda: (webhooks.DeleteWebhook, webhooks.Webhook),
    "POST",
    ("/Webhook/{Id}/Delete",),
    required=_OF_WEBHOOK,
)
TEST_WEBHOOK = Operation(
    "TestWebhook",
    lambda: (webhooks.TestWebhook, webhooks.WebhookDelivery),
    "POST",
    ("/Webhook/{Id}/Test",),
    required=_OF_WEBHOOK,
)
ROTATE_WEBHOOK_SECRET = Operation(
    "RotateWebhookSecret",
    lambda: (webhooks.RotateWebhookSecret, webhooks.Webhook),
    "POST",
    ("/Webhook/{Id}/Secret",),
    required=_OF_WEBHOOK,
)
FIND_DELIVERIES = Operation(
    "FindDeliveries",
    lambda: (webhooks.FindDeliveries, webhooks.FoundDeliveries),
    "GET",
    ("/Webhook/{Id}/Deliveries",),
    other_verbs=_OR_POST,
    required=_OF_WEBHOOK,
)
REPLAY_DELIVERIES = Operation(
    "ReplayDeliveries",
    lambda: (webhooks.ReplayDeliveries, webhooks.ReplayedDeliveries),
    "POST",
    ("/Webhook/{Id}/Replay",),
    required=_OF_WEBHOOK,
)

OPERATIONS = (
    *(SEND_MAIL, GET_STATUS, FIND_MAILS, GET_MAIL, GET_CONTENT),
    *(RESEND_MAIL, CANCEL_MAIL),
    *(SAVE_WEBHOOK, FIND_WEBHOOKS, DELETE_WEBHOOK, TEST_WEBHOOK),
    *(ROTATE_WEBHOOK_SECRET, FIND_DELIVERIES, REPLAY_DELIVERIES),
)
OPERATIONS_BY_NAME = {operation.name.lower(): operation for operation in OPERATIONS}
