"""The faults that the next sends are to meet."""

from collections import deque
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

INTERNAL: Final = ("InternalServiceErrorException", "An internal error occurred.")
# Per kind: the error that the sender is told, by code and text; None where no answer comes.
BEFORE: Final = {
    "throttle": ("TooManyRequestsException", "Maximum sending rate exceeded."),
    "paused": ("SendingPausedException", "Sending is paused for this account."),
    "rejected": ("MessageRejected", "The message was rejected: its content is not accepted."),
    "error_before": INTERNAL,
}
AFTER: Final = {"error_after": INTERNAL, "timeout_after": None, "drop_after": None}
KINDS: Final = (*BEFORE, *AFTER)


@dataclass(slots=True)
class _Fault:
    kind: str
    count: int


class Faults:
    """First in, first out; every send meets at most one."""

    def __init__(self) -> None:
        self._queue: deque[_Fault] = deque()
        self._lock = Lock()

    def add(self, kind: str, count: int) -> None:
        with self._lock:
            self._queue.append(_Fault(kind, count))

    def take(self) -> str | None:
        """Return the kind of fault that this send is to meet."""
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
