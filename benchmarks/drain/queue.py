"""A stand-in for the client of SQS, with what receives from the queue behind it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.drain.expressions import Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MOST_AT_ONCE, _LONGEST_DELAY = 10, 900  # SQS API reference, SendMessageBatch and SendMessage.


class Entry(NamedTuple):
    """A message that somebody has put into the queue."""

    body: str
    delay: int
    """Seconds before which it is not handed out."""


class Queue:
    """What is visible in a queue, in the order in which it became so."""

    def __init__(self, arrives: Callable[[Entry], None]) -> None:
        """Begin empty; `arrives` is told of each entry and calls `show` when its time has come."""
        self.arrives = arrives
        self._visible: deque[str] = deque()

    def __len__(self) -> int:
        """Return how many messages wait to be handed out."""
        return len(self._visible)

    def show(self, body: str) -> None:
        """Let a message be handed out."""
        self._visible.append(body)

    def next(self) -> str:
        """Hand out the message that has been visible for the longest time."""
        return self._visible.popleft()


class Sqs:
    """A client of one queue; `wait` is how long a call takes."""

    def __init__(self, queue: Queue, wait: Callable[[], object] = int) -> None:
        """Ask this queue, whatever URL is named."""
        self._queue, self._wait = queue, wait

    def send_message(self, *, QueueUrl: str, **entry: Any) -> dict[str, Any]:
        """Put a message into the queue."""
        self._wait()
        self._queue.arrives(_entry(entry))
        return {"MessageId": ""}

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Any]) -> dict[str, Any]:
        """Put up to ten messages into the queue."""
        self._wait()
        ids = [entry["Id"] for entry in Entries]
        if not 1 <= len({*ids}) == len(ids) <= _MOST_AT_ONCE:
            raise Unknown("no entry, too many, or two with the same id")
        for entry in Entries:
            self._queue.arrives(_entry({**entry, "Id": None}))
        return {"Successful": [{"Id": id_, "MessageId": ""} for id_ in ids]}

    def get_queue_attributes(
        self, *, QueueUrl: str, AttributeNames: Sequence[str]
    ) -> dict[str, Any]:
        """Tell how many messages wait to be handed out."""
        self._wait()
        ((name),) = AttributeNames
        if name != "ApproximateNumberOfMessages":
            raise Unknown(name)
        return {"Attributes": {name: str(len(self._queue))}}


def _entry(told: dict[str, Any]) -> Entry:
    delay = told.get("DelaySeconds", 0)
    if told.keys() - {"Id", "MessageBody", "DelaySeconds", "MessageGroupId"}:
        raise Unknown(f"a message with {sorted(told)}")
    if not isinstance(delay, int) or not 0 <= delay <= _LONGEST_DELAY or not told["MessageGroupId"]:
        raise Unknown("a delay that SQS does not take, or no group")
    return Entry(told["MessageBody"], delay)
