"""How the functions tell an operator that something went wrong: a log line, and a metric for it.

It is no function of Lambda's. What is told here is rare, so each metric is published by itself and
at once: a request that went well pays nothing for it.
"""

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from core.redaction import described

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_lambda_powertools import Logger

    from core.aws.items import UnreadableRecord
    from core.failures import Failure
    from core.message.record import Record


def count(metric: str, code: str = "") -> None:
    """Publish one occurrence of `metric`: for the stack, and with a `code` for that code too.

    Alarms look at the first. The second says why; its dimension has as many values as there are
    names of errors.
    """
    published = EphemeralMetrics()  # Not the handler's own: the code is no dimension of the others.
    published.add_metric(metric, MetricUnit.Count, 1)
    if code:
        published.add_dimensions(service=str(published.service), code=code)
    published.flush_metrics()


def tell_failure(
    logger: "Logger", event: str, record: "Record", failure: "Failure", **more: Any
) -> None:
    """Log that a message was accepted or tried (`event`) and not sent, and count why.

    It is a warning if SES refused the mail, or does so until an operator mends something. `more`
    goes into the line.
    """
    log = logger.warning if failure.is_warning else logger.info
    why: dict[str, Any] = {"outcome": failure.outcome, "code": failure.code}
    log(event, state=record.status, **why, **record.log_keys, **more)
    if failure.metric:
        count(failure.metric, failure.code)


def tell_error(logger: "Logger", error: Exception) -> None:
    """Log what kind of error ended a function's work, and where: its text may be personal data."""
    logger.error("failed", **described(error))


def tell_unreadable(logger: "Logger", found: "Sequence[UnreadableRecord]") -> None:
    """Log the records that were skipped, as this version of the code cannot read them."""
    for unreadable in found:
        logger.error("record cannot be read", message_id=unreadable.message_id, why=str(unreadable))


def tell_bug(logger: "Logger", error: Exception) -> None:
    """Log an unexpected error by its kind and its place, never by its text, and count it.

    The alarm on `Bugs` rings then. Lambda's own count of errors does not show an error that was
    caught for the sake of the others in its batch.
    """
    tell_error(logger, error)
    count("Bugs")


def tell_skipped(
    logger: "Logger", unreadable: "Sequence[UnreadableRecord]", bugs: "Sequence[Exception]"
) -> None:
    """Tell of all that was skipped for the sake of the others of its batch."""
    tell_unreadable(logger, unreadable)
    for bug in bugs:
        tell_bug(logger, bug)
