"""Why SES has not taken a mail, as the record says it: for logs and metrics, not for callers."""

from typing import NamedTuple

from core.acceptance import PAUSED
from core.aws.ses import OPERATOR_FAULTS
from core.message.record import Attempt, Record
from core.message.status import Status

_REFUSED, _NEEDS_OPERATOR, _WITHHELD = "Refused", "NeedsOperator", "Withheld"
_OWN_REASONS = {"Suppressed", "ContentGone"}
"""The codes of tries that ended without a request to SES, because it was no use to make one."""


class Failure(NamedTuple):
    """Why SES has not taken a mail at its newest try, or why nobody has tried."""

    outcome: str
    """As in `Attempt.outcome`: `refused`, `not taken`, `throttled` or `no answer`."""
    code: str
    """The name of the error, as SES or botocore gives it, or of a reason of this service."""
    metric: str
    """What it is counted as; "" for what passes without anybody, such as a throttle.

    `Refused`: SES will never take the mail. `NeedsOperator`: it will not take it until an operator
    mends something. `Withheld`: this service has not asked SES, as it is told to.
    """

    @property
    def is_warning(self) -> bool:
        """Whether an operator should look at it: SES itself did not want the mail."""
        return self.metric in (_REFUSED, _NEEDS_OPERATOR)


def of(record: Record, since: int = 0) -> Failure | None:
    """Return why SES has not taken a mail; None if it has, or if its first try is yet to come.

    So that no try is told of twice: also None if the newest try began before `since`, in epoch
    seconds.
    """
    if not record.attempts:
        return _not_tried(record)
    newest = record.attempts[-1]
    if newest.outcome in ("", "sent") or newest.at < since:
        return None
    return Failure(newest.outcome, newest.code, _metric(newest))


def _not_tried(record: Record) -> Failure | None:
    """Only a paused domain and a used-up cap let a mail fail before its first try."""
    if record.status is not Status.FAILED:
        return None
    code = "DomainPaused" if record.error == PAUSED else "DailyCap"
    return Failure("refused", code, _WITHHELD)


def _metric(attempt: Attempt) -> str:
    if attempt.code in _OWN_REASONS:
        return _WITHHELD
    if attempt.code in OPERATOR_FAULTS:
        return _NEEDS_OPERATOR
    return _REFUSED if attempt.outcome == "refused" else ""
