"""What is kept of a message, and what follows from it: its status, and when it needs attention."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from core.message import status
from core.message.status import Status

SES_SECONDS = 13
"""How long SES may keep us: connecting, and waiting for its answer."""
CLAIM_SECONDS = 60
"""How long one try may take: longer than any Lambda of ours may run with a claim."""
GRACE_SECONDS = 15 * 60
"""How long the Send event may take to settle a try that ended without an answer."""
DELIVERY_SECONDS = 15 * 3600
"""SES tries for up to 14 hours (MaxDeliverySeconds); after that no event is to be expected."""
PICKUP_SECONDS = 15 * 60
"""How long after its time a queued try may start before it counts as left behind. Generous: while
a throttled account drains its queue, putting waiting messages in again would only lengthen it."""
LETTER_SECONDS = 60
"""How long whoever gives a message up may take to leave its dead letter."""
ENQUEUE_SECONDS = 120
"""How long after its record is written a message may be missing from the queue."""

_EXTRA_SENDS = 1
"""How often a mail is sent again because nobody could know whether SES had it."""


class Recipient(BaseModel):
    """One recipient of the envelope. `address` is canonical; times are epoch seconds or 0."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    address: str
    status: Status = Status.ACCEPTED
    detail: str = ""
    """Why it is so, without personal data: `Permanent/General 5.1.1`."""
    delayed_at: int = 0
    complained_at: int = 0
    cleared_at: int = 0
    """When a complaint was taken back (feedback type `not-spam`)."""
    is_suppressed: bool = False
    """Whether the mail was not sent to it, because of an earlier bounce or complaint."""


class Attempt(BaseModel):
    """One try at sending. `outcome` is empty while it is under way."""

    model_config = ConfigDict(frozen=True)

    at: int
    outcome: Literal["", "sent", "refused", "not taken", "no answer"] = ""
    ses_message_id: str = ""
    code: str = ""
    """SES's (or botocore's) name of the error."""


class Record(BaseModel):
    """The state of one message. Every change makes a new one, with a new `revision`."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    id: str
    revision: str = ""
    """Whose write this is: tells our own repeated write from another's."""
    domain: str
    configuration: str
    sender: str
    receiver: str
    reference: str = ""
    recipients: tuple[Recipient, ...]
    state: Literal[
        Status.ACCEPTED, Status.QUEUED, Status.SENDING, Status.SENT, Status.FAILED, Status.UNKNOWN
    ]
    """How far we are; what became of the mail after that is with the recipients."""
    error: str = ""
    attempts: tuple[Attempt, ...] = ()
    claimed_until: int = 0
    next_attempt_at: int = 0
    unknown_outcome: Literal["resend", "fail"] = "resend"
    suppresses: bool = True
    """Whether the domain keeps a list of addresses that bounced or complained."""
    retry_until: int
    created_at: int
    content_expires_at: int
    """When the mail itself is gone: from then on no try may find it, in table or bucket."""
    expires_at: int

    @property
    def status(self) -> Status:
        """The message's status (CONTRACT.md B3)."""
        if self.is_taken or self.is_suppressed:
            return status.of_message(recipient.status for recipient in self.recipients)
        return self.state

    @property
    def is_taken(self) -> bool:
        """Whether SES has the mail, as far as anybody told us."""
        return any(
            recipient.status is not Status.ACCEPTED and not recipient.is_suppressed
            for recipient in self.recipients
        )

    @property
    def is_suppressed(self) -> bool:
        """Whether nobody is left to send it to."""
        return all(recipient.is_suppressed for recipient in self.recipients)

    @property
    def ses_message_id(self) -> str:
        """SES's id of the newest try that it took; "" if none."""
        return next((a.ses_message_id for a in reversed(self.attempts) if a.ses_message_id), "")

    @property
    def error_message(self) -> str:
        """What went wrong, for the caller; "" if nothing did."""
        if not self.is_taken and not self.is_suppressed:
            return self.error
        bad = (r for r in self.recipients if r.status is self.status and r.detail)
        return next((recipient.detail for recipient in bad), "")

    @property
    def will_retry(self) -> bool:
        """Whether the service itself will try again, so that the caller must not."""
        if self.status is Status.UNKNOWN:
            return not self.is_taken and self.may_send_again
        return self.status is Status.QUEUED

    @property
    def may_send_again(self) -> bool:
        """Whether the policy allows one more try although SES may have the mail."""
        blind = sum(attempt.outcome == "no answer" for attempt in self.attempts)
        return self.unknown_outcome == "resend" and blind <= _EXTRA_SENDS

    @property
    def owes_letter(self) -> bool:
        """Whether it was given up, and its dead letter is still to be written."""
        return self.state is Status.FAILED and self.next_attempt_at > 0

    @property
    def due_at(self) -> int | None:
        """When the sweeper must look at the message again; None once nothing is left to do."""
        if self.is_taken:
            unfinished = any(recipient.status is Status.SENT for recipient in self.recipients)
            return self.attempts[-1].at + DELIVERY_SECONDS if unfinished else None
        match self.state:
            case Status.ACCEPTED:
                return self.created_at + ENQUEUE_SECONDS
            case Status.QUEUED:
                return self.next_attempt_at + PICKUP_SECONDS
            case Status.SENDING:
                return self.claimed_until
            case Status.UNKNOWN | Status.FAILED:
                return self.next_attempt_at or None
            case _:
                return None
