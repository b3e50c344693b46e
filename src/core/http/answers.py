"""Describes a message, or a refusal, as the contract's answer (docs/contract.md A6, B2, B4)."""

from core.contract.contract import ErrorResponse, ResponseError, ResponseStatus, SendResponse
from core.contract.errors import MailError
from core.message.record import Record


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


def of_error(error: MailError, batch_index: int | None = None) -> ErrorResponse:
    """Describe a refusal, with one field error for each fault; of a batch, by which item."""
    return _error(
        error.code,
        error.message,
        tuple(
            ResponseError(error_code=fault.code, field_name=fault.field, message=fault.message)
            for fault in error.faults
        ),
        batch_index,
    )


def of_bug(request_id: str, batch_index: int | None = None) -> ErrorResponse:
    """Describe a failure of ours: nothing but what an operator needs to find it."""
    message = f"The service failed. Request id: {request_id}"
    return _error("InternalServerError", message, (), batch_index)


def _error(
    code: str, message: str, errors: tuple[ResponseError, ...], batch_index: int | None
) -> ErrorResponse:
    meta = None if batch_index is None else {"AutoBatchIndex": str(batch_index)}
    status = ResponseStatus(error_code=code, message=message, errors=errors, meta=meta)
    return ErrorResponse(response_status=status)
