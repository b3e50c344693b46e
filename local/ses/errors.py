"""The errors that the simulator answers requests with.

* SesError    -- an error of SES, in the form from which an SDK raises it
* FieldError  -- a mistake in a request to the simulator's own resources
"""

from typing import Final

_STATUS: Final = {
    "TooManyRequestsException": 429,
    "NotFoundException": 404,
    "UnknownOperationException": 404,  # Of the protocol (smithy.io, AWS restJson1), not the model.
    "ConflictException": 409,
    "InternalServiceErrorException": 500,
}


class SesError(Exception):
    """An error of SES, named as in the SES v2 API."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status that the SES v2 model gives to this error."""
        return _STATUS.get(self.code, 400)


class FieldError(Exception):
    """A mistake in a request to the simulator's own resources; `field` is the wrong member."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def bad_request(message: str) -> SesError:
    return SesError("BadRequestException", message)
