"""Sending a mail: stores it, makes one request to SES, and writes down how that ended.

SES has no idempotency token, so a request that is repeated is a second mail. That is why every step
is in the record before the next one begins: the record and a claim, one request that nobody repeats
by itself, its outcome. If the function dies between two steps, the sweep or an event of SES goes on
from the record (docs/architecture.md, Sending).
"""

import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from core import stored_mail
from core.aws.content_store import ContentStore
from core.aws.counters import Counters
from core.aws.items import UnreadableRecord
from core.aws.outage import Outage
from core.aws.retry_queue import RetryQueue
from core.aws.ses import Transport
from core.aws.store import KeyBusy, KeyTaken, RecordGone, Store
from core.aws.suppressions import SuppressionList
from core.contract.errors import InFlight, KeyReused
from core.follow_up import follow_up
from core.message import lifecycle
from core.message.address import canonical
from core.message.ids import new_id
from core.message.mail import Mail
from core.message.outcome import NotTaken, Outcome, Refused
from core.message.record import SES_SECONDS, Recipient, Record
from core.message.status import Status

if TYPE_CHECKING:
    from core.submission.idempotency import IdempotencyKey
    from core.submission.submission import Submission

_WRITING_SECONDS = 5
"""How much time must be left after SES's answer, to write the outcome down."""
_PAUSED = "Sending is paused for this domain."
_PAUSED_SECONDS = 15 * 60
"""How long a waiting mail of a paused domain waits, before it is looked at again."""
_CAPPED = "The domain's mails for today are used up; its next day begins at 0:00 UTC."
_UNWRITTEN = (Outage, RecordGone, UnreadableRecord)
"""The errors that may keep a change from the record."""

_FirstStep = Callable[[Record], Record]
"""What is done with a new record, which waits for its first try, before it is written."""


class Services(NamedTuple):
    """The AWS services that sending needs."""

    store: Store
    content_store: ContentStore
    suppressions: SuppressionList
    transport: Transport
    queue: RetryQueue
    counters: Counters


class Try(NamedTuple):
    """What one try at a claimed message needs."""

    record: Record
    mail: Mail
    contents: Sequence[bytes]
    """The bytes of the mail's attachments, in their order."""
    suppressed: frozenset[str]
    """The recipients (canonical addresses) that are to be left out."""


def send(
    submission: "Submission",
    *,
    key: "IdempotencyKey | None",
    time_left: Callable[[], float],
    services: Services,
) -> tuple[Record, bool]:
    """Accept a mail and try to send it at once.

    `time_left` returns how many seconds the function may still run: a try that could not be
    finished in them is left to the queue. Returns the message's record, and whether it is that of
    an earlier request with the same key, in which case nothing is sent.

    Raises `InFlight` and `KeyReused`, and `Outage` if nothing was stored and nothing sent.
    """
    now = int(time.time())
    new = _new_record(submission, now)
    with services.suppressions.looking_up(new.domain, _suppressible(new)) as lookup:
        record, is_replayed = _store(
            new, lambda waiting: lifecycle.claim(waiting, now), submission, key, services
        )
    if is_replayed or record.status is Status.FAILED:
        return record, is_replayed
    suppressed: frozenset[str] = frozenset()
    with suppress(Outage):  # A mail to a suppressed address is better than one that is lost.
        suppressed = lookup.result()
    try_ = Try(record, submission.mail, submission.contents, suppressed)
    return _attempt(try_, time_left, services), False


def enqueue(
    submission: "Submission", *, key: "IdempotencyKey | None", services: Services
) -> tuple[Record, bool]:
    """Accept a mail and leave its first try to the queue. Returns and raises what `send` does."""
    now = int(time.time())
    new = _new_record(submission, now)
    record, is_replayed = _store(new, lambda waiting: waiting, submission, key, services)
    if not is_replayed:
        with suppress(Outage):  # The mail is stored: the sweep puts it into the queue.
            follow_up(record, now, store=services.store, queue=services.queue)
    return record, is_replayed


def resend(
    message_id: str,
    *,
    time_left: Callable[[], float],
    services: Services,
    is_paused: Callable[[str], bool],
) -> Record | None:
    """Try a waiting message again, from what is stored of it.

    Does nothing if the message does not wait for a try (any more): it may be in the queue twice. If
    its time has not come, it goes back into the queue. If its domain `is_paused` it waits on, until
    it is given up: it was accepted before the pause.

    Returns the newest record, or None if the message has expired or was erased. Raises `Outage`,
    `RecordGone` and `UnreadableRecord` if the try has not begun.
    """
    now = int(time.time())
    record = services.store.get(message_id)
    if record is None:
        return None
    if record.status is Status.QUEUED and record.next_attempt_at > now + 1:
        return follow_up(record, now, store=services.store, queue=services.queue)
    paused = is_paused(record.domain)
    stored = None if paused else stored_mail.load(record, services.store, services.content_store)
    suppressed = services.suppressions.among(record.domain, _suppressible(record))
    try:
        record = services.store.revise(record, lambda newest: lifecycle.claim(newest, now))
    except lifecycle.NotClaimable:
        return record
    if paused:
        return _settle(record, NotTaken("DomainPaused", _PAUSED, _PAUSED_SECONDS), services)
    if stored is None:
        message = "The mail's content is not stored any more."
        return _settle(record, Refused("ContentGone", message, needs_letter=True), services)
    return _attempt(Try(record, *stored, suppressed), time_left, services)


def _new_record(submission: "Submission", now: int) -> Record:
    """Return the record of a mail that waits for its first try, from `now` on."""
    configuration = submission.configuration
    return Record(
        id=new_id(),
        domain=configuration.domain,
        configuration=configuration.name,
        sender=submission.mail.sender.address,
        receiver=submission.receiver,
        reference=submission.reference,
        recipients=tuple(
            Recipient(address=canonical(mailbox.address)) for mailbox in submission.mail.recipients
        ),
        state=Status.QUEUED,
        next_attempt_at=now,
        unknown_outcome=configuration.unknown_outcome,
        suppresses=configuration.suppression,
        retry_until=now + configuration.retry_hours * 3600,
        created_at=now,
        content_expires_at=now + configuration.content_retention_days * 86400,
        expires_at=now + configuration.retention_days * 86400,
    )


def _store(
    new: Record,
    first_step: _FirstStep,
    submission: "Submission",
    key: "IdempotencyKey | None",
    services: Services,
) -> tuple[Record, bool]:
    """Store a new message, or find the one that an earlier request with the same key made.

    Returns its record, and whether it is the earlier one.
    """
    while True:
        try:
            return _accept(new, first_step, submission, key, services), False
        except KeyTaken as taken:
            if earlier := _replayed(taken, submission, services):
                return earlier, True
            # The key is free now. The id is another one, as the daily cap counts each id once.
            new = new.model_copy(update={"id": new_id()})
        except KeyBusy:
            raise _in_flight() from None


def _accept(
    new: Record,
    first_step: _FirstStep,
    submission: "Submission",
    key: "IdempotencyKey | None",
    services: Services,
) -> Record:
    """Store a mail after its first step; or as failed, if its domain may not send it.

    That is so if the domain is paused or has sent its mails of the day. It is found out before the
    record is written, so that a refused mail is `failed` from its first write and no crash can
    leave it to be tried.
    """
    configuration = submission.configuration
    if configuration.paused:
        return _keep(lifecycle.refuse(new, _PAUSED), submission, key, services)
    if configuration.daily_cap is None:
        return _keep(first_step(new), submission, key, services)
    counting = services.counters.counting(
        new.domain, configuration.daily_cap, new.id, new.created_at
    )
    with counting as has_room:
        record = first_step(new) if has_room else lifecycle.refuse(new, _CAPPED)
        return _keep(record, submission, key, services)


def _keep(
    record: Record, submission: "Submission", key: "IdempotencyKey | None", services: Services
) -> Record:
    """Write record, content and attachments side by side: all of them, or nothing that counts."""
    is_failed = record.status is Status.FAILED  # Nobody will ever need the mail.
    inline, objects = ("", {}) if is_failed else stored_mail.parted(record, submission)
    try:
        with services.content_store.keeping(objects):
            return services.store.add(record, inline, key)
    except Outage:
        # The caller will hear that nothing was sent, so it must not be sent later either: the
        # record may have been written all the same, if only the answer was lost.
        with suppress(Outage):
            services.store.withdraw(record)
        raise


def _suppressible(record: Record) -> list[str]:
    """Return the addresses that are to be looked up in the domain's suppression list."""
    return [recipient.address for recipient in record.recipients] if record.suppresses else []


def _attempt(try_: Try, time_left: Callable[[], float], services: Services) -> Record:
    """Try a claimed message, if there is time to hear SES's answer and write it down."""
    record, suppressed = try_.record, try_.suppressed
    if lifecycle.suppress(record, suppressed).is_suppressed:
        nobody_left = Refused("Suppressed", "Every recipient is suppressed.")
        return _settle(record, nobody_left, services, suppressed)
    if time_left() < SES_SECONDS + _WRITING_SECONDS:
        return _settle(record, NotTaken("NoTimeLeft", "The mail waits for its turn."), services)
    mail = try_.mail.without(suppressed) if suppressed else try_.mail
    outcome = services.transport.send(mail, try_.contents, record.id, len(record.attempts))
    return _settle(record, outcome, services, suppressed)


def _settle(
    record: Record, outcome: Outcome, services: Services, suppressed: frozenset[str] = frozenset()
) -> Record:
    """Write down how the newest try ended, and do what follows from it."""
    now, number = int(time.time()), len(record.attempts)
    jitter = secrets.randbelow(1000) / 1000

    def settled(newest: Record) -> Record:
        marked = lifecycle.suppress(newest, suppressed)
        return lifecycle.settle(marked, number, outcome, now, jitter)

    try:
        record = services.store.revise(record, settled)
    except _UNWRITTEN:
        # What the caller hears is true all the same. The Send event will bring it into the record,
        # or the sweep will find that the claim has ended.
        return settled(record)
    with suppress(*_UNWRITTEN):  # The sweep will do what follows from the record.
        record = follow_up(record, now, store=services.store, queue=services.queue)
    return record


def _replayed(taken: KeyTaken, submission: "Submission", services: Services) -> Record | None:
    """Return the record of the earlier request with the same key, if it was for the same mail.

    None if that message is gone: it was erased, or withdrawn because it could not be stored. Its
    key is deleted then, whatever its mail was. It cannot be a request that is still under way,
    because its record would be there: record and key are written together.

    Raises `KeyReused` if it was for another mail, and `InFlight` if its try is still under way.
    """
    now = int(time.time())
    record = services.store.get(taken.message_id)
    if record is None:
        services.store.release(taken.key, taken.message_id)
        return None
    if taken.fingerprint != taken.key.fingerprint:
        raise KeyReused("This idempotency key was used for another mail.") from None
    if record.status is Status.SENDING and record.claimed_until > now:
        raise _in_flight() from None
    if record.due_at is not None and not record.is_taken and record.content_expires_at > now:
        # The earlier request may have died after its record was written and before its attachments
        # were. Those of this request are the same: the fingerprints are equal.
        services.content_store.keep(stored_mail.parted(record, submission)[1])
    return record


def _in_flight() -> InFlight:
    return InFlight("The first request with this idempotency key is still under way.")
