"""A delivery: one event on its way to one endpoint, with every try of it.

It holds neither an address nor a word of a mail or of a receiving host: what goes into a call
beside its own members is read from the message's record when the call is made. So an erased message
is erased from its deliveries too.
"""

from enum import StrEnum
from zlib import crc32

from pydantic import BaseModel, ConfigDict

from core.message.history import rfc3339

KEPT_SECONDS = 30 * 86_400
"""How long a delivery is kept, whatever has become of it: listed, and to be played again."""
MOST_ATTEMPTS = 20
"""How many tries a delivery remembers, the newest: it may be played again any number of times."""


class State(StrEnum):
    """How far a delivery is. Its value is what callers read."""

    PENDING = "pending"
    """It waits for its next try."""
    DELIVERED = "delivered"
    """The receiver answered 2xx."""
    FAILED = "failed"
    """Its last try has failed. It can be played again."""
    HELD = "held"
    """Its endpoint was disabled when it was to be sent. It can be played again."""


class Attempt(BaseModel):
    """One try at a delivery."""

    model_config = ConfigDict(frozen=True)

    at: int
    """When it began, in milliseconds since 1970."""
    status: int = 0
    """The HTTP status of the answer; 0 if none came."""
    took_ms: int = 0
    error: str = ""
    """The kind of what went wrong (`client.ERRORS`); "" for an answer of 2xx."""
    answer: str = ""
    """The first characters of the answer's body, 200 at most."""


class Delivery(BaseModel):
    """One delivery. It never changes: every change makes a new one."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    endpoint: str
    """The id of the endpoint."""
    id: str
    """The event's id, `webhook-id` on the wire: the same on every try, and for every endpoint."""
    type: str
    """What has happened (`changes.TYPES`)."""
    at: int
    """When, in milliseconds since 1970."""
    domain: str
    message_id: str = ""
    """"" for a test."""
    recipient: int = 0
    """The number of the recipient (the first is 1) that it is about; 0 for the whole message."""
    sequence: int = 0
    """`Record.sequence` of the message with this change."""
    status: str = ""
    """The status of the recipient, or of the message, with this change."""
    state: State = State.PENDING
    tries: int = 0
    """How many tries have been made since it was made, or played again."""
    next_at: int = 0
    """When the next try is due, in epoch seconds."""
    attempts: tuple[Attempt, ...] = ()
    """The newest `MOST_ATTEMPTS` tries."""
    revision: int = 0
    """How often it has been written: a condition of the next write."""
    expires_at: int
    """When it counts as deleted, in epoch seconds."""

    @property
    def name(self) -> str:
        """Its name among the deliveries of its endpoint. Names sort by time."""
        return f"{rfc3339(self.at)}#{self.id}"

    @property
    def shard(self) -> int:
        """Return a number from 0 to 3, always the same for it."""
        return crc32(f"{self.endpoint}{self.id}".encode()) % 4

    def played_again(self, now: int) -> "Delivery":
        """Return it with all its tries before it, the first at `now` (epoch seconds)."""
        return self.model_copy(
            update={
                "state": State.PENDING,
                "tries": 0,
                "next_at": now,
                "expires_at": max(self.expires_at, now + KEPT_SECONDS),
            }
        )
