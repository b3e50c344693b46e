"""Accepting a mail: stores it so that it will not be lost, once for each idempotency key.

The record, the first step and the key are in one write (docs/architecture.md, Sending 2). When it
has succeeded the service has promised to send the mail; if it has not, nothing is left of the mail.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from core import stored_mail
from core.aws.outage import Outage
from core.aws.store import Beside, KeyBusy, KeyTaken, RecordGone, revised
from core.contract.errors import InFlight, KeyReused
from core.follow_up import follow_up
from core.message import lifecycle
from core.message.address import canonical
from core.message.ids import new_id
from core.message.origin import Origin
from core.message.record import Recipient, Record
from core.message.status import Status
from core.redaction import about
from core.services import Services

if TYPE_CHECKING:
    from core.submission.idempotency import IdempotencyKey
    from core.submission.submission import Submission

PAUSED = "Sending is paused for this domain."
"""What callers hear of a mail of a paused domain."""
_CAPPED = "The domain's recipients for today are used up; its next day begins at 0:00 UTC."

FirstStep = Callable[[Record], Record]
"""What is done with a new record before it is written: a claim, or nothing."""


def new_record(submission: "Submission", origin: Origin, now: int) -> Record:
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
        key_id=origin.key_id,
        traceparent=origin.traceparent,
        created_at=now,
        resent_from=submission.resent_from,
        content_expires_at=now + configuration.content_retention_days * 86400,
        expires_at=now + configuration.retention_days * 86400,
    )


def accept(
    new: Record,
    first_step: FirstStep,
    submission: "Submission",
    key: "IdempotencyKey | None",
    services: Services,
) -> tuple[Record, bool]:
    """Store a new message, or find the one that an earlier request with the same key made.

    `new` is the record that `new_record` made of `submission`. Returns the record as it was stored,
    and whether it is that of an earlier request: then it may be in any state, and nothing else is
    to be done. A mail that may not be sent is stored as `failed`.

    Raises `InFlight` and `KeyReused`, and `Outage` if nothing was stored.
    """
    claim = _Claim(key)
    while True:
        try:
            with about(**new.log_keys):
                return _admit(new, first_step, submission, claim, services), False
        except KeyTaken as taken:
            earlier = _earlier(taken, services)
            failed = earlier if earlier and earlier.certainly_failed else None
            if earlier and not failed and (kept := _replayed(earlier, submission, services)):
                return kept, True
            # The key is free now, or that of a failed message. The id is another one, as the daily
            # cap counts each id once.
            claim = _Claim(key, failed)
            new = new.model_copy(update={"id": new_id()})
        except KeyBusy:
            raise _in_flight() from None


class _Claim(NamedTuple):
    """The idempotency key that a request would have for its mail."""

    key: "IdempotencyKey | None"
    failed: Record | None = None
    """The message that has the key, if that has certainly failed: the new one takes its place."""


def _admit(
    new: Record,
    first_step: FirstStep,
    submission: "Submission",
    claim: _Claim,
    services: Services,
) -> Record:
    """Store a mail after its first step; or as failed, if its domain may not send it.

    That is so if the domain is paused or has used up the recipients of the day. It is found out
    before the record is written, so that a refused mail is `failed` from its first write and no
    crash can leave it to be tried.
    """
    configuration = submission.configuration
    if configuration.paused:
        return _refuse(new, PAUSED, submission, claim, services)
    if configuration.daily_cap is None:
        return _keep(first_step(new), submission, claim, services)
    counting = services.counters.counting(
        new.domain,
        configuration.daily_cap,
        new.id,
        new.created_at,
        recipients=len(new.recipients),
    )
    with counting as has_room:
        if has_room:
            return _keep(first_step(new), submission, claim, services)
        return _refuse(new, _CAPPED, submission, claim, services)


def _refuse(
    new: Record,
    message: str,
    submission: "Submission",
    claim: _Claim,
    services: Services,
) -> Record:
    """Store a mail as failed, and leave its key as it is: tomorrow the same request may be a mail.

    Raises `KeyTaken` if the key has a mail already: who repeats that request hears of that mail.
    """
    if claim.key:
        services.store.require_free(claim.key, but=claim.failed.id if claim.failed else "")
    return _keep(lifecycle.refuse(new, message), submission, _Claim(None), services)


def _keep(record: Record, submission: "Submission", claim: _Claim, services: Services) -> Record:
    """Write record, content and attachments side by side: all of them, or nothing that counts.

    If anything fails, the caller will hear that nothing was sent, so it must not be sent later
    either: what was written is taken back, unless a repeat of the request has been promised it.
    """
    record = services.mail_index.keyed(revised(record))  # By its revision it is known again.
    if claim.key:
        record = record.model_copy(update={"idempotency_hash": claim.key.hash})
    is_failed = record.status is Status.FAILED  # Nobody will ever need the mail.
    inline, objects = ("", {}) if is_failed else stored_mail.parted(record, submission)
    failed = claim.failed and lifecycle.supersede(claim.failed, record.id)
    try:
        with services.content_store.keeping(objects):
            return services.store.add(
                record,
                inline,
                claim.key,
                failed,
                Beside(
                    "" if is_failed else submission.mail.subject,
                    services.mail_index.of_further_recipients(record),
                ),
            )
    except Outage:  # The record may have been written all the same: only the answer was lost.
        with suppress(Outage):
            services.store.withdraw(record)
        raise


def _earlier(taken: KeyTaken, services: Services) -> Record | None:
    """Return the record of the earlier request with the same key, if it was for the same mail.

    None if that message is gone: it was erased, or withdrawn because it could not be stored. Its
    key is deleted then, whatever its mail was. It cannot be a request that is still under way,
    because its record would be there: record and key are written together.

    Raises `KeyReused` if it was for another mail, and `InFlight` if its try is still under way.
    """
    record = services.store.get(taken.message_id)
    if record is None:
        services.store.release(taken.key, taken.message_id)
        return None
    if taken.fingerprint != taken.key.fingerprint:
        raise KeyReused(
            "This idempotency key was used for another mail. Send this mail with a key of its own."
        ) from None
    if record.status is Status.SENDING and record.claimed_until > int(time.time()):
        raise _in_flight() from None
    return record


def _replayed(record: Record, submission: "Submission", services: Services) -> Record | None:
    """Promise the message of an earlier request to who repeats it; return its newest record.

    None if it was withdrawn in the meantime, because it could not be stored.
    """
    now = int(time.time())
    if record.due_at is not None and not record.is_taken and record.content_expires_at > now:
        # The earlier request may have died after its record was written and before its attachments
        # were. Those of this request are the same: the fingerprints are equal.
        services.content_store.keep(stored_mail.parted(record, submission)[1])
    return record if record.attempts else _taken_on(record, now, services)


def _taken_on(record: Record, now: int, services: Services) -> Record | None:
    """Promise a message whose request may still be under way, and about to be withdrawn.

    None if it was withdrawn already.
    """
    try:
        record = services.store.confirm(record)
    except RecordGone:
        return None
    with suppress(Outage):  # The sweep would do it: the earlier request may not have come so far.
        follow_up(record, now, store=services.store, queue=services.queue)
    return record


def _in_flight() -> InFlight:
    return InFlight(
        "The first request with this idempotency key is still under way. "
        "Send the same request again in a moment."
    )
