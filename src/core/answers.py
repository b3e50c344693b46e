"""What a caller is told: of a message, and of a refusal (CONTRACT.md B2, B4, A6)."""

from core.contract import ErrorResponse, ResponseError, ResponseStatus, SendResponse
from core.errors import MailError
from core.record import Record


def of_record(record: Record) -> SendResponse:
    """Describe a message as it is now."""
    return SendResponse(
        message_id=record.id,
        sender=record.sender,
        receiver=record.receiver,
        status=record.status,
        error_message=record.error_message or None,
        configuration=record.configuration,
        retry=record.will_retry,
        retry_count=max(0, len(record.attempts) - 1),
    )


def of_error(error: MailError) -> ErrorResponse:
    """Describe a refusal, with one field error for each fault."""
    return _error(
        error.code,
        error.message,
        tuple(
            ResponseError(error_code=fault.code, field_name=fault.field, message=fault.message)
            for fault in error.faults
        ),
    )


def of_bug(request_id: str) -> ErrorResponse:
    """Describe a failure of ours: nothing but what an operator needs to find it."""
    return _error("InternalServerError", f"The service failed. Request id: {request_id}", ())


def _error(code: str, message: str, errors: tuple[ResponseError, ...]) -> ErrorResponse:
    status = ResponseStatus(error_code=code, message=message, errors=errors)
    return ErrorResponse(response_status=status)
