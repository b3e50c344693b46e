"""The record of a message: what is stored of it, and what follows from that.

From the record follow the status that a caller is told, whether the service will try again, and
when the sweep must look at the message. Times are in epoch seconds, spans of time in seconds.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from core.message import status
from core.message.ids import made_at
from core.message.status import Status

SES_SECONDS = 13
"""How long one request to SES may take, from looking up its address to the last byte of the answer
(`aws/deadline.py`)."""
CLAIM_SECONDS = 60
"""How long a claim protects a try: longer than any Lambda function that holds one may run."""
GRACE_SECONDS = 15 * 60
"""How long to wait for an event of SES after a try that ended without an answer. Afterwards the
message is looked at as often."""
DELIVERY_SECONDS = 15 * 3600
"""How long to wait for the last event about a sent mail. SES tries to deliver for 14 hours at most
(MaxDeliverySeconds in its API reference)."""
PICKUP_SECONDS = 15 * 60
"""How long after its time a queued try may start before the sweep lines it up again. It is longer
than a worker that was killed keeps its message from the others."""
LETTER_SECONDS = 60
"""How long the function that gives a message up has for its dead letter; then the sweep does it."""


class Recipient(BaseModel):
    """One recipient of the envelope (To, CC or BCC), and what is known about its copy."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    address: str
    """In the form of `address.canonical`."""
    status: Status = Status.ACCEPTED
    """`accepted` until something is known: see `Status`."""
    detail: str = ""
    """The reason for the status, without personal data, and in quotation marks what the receiving
    host said: `Bounced: Permanent/General 5.1.1 "550 5.1.1 user unknown"`."""
    replied_at: int = 0
    """When an automatic reply ("out of office") came; 0 if none did. It changes no status."""
    complained_at: int = 0
    """When the newest complaint was made that names it; 0 if none was."""
    accused_at: int = 0
    """The same, of complaints that name no other recipient of the message: SES often lists all of a
    host, as the host does not say who it was."""
    cleared_at: int = 0
    """When a complaint was taken back (feedback type `not-spam`); 0 if none was."""
    is_suppressed: bool = False
    """Whether the mail is not sent to it, because of an earlier bounce or complaint."""
    is_delayed: bool = False
    """Whether the receiving host has put the mail off, so that SES has tried again."""


class Attempt(BaseModel):
    """One try at sending."""

    model_config = ConfigDict(frozen=True)

    at: int
    """When it began."""
    outcome: Literal["", "sent", "refused", "not taken", "throttled", "no answer"] = ""
    """How it ended (see `outcome.py`); "" while it is under way."""
    ses_message_id: str = ""
    """SES's id of the mail, if SES took it."""
    code: str = ""
    """The name of the error, as SES or botocore gives it; "" if there was none."""


class Record(BaseModel):
    """The state of one message. It never changes: every change makes a new record."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    id: str
    """Our id, as `ids.new_id` makes it: the caller's `MessageId`."""
    revision: str = ""
    """A random token of the write that stored this state. If a conditional write fails and finds
    its own token, it had succeeded before: its answer was lost, and the SDK repeated it."""
    sequence: int = 1
    """The number of this state: one more with each write that changes something `visible`. So of
    two events about a message callers can tell which one is newer (docs/webhooks.md)."""
    domain: str
    configuration: str
    """The name of the domain's configuration, as answers show it."""
    sender: str
    receiver: str
    """`To` as the caller wrote it."""
    reference: str = ""
    recipients: tuple[Recipient, ...]
    state: Literal[Status.QUEUED, Status.SENDING, Status.SENT, Status.FAILED, Status.UNKNOWN]
    """How far the service is with the mail. What became of it after that is with the recipients."""
    error: str = ""
    """Why the state is not a better one, for the caller; "" if nothing went wrong."""
    attempts: tuple[Attempt, ...] = ()
    claimed_until: int = 0
    """Until when the function that began the newest try is alone with the message: its claim."""
    next_attempt_at: int = 0
    """When the next step is due: a try, a look at what is unknown, or the dead letter. 0: never, or
    for a queued message that nobody has given it a turn yet."""
    lane: Literal["fast", "slow"] = "fast"
    """In which lane it waits for its turn (`message/pace.py`)."""
    failed_at: int = 0
    """When it was given up, refused or cancelled; 0 if it has not failed."""
    is_cancelled: bool = False
    """Whether somebody has cancelled it."""
    resent_from: str = ""
    """The message of which it was made; "" if a caller gave all of it."""
    recipient_hash: str = ""
    """By which it is found by its first recipient (`aws/mail_index.py`)."""
    idempotency_hash: str = ""
    """Under which idempotency key it was stored (`submission/idempotency.py`); "" if under none. By
    it an erasure finds the key."""
    key_id: str = ""
    """With which API key it was asked for (`message/origin.py`)."""
    traceparent: str = ""
    """As a part of which trace of the caller's."""
    superseded_by: str = ""
    """The message that a repeated request has made in its place; "" if none has."""
    unknown_outcome: Literal["resend", "fail"] = "resend"
    """What the domain wants after a try without an answer and without an event."""
    suppresses: bool = True
    """Whether the domain keeps a list of addresses that bounced or complained."""
    retry_until: int
    """When the mail is given up, if SES has not taken it by then, as far as its answers and events
    tell."""
    created_at: int
    content_expires_at: int
    """When the mail itself counts as deleted, in table and bucket: from then on no try uses it."""
    expires_at: int
    """When the record counts as deleted."""

    @property
    def log_keys(self) -> dict[str, Any]:
        """What joins the lines of all functions about this message: its ids, as far as known."""
        known = {
            "message_id": self.id,
            "ses_message_id": self.ses_message_id,
            "key_id": self.key_id,
            "traceparent": self.traceparent,
        }
        return {name: value for name, value in known.items() if value}

    @property
    def status(self) -> Status:
        """The status of the message, as callers are told (docs/contract.md B3)."""
        if self.is_taken or self.is_suppressed:
            return status.of_message(recipient.status for recipient in self.recipients)
        return self.state

    @property
    def visible(self) -> tuple[object, ...]:
        """What callers can be told of it: each event of webhooks is a change of this."""
        return self.state, self.error, self.is_cancelled, self.recipients

    @property
    def is_taken(self) -> bool:
        """Whether SES has the mail, as far as its answers and events tell."""
        return any(
            recipient.status is not Status.ACCEPTED and not recipient.is_suppressed
            for recipient in self.recipients
        )

    @property
    def is_suppressed(self) -> bool:
        """Whether all recipients are suppressed, so that nobody is left to send the mail to."""
        return all(recipient.is_suppressed for recipient in self.recipients)

    @property
    def certainly_failed(self) -> bool:
        """Whether the mail is over, and certainly nobody has got it: SES or we refused it.

        Not if a try ended without an answer, or if nobody knows yet how one ended. Of two tries
        that SES took, nobody can tell which one it rejected afterwards. Nor if it was cancelled:
        whoever did that wants no other one in its place.
        """
        ends = [attempt.outcome for attempt in self.attempts]
        is_certain = {*ends} <= {"refused", "not taken", "throttled", "sent"} and ends.count(
            "sent"
        ) <= 1
        rejected = all(recipient.status is Status.FAILED for recipient in self.recipients)
        is_over = self.status is Status.FAILED and (rejected or not self.is_taken)
        return is_over and is_certain and not self.is_cancelled

    @property
    def ses_message_id(self) -> str:
        """SES's id of the newest try that it took; "" if it took none."""
        return next((a.ses_message_id for a in reversed(self.attempts) if a.ses_message_id), "")

    def taken_at_newest_try(self, since: int = 0) -> int:
        """Return how many recipients SES has taken with the newest try.

        0 if it took none, or if that try began before `since`.
        """
        newest = self.attempts[-1] if self.attempts else None
        if newest is None or newest.outcome != "sent" or newest.at < since:
            return 0
        return sum(not recipient.is_suppressed for recipient in self.recipients)

    def seconds_until(self, then: float) -> float:
        """Return how long after it was accepted something was, in seconds, to the millisecond.

        `then` is in epoch seconds. Clocks differ: what seems to be earlier was a millisecond later.
        """
        return round(max(then - made_at(self.id), 0.001), 3)

    @property
    def error_message(self) -> str:
        """What went wrong, for the caller; "" if nothing did."""
        if not self.is_taken and not self.is_suppressed:
            return self.error
        details = (r.detail for r in self.recipients if r.status is self.status and r.detail)
        return next(details, "")

    @property
    def will_retry(self) -> bool:
        """Whether the service itself will try again, so that the caller must not send again."""
        if self.status is Status.UNKNOWN:
            return not self.is_taken and self.unknown_outcome == "resend"
        return self.status is Status.QUEUED

    @property
    def owes_letter(self) -> bool:
        """Whether the message was given up, and its dead letter has not been written yet."""
        return self.state is Status.FAILED and self.next_attempt_at > 0

    @property
    def is_lined_up(self) -> bool:
        """Whether it waits in its domain's list until the dispatcher gives it a turn."""
        return self.status is Status.QUEUED and not self.next_attempt_at

    @property
    def due_at(self) -> int | None:
        """When the sweep must look at the message again.

        None once nothing is left to do, and for what is lined up: the dispatcher looks at that.
        """
        if self.is_taken:
            unfinished = any(recipient.status is Status.SENT for recipient in self.recipients)
            # Without a try nothing was sent, and yet SES may tell of it: after a restore.
            sent_at = self.attempts[-1].at if self.attempts else self.created_at
            return sent_at + DELIVERY_SECONDS if unfinished else None
        match self.state:
            case Status.QUEUED:
                return self.next_attempt_at + PICKUP_SECONDS if self.next_attempt_at else None
            case Status.SENDING:
                return self.claimed_until
            case Status.UNKNOWN | Status.FAILED:
                return self.next_attempt_at or None
            case _:
                return None
