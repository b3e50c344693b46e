"""The faults that were ordered for the next mails: errors of SES, and answers that never come."""

from collections import deque
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from local.ses.answers import Silence

INTERNAL: Final = ("InternalServiceErrorException", "An internal error occurred.")
# Per kind: the code and the message of the error that is answered; None is no answer at all.
# A mail of a kind in AFTER is sent all the same, one of a kind in BEFORE is not.
BEFORE: Final = {
    "throttle": ("TooManyRequestsException", "Maximum sending rate exceeded."),
    "paused": ("SendingPausedException", "Sending is paused for this account."),
    "rejected": ("MessageRejected", "The message was rejected: its content is not accepted."),
    "error_before": INTERNAL,
    "timeout_before": None,
    "drop_before": None,
}
AFTER: Final = {"error_after": INTERNAL, "timeout_after": None, "drop_after": None}
UNANSWERED: Final = {
    "timeout_before": Silence.HOLD,
    "timeout_after": Silence.HOLD,
    "drop_before": Silence.DROP,
    "drop_after": Silence.DROP,
}
KINDS: Final = (*BEFORE, *AFTER)
WORDS: Final = {
    "throttle": "SES is asked too often, and takes no mail for a moment",
    "paused": "Sending is paused for the account",
    "rejected": "SES refuses the mail for good",
    "error_before": "SES fails, and has not taken the mail",
    "timeout_before": "No answer until the client gives up; the mail is not taken",
    "drop_before": "The connection breaks off; the mail is not taken",
    "error_after": "SES fails, but sends the mail",
    "timeout_after": "No answer until the client gives up, but the mail is sent",
    "drop_after": "The connection breaks off, but the mail is sent",
}
"""What each kind is, for people."""


@dataclass(slots=True)
class _Fault:
    kind: str
    count: int


class Faults:
    """A queue of faults; every mail that SES would accept takes at most one from it."""

    def __init__(self) -> None:
        self._queue: deque[_Fault] = deque()
        self._lock = Lock()

    def add(self, kind: str, count: int) -> None:
        with self._lock:
            self._queue.append(_Fault(kind, count))

    def take(self) -> str | None:
        """Remove the first fault and return its kind, or None if there is none."""
        with self._lock:
            if not self._queue:
                return None
            first = self._queue[0]
            first.count -= 1
            if not first.count:
                self._queue.popleft()
            return first.kind

    def left(self) -> list[dict[str, Any]]:
        with self._lock:
            return [{"kind": fault.kind, "count": fault.count} for fault in self._queue]

    def clear(self) -> None:
        with self._lock:
            self._queue.clear()
