"""Taking responsibility for a mail, and trying to hand it to SES: once, or knowing that it was not.

The protocol is ARCHITECTURE's: record and claim, one request to SES that is never repeated by
itself, then its outcome. A crash between any two steps leaves a record from which the sweeper or
an event goes on.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from core import stored_mail
from core.aws.content_store import ContentStore
from core.aws.counters import Counters
from core.aws.outage import Outage
from core.aws.retry_queue import RetryQueue
from core.aws.ses import Transport
from core.aws.store import KeyBusy, KeyTaken, RecordGone, Store
from core.aws.suppressions import SuppressionList
from core.contract.errors import InFlight, KeyReused
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
"""What must be left after SES's answer, to write it down."""
_PAUSED = "Sending is paused for this domain."
_PAUSED_SECONDS = 15 * 60
"""After which a mail that waits is looked at again: a pause ends when somebody ends it."""
_CAPPED = "The domain's mails for today are used up; its next day begins at 0:00 UTC."


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
    """Whom of the recipients to leave out."""


def send(
    submission: "Submission",
    *,
    key: "IdempotencyKey | None",
    time_left: Callable[[], float],
    services: Services,
) -> tuple[Record, bool]:
    """Take responsibility for a mail and try it at once; `time_left` says how many seconds remain.

    Returns its record, and whether that is the record of an earlier request with the same key.
    Raises `InFlight`, `KeyReused`, and `Outage` if nothing was kept and nothing sent.
    """
    now = int(time.time())
    record = lifecycle.claim(_new_record(submission, now), now)
    try:
        with services.suppressions.looking_up(record.domain, _suppressible(record)) as lookup:
            record = _accept(record, submission, key, services)
    except KeyTaken as taken:
        if earlier := _replayed(taken, key, now, submission, services):
            return earlier, True
        return send(submission, key=key, time_left=time_left, services=services)
    except KeyBusy:
        raise _in_flight() from None
    if record.status is Status.FAILED:
        return record, False
    suppressed: frozenset[str] = frozenset()
    with suppress(Outage):  # A mail too many to a bad address is better than one that is lost.
        suppressed = lookup.result()
    try_ = Try(record, submission.mail, submission.contents, suppressed)
    return _attempt(try_, time_left, services), False


def enqueue(
    submission: "Submission", *, key: "IdempotencyKey | None", services: Services
) -> tuple[Record, bool]:
    """Take responsibility for a mail and leave its first try to the queue. As `send` otherwise."""
    now = int(time.time())
    try:
        record = _accept(
            lifecycle.wait(_new_record(submission, now), now), submission, key, services
        )
    except KeyTaken as taken:
        if earlier := _replayed(taken, key, now, submission, services):
            return earlier, True
        return enqueue(submission, key=key, services=services)
    except KeyBusy:
        raise _in_flight() from None
    if record.status is Status.QUEUED:
        with suppress(Outage):  # It is kept, and the sweeper puts it into the queue.
            services.queue.put(record.id)
    return record, False


def resend(
    message_id: str,
    *,
    time_left: Callable[[], float],
    services: Services,
    is_paused: Callable[[str], bool],
) -> Record | None:
    """Try a waiting message again, from what is stored; None if it expired or was erased.

    A message that is not waiting (any more) is left alone, so it may be in the queue twice. That of
    a domain that `is_paused` was accepted before and waits on, as long as its time lasts.
    """
    now = int(time.time())
    record = services.store.get(message_id)
    if record is None:
        return None
    if record.status is Status.QUEUED and record.next_attempt_at > now + 1:
        services.queue.put(message_id, record.next_attempt_at - now)
        return record
    paused = is_paused(record.domain)
    loaded = None if paused else stored_mail.load(record, services.store, services.content_store)
    suppressed = services.suppressions.among(record.domain, _suppressible(record))
    try:
        record = services.store.revise(record, lambda newest: lifecycle.claim(newest, now))
    except lifecycle.NotClaimable:
        return record
    if paused:
        return _settle(record, NotTaken("DomainPaused", _PAUSED, _PAUSED_SECONDS), services)
    if loaded is None:
        message = "The mail's content is not stored any more."
        return _settle(record, Refused("ContentGone", message, needs_letter=True), services)
    return _attempt(Try(record, *loaded, suppressed), time_left, services)


def _new_record(submission: "Submission", now: int) -> Record:
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
        state=Status.ACCEPTED,
        unknown_outcome=configuration.unknown_outcome,
        suppresses=configuration.suppression,
        retry_until=now + configuration.retry_hours * 3600,
        created_at=now,
        content_expires_at=now + configuration.content_retention_days * 86400,
        expires_at=now + configuration.retention_days * 86400,
    )


def _accept(
    begun: Record, submission: "Submission", key: "IdempotencyKey | None", services: Services
) -> Record:
    """Keep a mail; or that it failed, if its domain is paused or has sent its mails of the day.

    The counter is asked before and not beside: what is over the cap is failed from its first write,
    so that no crash can leave it to be tried.
    """
    configuration = submission.configuration
    if configuration.paused:
        return _keep(lifecycle.refuse(begun, _PAUSED), submission, key, services)
    if configuration.daily_cap is None:
        return _keep(begun, submission, key, services)
    counting = services.counters.counting(
        begun.domain, configuration.daily_cap, begun.id, begun.created_at
    )
    with counting as has_room:
        record = begun if has_room else lifecycle.refuse(begun, _CAPPED)
        return _keep(record, submission, key, services)


def _keep(
    record: Record, submission: "Submission", key: "IdempotencyKey | None", services: Services
) -> Record:
    """Write record, content and attachments side by side: all, or nothing that counts."""
    is_failed = record.status is Status.FAILED  # Nobody will ever need the mail.
    inline, objects = ("", {}) if is_failed else stored_mail.parted(record, submission)
    try:
        with services.content_store.keeping(objects):
            return services.store.add(record, inline, key)
    except Outage:
        # The caller will be told that it failed, so it must not be sent later: not even if the
        # record was written and only the answer got lost.
        with suppress(Outage):
            services.store.withdraw(record, key)
        raise


def _suppressible(record: Record) -> list[str]:
    return [recipient.address for recipient in record.recipients] if record.suppresses else []


def _attempt(try_: Try, time_left: Callable[[], float], services: Services) -> Record:
    """Try a claimed message, if there is time to hear the answer and write it down."""
    record, left_out = try_.record, try_.suppressed
    if lifecycle.suppress(record, left_out).is_suppressed:
        return _settle(
            record, Refused("Suppressed", "Every recipient is suppressed."), services, left_out
        )
    if time_left() < SES_SECONDS + _WRITING_SECONDS:
        return _settle(record, NotTaken("NoTimeLeft", "The mail waits for its turn."), services)
    mail = try_.mail.without(left_out) if left_out else try_.mail
    outcome = services.transport.send(mail, try_.contents, record.id, len(record.attempts))
    return _settle(record, outcome, services, left_out)


def _settle(
    record: Record, outcome: Outcome, services: Services, suppressed: frozenset[str] = frozenset()
) -> Record:
    """Write down how the newest try ended, and have a waiting message tried again."""
    now, number = int(time.time()), len(record.attempts)
    jitter = secrets.randbelow(1000) / 1000

    def settled(newest: Record) -> Record:
        left_out = lifecycle.suppress(newest, suppressed)
        return lifecycle.settle(left_out, number, outcome, now, jitter)

    try:
        record = services.store.revise(record, settled)
    except (Outage, RecordGone):
        # What the caller hears is true all the same. The Send event writes it down, or the sweeper
        # finds the claim expired.
        return settled(record)
    with suppress(Outage, RecordGone):  # What the record says is enough for the sweeper to do it.
        if record.status is Status.QUEUED:
            services.queue.put(record.id, record.next_attempt_at - now)
        elif record.status is Status.FAILED and record.owes_letter:
            services.queue.bury(record)
            record = services.store.revise(record, lifecycle.note_letter)
    return record


def _replayed(
    taken: KeyTaken,
    key: "IdempotencyKey | None",
    now: int,
    submission: "Submission",
    services: Services,
) -> Record | None:
    """Return what became of the first request with this key, if it was the same mail.

    None if that message is gone (erased): record and key are written together, so it cannot be
    under way. Then the key is free again.
    """
    if key is None or taken.fingerprint != key.fingerprint:
        raise KeyReused("This idempotency key was used for another mail.") from None
    record = services.store.get(taken.message_id)
    if record is None:
        services.store.release(key, taken.message_id)
        return None
    if record.status is Status.SENDING and record.claimed_until > now:
        raise _in_flight() from None
    if record.due_at is not None and not record.is_taken and record.content_expires_at > now:
        # The first request may have died with its record written and its attachments not. These
        # are the same bytes: the fingerprint says so.
        with services.content_store.keeping(stored_mail.parted(record, submission)[1]):
            pass
    return record


def _in_flight() -> InFlight:
    return InFlight("The first request with this idempotency key is still under way.")
