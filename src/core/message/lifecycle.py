"""Every step that the sending of a message can take.

Pure functions from record to record, so that any order of tries, events and repairs can be tested
(ARCHITECTURE: never lost, never twice).
"""

from collections.abc import Collection

from core.message import status
from core.message.outcome import NoAnswer, NotTaken, Outcome, Refused, Sent
from core.message.record import (
    CLAIM_SECONDS,
    GRACE_SECONDS,
    LETTER_SECONDS,
    Attempt,
    Recipient,
    Record,
)
from core.message.ses_event import Event, Kind
from core.message.status import Status

_BACKOFF_FIRST, _BACKOFF_MOST = 5, 3600
"""Seconds: bounds of the exponential delay between tries."""


class NotClaimable(Exception):
    """A try must not begin: one is under way, or the message waits for none."""


def wait(record: Record, until: int) -> Record:
    """Leave the next try to the queue, not before `until`."""
    return _changed(record, state=Status.QUEUED, next_attempt_at=until)


def claim(record: Record, now: int) -> Record:
    """Begin a try. Raises `NotClaimable` if SES has the mail, or somebody is trying."""
    if record.is_taken or record.state not in (Status.ACCEPTED, Status.QUEUED):
        raise NotClaimable
    return _changed(
        record,
        state=Status.SENDING,
        attempts=(*record.attempts, Attempt(at=now)),
        claimed_until=now + CLAIM_SECONDS,
    )


def refuse(record: Record, message: str) -> Record:
    """Fail a mail before anything of it is kept or tried."""
    return _changed(_failed(record, message), attempts=(), claimed_until=0)


def suppress(record: Record, addresses: Collection[str]) -> Record:
    """Leave out recipients that bounced or complained earlier; with nobody left, it has ended."""
    recipients = tuple(
        recipient.model_copy(update=_SUPPRESSED) if recipient.address in addresses else recipient
        for recipient in record.recipients
    )
    left_out = _changed(record, recipients=recipients)
    return _changed(left_out, state=Status.FAILED) if left_out.is_suppressed else left_out


_SUPPRESSED = {
    "is_suppressed": True,
    "status": Status.UNDELIVERED,
    "detail": "Not sent: the address is suppressed after an earlier bounce or complaint.",
}


def settle(record: Record, number: int, outcome: Outcome, now: int, jitter: float) -> Record:
    """Note how try `number` (from one) ended; `jitter` in [0, 1) spreads the next over its delay.

    Repeating it changes nothing. An outcome that comes after an event has shown that SES has the
    mail is only noted: the event is right. After the sweeper gave the try up, only `Sent` counts.
    """
    known = record.attempts[number - 1].outcome
    if known == "no answer" and isinstance(outcome, Sent):
        known = ""
    if known:
        return record
    match outcome:
        case Sent(ses_message_id):
            noted = _noted(record, number, outcome="sent", ses_message_id=ses_message_id)
            return _taken(noted)
        case Refused(code, message, needs_letter):
            noted = _noted(record, number, outcome="refused", code=code)
            if record.is_taken:
                return noted
            return _given_up(noted, message, now) if needs_letter else _failed(noted, message)
        case NotTaken(code):
            noted = _noted(record, number, outcome="not taken", code=code)
            return noted if record.is_taken else _deferred(noted, outcome, now, jitter)
        case NoAnswer(code):
            noted = _noted(record, number, outcome="no answer", code=code)
            return noted if record.is_taken else _unanswered(noted)


def merge(record: Record, event: Event) -> Record:
    """Add what `event` says. Any order and any number of repetitions give the same record.

    Every event about a message proves that SES has it, whatever we knew. Recipients that the
    message does not have (complaint lists name whole domains) are passed over.
    """
    merged = record if record.is_suppressed else _taken(record)
    if 0 < event.attempt <= len(record.attempts):
        merged = _noted(
            merged, event.attempt, outcome="sent", ses_message_id=event.ses_message_id, code=""
        )
    about = event.recipients
    return _changed(
        merged,
        recipients=tuple(
            _reported(recipient, event)
            if about is None or recipient.address in about
            else recipient
            for recipient in merged.recipients
        ),
    )


def repair(record: Record, now: int) -> Record:
    """Put a message that was left behind back on its way; the same one if it is not due.

    What comes back as `queued` must be put into the retry queue.
    """
    is_failed = record.state is Status.FAILED  # It owes a letter, which nothing pure can write.
    if is_failed or record.due_at is None or record.due_at > now:
        return record
    if record.is_taken:
        return _silent(record)
    if record.state is Status.SENDING:  # Its Lambda died between its claim and its last write.
        abandoned = {"outcome": "no answer", "code": "Abandoned"}
        return _unanswered(_noted(record, len(record.attempts), **abandoned))
    if record.state is Status.UNKNOWN:
        return _undecided(record, now)
    if now > record.retry_until:
        return _given_up(record, f"{record.error} Given up: its time is over.".lstrip(), now)
    return wait(record, now)


def note_letter(record: Record) -> Record:
    """Note that the dead letter of a message that was given up has been written."""
    return _changed(record, next_attempt_at=0) if record.owes_letter else record


def _changed(record: Record, **changes: object) -> Record:
    return record.model_copy(update=changes)


def _noted(record: Record, number: int, **said: str) -> Record:
    attempts = list(record.attempts)
    attempts[number - 1] = attempts[number - 1].model_copy(update=said)
    return _changed(record, attempts=tuple(attempts))


def _taken(record: Record) -> Record:
    """SES has the mail: every recipient is at least `sent`."""
    return _changed(
        record,
        state=Status.SENT,
        error="",
        next_attempt_at=0,
        recipients=tuple(_at_least(recipient, Status.SENT) for recipient in record.recipients),
    )


def _silent(record: Record) -> Record:
    """SES had its time: of whom no event told, nobody knows."""
    return _changed(
        record,
        recipients=tuple(
            _at_least(recipient, Status.UNKNOWN) if recipient.status is Status.SENT else recipient
            for recipient in record.recipients
        ),
    )


def _failed(record: Record, message: str) -> Record:
    return _changed(record, state=Status.FAILED, error=message, next_attempt_at=0)


def _given_up(record: Record, message: str, now: int) -> Record:
    """Fail a mail that was accepted: it stays due until its dead letter is written."""
    return _changed(_failed(record, message), next_attempt_at=now + LETTER_SECONDS)


def _deferred(record: Record, outcome: NotTaken, now: int, jitter: float) -> Record:
    """Wait for an exponentially growing time with full jitter; give up after the domain's limit."""
    ceiling = min(_BACKOFF_MOST, _BACKOFF_FIRST * 2 ** min(len(record.attempts), 20))
    next_attempt_at = now + max(1, outcome.least_delay + round(ceiling * jitter))
    if next_attempt_at > record.retry_until:
        message = f"{outcome.message} Given up after {len(record.attempts)} tries."
        return _given_up(record, message, now)
    return wait(_changed(record, error=outcome.message), next_attempt_at)


def _undecided(record: Record, now: int) -> Record:
    """Nobody told within the grace time: the domain's policy says what then (ARCHITECTURE 4)."""
    if record.may_send_again:
        return wait(record, now)
    if record.unknown_outcome == "fail":
        message = "SES gave no answer, and no event showed that it has the mail."
        return _given_up(record, message, now)
    return _changed(record, next_attempt_at=0)


def _unanswered(record: Record) -> Record:
    return _changed(
        record,
        state=Status.UNKNOWN,
        error="SES gave no answer; whether it has the mail is not known yet.",
        next_attempt_at=record.attempts[-1].at + GRACE_SECONDS,
    )


def _at_least(recipient: Recipient, least: Status) -> Recipient:
    return recipient.model_copy(update={"status": status.merge(recipient.status, least)})


_BECOMES = {
    Kind.SEND: Status.SENT,
    Kind.DELIVERY: Status.DELIVERED,
    Kind.BOUNCE: Status.UNDELIVERED,
    Kind.REJECT: Status.FAILED,
    Kind.RENDERING_FAILURE: Status.FAILED,
    Kind.OPEN: Status.READ,
}
"""CONTRACT.md B3. The other kinds are noted and change no status."""

_NOTED = {
    Kind.DELIVERY_DELAY: "delayed_at",
    Kind.COMPLAINT: "complained_at",
    Kind.COMPLAINT_CLEARED: "cleared_at",
}


def _reported(recipient: Recipient, event: Event) -> Recipient:
    if noted := _NOTED.get(event.kind):
        return recipient.model_copy(update={noted: max(getattr(recipient, noted), event.at)})
    says = _BECOMES[event.kind]
    becomes = status.merge(recipient.status, says)
    if becomes is not says:
        return recipient
    # Of two reports of the same, the greater text: a rule that does not ask which came first.
    detail = max(recipient.detail, event.detail) if says is recipient.status else event.detail
    return recipient.model_copy(update={"status": becomes, "detail": detail})
