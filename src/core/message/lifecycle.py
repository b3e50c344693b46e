"""Every step that a message can take from the moment in which it is accepted.

All are pure functions from one record to the next, so that tests can take them in any order and by
the thousand. Together with the conditional writes of `aws.store` they keep the promise that no mail
is lost and none is sent twice where that can be known (docs/architecture.md, Sending). Times are in
epoch seconds.
"""

from collections.abc import Collection
from itertools import takewhile

from core.message import status
from core.message.outcome import NoAnswer, NotTaken, Outcome, Refused, Sent, Throttled
from core.message.record import (
    CLAIM_SECONDS,
    GRACE_SECONDS,
    LETTER_SECONDS,
    Attempt,
    Recipient,
    Record,
)
from core.message.status import Status

_BACKOFF_FIRST, _BACKOFF_MOST = 5, 3600
"""Seconds: the shortest and the longest upper bound of the random delay between two tries."""
_MOST_TURNS = 8
"""How many turns in a row SES may refuse before the delays of an outage begin. At SES's own rate
hardly any is refused twice."""
_INFORMED_MOST = 3600
"""Seconds: the longest distance between two blind tries while events of SES are heard."""
_DAY = 86_400
_SETTLING_SECONDS = 120
"""How long a blind try waits after an event was heard: if many wait in the queue of events, the one
that makes the try needless may be among them."""


CANCELLED = "Cancelled."
"""What callers hear of a mail that was cancelled."""
_CERTAINLY_NOT_TAKEN = frozenset({"refused", "not taken", "throttled"})
"""The outcomes of tries after which SES certainly has not the mail."""


class NotCancellable(Exception):
    """A message cannot be cancelled: SES has it or may have it, or it has failed by itself."""


class NotClaimable(Exception):
    """A try must not begin: another one is under way, or the message does not wait for one."""


def wait(record: Record, until: int) -> Record:
    """Let the message wait in the queue for its next try, which is not before `until`."""
    return _changed(record, state=Status.QUEUED, next_attempt_at=until)


def line_up(record: Record) -> Record:
    """Let the message wait in its domain's list until the dispatcher gives it a turn."""
    return wait(record, 0)


def step_aside(record: Record) -> Record:
    """Let a message that waits for its try line up instead; any other stays as it is."""
    return line_up(record) if record.status is Status.QUEUED else record


def hand_out(record: Record, turn_at: int, now: int) -> Record:
    """Give a message that is lined up its turn, which is `turn_at`.

    If that is after its time, it is given up, and owes its dead letter. Returns the same record if
    the message is not lined up (any more).
    """
    if not record.is_lined_up:
        return record
    if turn_at > record.retry_until:
        return _out_of_time(record, now)
    return wait(record, turn_at)


def claim(record: Record, now: int) -> Record:
    """Begin a try, which nobody else may then begin as well.

    Raises `NotClaimable` if SES has the mail, or if the message does not wait for a try.
    """
    if record.is_taken or record.state is not Status.QUEUED:
        raise NotClaimable
    return _changed(
        record,
        state=Status.SENDING,
        attempts=(*record.attempts, Attempt(at=now)),
        claimed_until=now + CLAIM_SECONDS,
        next_attempt_at=0,
    )


def refuse(record: Record, message: str) -> Record:
    """Let a new message fail without any try; `message` tells the caller why."""
    return _failed(record, message, record.created_at)


def cancel(record: Record, now: int) -> Record:
    """Let a message fail that SES has not been asked for, or has certainly refused so far.

    Returns the same record if it is cancelled already. Raises `NotCancellable` if SES has it or may
    have it, if a try is under way, or if the message has failed.
    """
    if record.is_cancelled:
        return record
    certain = all(attempt.outcome in _CERTAINLY_NOT_TAKEN for attempt in record.attempts)
    if record.is_taken or record.state is not Status.QUEUED or not certain:
        raise NotCancellable
    return _changed(_failed(record, CANCELLED, now), is_cancelled=True)


def suppress(record: Record, addresses: Collection[str]) -> Record:
    """Mark the recipients that are among `addresses` (canonical): they get no mail."""
    recipients = tuple(
        recipient.model_copy(update=_SUPPRESSED) if recipient.address in addresses else recipient
        for recipient in record.recipients
    )
    return _changed(record, recipients=recipients)


_SUPPRESSED = {
    "is_suppressed": True,
    "status": Status.UNDELIVERED,
    "detail": "Not sent: the address is suppressed, after an earlier bounce or complaint or by an "
    "operator. An operator can lift that.",
}


def settle(record: Record, number: int, outcome: Outcome, now: int, jitter: float) -> Record:
    """Write down how try `number` (the first is 1) ended, and what follows from it.

    `jitter`, in [0, 1), is the part of the longest delay after which the next try comes. To settle
    a try again changes nothing. If events have already shown that SES has the mail, the outcome is
    written down and nothing follows. If the sweep has given the try up as unanswered, `Sent` still
    counts, as it says more; anything else only as long as nothing has been done about the try.
    """
    written = record.attempts[number - 1]
    is_newest = number == len(record.attempts)
    is_open = is_newest and record.state is Status.UNKNOWN and written.code == _ABANDONED
    says_more = written.outcome == "no answer" and (isinstance(outcome, Sent) or is_open)
    if written.outcome and not says_more:
        return record
    if isinstance(outcome, Sent):
        return note_taken(
            note_attempt(record, number, outcome="sent", ses_message_id=outcome.ses_message_id)
        )
    settled = note_attempt(record, number, outcome=_WRITTEN[type(outcome)], code=outcome.code)
    return settled if record.is_taken else _followed(settled, outcome, now, jitter)


def _followed(
    record: Record, outcome: Refused | NotTaken | Throttled | NoAnswer, now: int, jitter: float
) -> Record:
    """Do what follows from a try that SES has not taken, as far as anybody knows."""
    match outcome:
        case Refused(_, message, needs_letter):
            return (_given_up if needs_letter else _failed)(record, message, now)
        case NotTaken():
            return _deferred(record, outcome, now, jitter)
        case Throttled():
            return _turned_away(record, outcome, now, jitter)
        case NoAnswer():
            return _unanswered(record)


_ABANDONED = "Abandoned"
"""The code of a try whose end nobody has written down in time."""
_WRITTEN = {
    Refused: "refused",
    NotTaken: "not taken",
    Throttled: "throttled",
    NoAnswer: "no answer",
}
"""How `Attempt.outcome` names an outcome."""


def repair(record: Record, now: int, heard_at: int = 0) -> Record:
    """Put a message that was left behind back on its way.

    `heard_at` is the time of the newest event that has been heard of any mail for which SES's
    events take the same way; 0 if none was. Returns the same record if the message is not due, or
    if all that it needs is its dead letter: that is the caller's to write (`follow_up`), as nothing
    here writes anything. So is putting into the queue what comes back with a time for its try. Most
    line up: they may be very many after an outage.
    """
    is_failed = record.state is Status.FAILED
    if is_failed or record.due_at is None or record.due_at > now:
        return record
    if record.is_taken:
        return _silent(record)
    if record.state is Status.SENDING:  # Its function died between the claim and the last write.
        return abandon(record)
    if record.state is Status.UNKNOWN:
        return _undecided(record, now, heard_at)
    if now > record.retry_until:
        return _out_of_time(record, now)
    return line_up(record)


def abandon(record: Record) -> Record:
    """Give up the newest try as unanswered, because nobody has written down how it ended."""
    number = len(record.attempts)
    return _unanswered(note_attempt(record, number, outcome="no answer", code=_ABANDONED))


def revive(record: Record, now: int) -> Record:
    """Let a mail that was given up be tried anew, for a day: an operator says so.

    Returns the same record if the message has not failed, if it was cancelled, if SES has it, or if
    the mail itself is not kept any more. Whether SES has it may still be unknown: then this may
    make a second mail.
    """
    is_over = record.status is Status.FAILED and not record.is_taken and record.attempts
    if not is_over or record.is_cancelled or record.content_expires_at <= now:
        return record
    retry_until = min(now + _DAY, record.content_expires_at)
    anew = _changed(record, error="", retry_until=retry_until, superseded_by="", failed_at=0)
    return line_up(anew)


def supersede(record: Record, message_id: str) -> Record:
    """Let another message, made by a repeated request, take the place of one that has failed."""
    return _changed(record, superseded_by=message_id)


def note_letter(record: Record) -> Record:
    """Note that the dead letter of a message that was given up has been written."""
    return _changed(record, next_attempt_at=0) if record.owes_letter else record


def note_taken(record: Record) -> Record:
    """Note that SES has the mail: every recipient is at least `sent`, and it has not failed."""
    return _changed(
        record,
        state=Status.SENT,
        error="",
        failed_at=0,
        is_cancelled=False,
        next_attempt_at=0,
        recipients=tuple(_at_least(recipient, Status.SENT) for recipient in record.recipients),
    )


def note_attempt(record: Record, number: int, **changes: str) -> Record:
    """Change what is written about try `number`."""
    attempts = list(record.attempts)
    attempts[number - 1] = attempts[number - 1].model_copy(update=changes)
    return _changed(record, attempts=tuple(attempts))


def _changed(record: Record, **changes: object) -> Record:
    return record.model_copy(update=changes)


def _silent(record: Record) -> Record:
    """End the wait for events about recipients of whom none has come in SES's time for it."""
    return _changed(record, recipients=tuple(map(_given_up_on, record.recipients)))


def _given_up_on(recipient: Recipient) -> Recipient:
    """Say of a recipient that nobody knows: unless a program has replied, for then it has arrived.

    (`merging` says the same of a reply that comes later.)
    """
    if recipient.status is not Status.SENT:
        return recipient
    return _at_least(recipient, Status.DELIVERED if recipient.replied_at else Status.UNKNOWN)


def _failed(record: Record, message: str, now: int) -> Record:
    return _changed(record, state=Status.FAILED, error=message, next_attempt_at=0, failed_at=now)


def _given_up(record: Record, message: str, now: int) -> Record:
    """Let an accepted mail fail. It stays due until its dead letter has been written."""
    return _changed(_failed(record, message, now), next_attempt_at=now + LETTER_SECONDS)


def _out_of_time(record: Record, now: int) -> Record:
    """Give up a message whose time is over while it waited for a try."""
    return _given_up(record, f"{record.error} Given up: its time is over.".lstrip(), now)


def _turned_away(record: Record, outcome: Throttled, now: int, jitter: float) -> Record:
    """Let the mail wait for its turn, or give it up if its time is over.

    Who is turned away again and again, turn or not, has met no crowd but an outage.
    """
    if _throttles(record) > _MOST_TURNS:
        return _deferred(record, NotTaken(outcome.code, outcome.message), now, jitter)
    record = _changed(record, error=outcome.message)
    if max(now, outcome.turn_at) > record.retry_until:
        return _out_of_time(record, now)
    return wait(record, int(outcome.turn_at))


def _throttles(record: Record) -> int:
    """Return how many of the newest tries, one after the other, SES has throttled."""
    return sum(
        1 for _ in takewhile(lambda it: it.outcome == "throttled", reversed(record.attempts))
    )


def _deferred(record: Record, outcome: NotTaken, now: int, jitter: float) -> Record:
    """Let the mail wait for its next try, or give it up if that would come too late.

    The delay is random, between zero and a bound that doubles with every such try ("full jitter":
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), so that mails which
    failed together do not come back together.
    """
    failed = sum(attempt.outcome != "throttled" for attempt in record.attempts)
    failed += max(0, _throttles(record) - _MOST_TURNS)
    ceiling = min(_BACKOFF_MOST, _BACKOFF_FIRST * 2 ** min(failed, 20))
    next_attempt_at = now + max(1, outcome.least_delay + round(ceiling * jitter))
    if next_attempt_at > record.retry_until:
        message = f"{outcome.message} Given up after {len(record.attempts)} tries."
        return _given_up(record, message, now)
    return wait(_changed(record, error=outcome.message), next_attempt_at)


def _undecided(record: Record, now: int, heard_at: int) -> Record:
    """Do what the domain's policy says when no event has come about a try without an answer.

    `resend`: a mail that comes twice is better than one that is lost, so it is sent again until its
    time is over; but as seldom as possible, for SES may have taken each try, and every event be
    lost. If other mails' events are heard that are newer than the try, the silence about this one
    means something. If nothing is heard it does not: the distances double, six tries in a day.
    `fail`: never risk a second mail (docs/architecture.md, Sending 4).
    """
    if record.unknown_outcome == "fail":
        message = "SES gave no answer, and no event showed that it has the mail."
        return _given_up(record, message, now)
    if now > record.retry_until:
        message = "SES gave no answer, and no event showed that it has the mail. Its time is over."
        return _given_up(record, message, now)
    last = record.attempts[-1].at
    unanswered = sum(attempt.outcome == "no answer" for attempt in record.attempts)
    distance = GRACE_SECONDS * 2 ** (unanswered - 1)
    if now >= last + distance:
        return line_up(record)
    if heard_at > last and now >= last + min(max(GRACE_SECONDS, distance // 2), _INFORMED_MOST):
        return wait(record, now + _SETTLING_SECONDS)
    # All are looked at in the same minute: those who sweep need to be told what is heard only once.
    next_look = (now // GRACE_SECONDS + 1) * GRACE_SECONDS
    return _changed(record, next_attempt_at=min(next_look, last + distance, record.retry_until + 1))


def _unanswered(record: Record) -> Record:
    """Leave open whether SES has the mail, until an event comes or the grace time is over."""
    return _changed(
        record,
        state=Status.UNKNOWN,
        error="SES gave no answer; whether it has the mail is not known yet.",
        next_attempt_at=record.attempts[-1].at + GRACE_SECONDS,
    )


def _at_least(recipient: Recipient, least: Status) -> Recipient:
    return recipient.model_copy(update={"status": status.merge(recipient.status, least)})
