"""An endpoint: where a domain wants to be told what becomes of its mails, and of which events."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from core.message.ids import ALPHABET, new_id

PREFIX = "wh_"
OVERLAP_SECONDS = 24 * 3600
"""How long a secret still signs after another one has taken its place."""
DISABLE_SECONDS = 5 * 86_400
"""After how long without one success an endpoint is disabled."""

GONE = "The receiver answered 410: it wants no more calls."
SILENT = "No call has succeeded for five days."
BY_CALLER = "Disabled by SaveWebhook."


class Endpoint(BaseModel):
    """One endpoint. It never changes: every change makes a new one. Times are in epoch seconds."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    id: str
    """As `new_endpoint_id` makes it."""
    domain: str
    """Of whose mails it is told."""
    name: str
    url: str
    events: tuple[str, ...] = ()
    """The types of events that it wants (`changes.TYPES`); empty for all."""
    include_recipients: bool = False
    """Whether it is told addresses, and what receiving hosts said. Personal data leaves the stack
    only if it asks for that."""
    enabled: bool = True
    disabled_reason: str = ""
    """Why it is not enabled, in words for its owner; "" if it is."""
    created_at: int
    generation: int = 0
    """The number of its newest secret (`signing.secret`)."""
    retired: tuple[tuple[int, int], ...] = ()
    """The numbers of older secrets, each with the time at which another took its place."""
    failing_since: int = 0
    """When the first call failed since one last succeeded; 0 if the last one did."""
    paused_until: int = 0
    """Until when nothing is sent to it, as it does not keep up."""
    is_quick: bool | None = None
    """Whether the newest call was answered, well or not, within `schedule.QUICK_SECONDS`; None if
    there was none. One that is not quick is called one call at a time: calls that hang hold places
    that others need."""
    called_until: int = 0
    """Until when such a call has its place, at the latest."""

    @property
    def log_keys(self) -> dict[str, Any]:
        """What names it in a log: neither its URL nor its name, which may hold anything."""
        return {"webhook_id": self.id, "domain": self.domain}

    def wants(self, event_type: str) -> bool:
        """Say whether it is told of events of a type; of a test always."""
        return not self.events or event_type in self.events or event_type == "webhook.test"

    def generations(self, now: float) -> list[int]:
        """Return the numbers of the secrets that sign at `now`, the newest first."""
        older = [number for number, at in self.retired if at + OVERLAP_SECONDS > now]
        return [self.generation, *sorted(older, reverse=True)]

    def rotated(self, now: int) -> "Endpoint":
        """Return it with a new secret. The one before signs beside it for a day.

        A secret before that, which another rotation has retired less than a day ago, does not: a
        receiver never has to know more than two.
        """
        return self.model_copy(
            update={"generation": self.generation + 1, "retired": ((self.generation, now),)}
        )


def new_endpoint_id() -> str:
    """Return a new id: `wh_`, and a ULID in lower case."""
    return PREFIX + new_id().lower()


def is_endpoint_id(text: str) -> bool:
    """Tell whether a text has the form of an endpoint's id."""
    digits = text.removeprefix(PREFIX)
    return text.startswith(PREFIX) and len(digits) == 26 and {*digits.upper()} <= {*ALPHABET}
