"""Everything that can be wrong with a request, named for what the caller should do next.

* MailError
  + Unreadable      -- 400: the body is not the format it claims to be
    - Unbindable    -- 400: it is, but a member holds what its type cannot be
  + Invalid         -- 400: it is, but it cannot be a mail; one fault per field
  + NotAllowed      -- 403: no such domain (for this caller)
  + NotShown        -- 403: the domain does not show what its mails say
  + KeyMissing      -- 403: API Gateway has checked no API key
  + NotFound        -- 404: no such message or webhook (for this caller)
  + NotImplementedHere  -- 405: no such operation, or not with this verb
  + InFlight        -- 409: the first request with this idempotency key is still under way
  + TooLate         -- 409: the mail cannot be cancelled any more
  + Disabled        -- 409: nothing can be sent to a webhook that is disabled
  + Gone            -- 410: what is asked for was here, and is not kept any more
  + TooLarge        -- 413
  + KeyReused       -- 422: this idempotency key came before with another mail
"""

from http import HTTPStatus
from typing import ClassVar, NamedTuple


class Fault(NamedTuple):
    """One thing that is wrong with one field: which field and why, never its value."""

    field: str
    code: str
    message: str


class MailError(Exception):
    """A refusal that the caller is told about, in the error form of docs/contract.md A6."""

    status: ClassVar[HTTPStatus]
    code: ClassVar[str]

    def __init__(self, message: str, *faults: Fault) -> None:
        """Tell the caller `message`, and each of `faults` as a field error."""
        super().__init__(message)
        self.message = message
        self.faults = faults


class Unreadable(MailError):
    """The body cannot be decoded (docs/contract.md A6: .NET's name for it stays)."""

    status = HTTPStatus.BAD_REQUEST
    code = "SerializationException"


class Unbindable(Unreadable):
    """The body can be decoded, but a member's value is not of the member's type.

    Formats read any type of the contract; which operation was asked for is known further out, so it
    is named there, with `of`.
    """

    def __init__(self, fault: Fault, operation: str = "") -> None:
        """Report `fault`; in .NET's words, which name the operation."""
        super().__init__(f"Unable to bind to request '{operation}'", fault)

    def of(self, operation: str) -> "Unbindable":
        """Return the same error of a request for `operation`."""
        return Unbindable(self.faults[0], operation)


def unbindable(name: str) -> Unbindable:
    """Return the error for a value that member `name` cannot hold."""
    message = f"The text given is an invalid value for '{name}'."
    return Unbindable(Fault(name, Unbindable.code, message))


class Invalid(MailError):
    """The request was understood and cannot be carried out as it is."""

    status = HTTPStatus.BAD_REQUEST
    code = "ValidationException"

    def __init__(self, *faults: Fault) -> None:
        """Report every fault at once; the first one's message stands for all."""
        super().__init__(faults[0].message, *faults)


class NotAllowed(Invalid):
    """The caller named a domain that is not theirs, or does not exist: both get the same answer."""

    status = HTTPStatus.FORBIDDEN
    code = "Forbidden"


class KeyMissing(MailError):
    """A request that came without an API key. API Gateway lets none through: it is said twice.

    `text` is what API Gateway says as well (`GatewayResponses` in `template.yaml`).
    """

    status = HTTPStatus.FORBIDDEN
    code = "Forbidden"
    text: ClassVar[str] = (
        "Send your API key in the header 'x-api-key': it is missing there, or unknown. "
        "See /metadata."
    )


class NotShown(MailError):
    """The mail is the caller's, but its domain does not show what its mails say."""

    status = HTTPStatus.FORBIDDEN
    code = "ContentNotShown"


class NotFound(MailError):
    """There is no such thing, or not for this caller."""

    status = HTTPStatus.NOT_FOUND
    code = "NotFound"


class NotImplementedHere(MailError):
    """The path names an operation that is not there, or not with this verb."""

    status = HTTPStatus.METHOD_NOT_ALLOWED
    code = "NotImplementedException"


class InFlight(MailError):
    """Another request with the same idempotency key has not been answered yet."""

    status = HTTPStatus.CONFLICT
    code = "Conflict"


class TooLate(MailError):
    """What would have to come before something else has come after it."""

    status = HTTPStatus.CONFLICT
    code = "TooLate"


class Disabled(MailError):
    """The webhook is disabled, so nothing is sent to it."""

    status = HTTPStatus.CONFLICT
    code = "WebhookDisabled"


class Gone(MailError):
    """It was here, and is not kept any more."""

    status = HTTPStatus.GONE
    code = "Gone"


class TooLarge(MailError):
    """More than the service takes."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "RequestEntityTooLarge"


class KeyReused(MailError):
    """The idempotency key belongs to another mail."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "IdempotencyKeyReused"
