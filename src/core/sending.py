"""Sending a mail: stores it, makes one request to SES, and writes down how that ended.

SES has no idempotency token, so a request that is repeated is a second mail. That is why every step
is in the record before the next one begins: the record and a claim, one request that nobody repeats
by itself, its outcome. If the function dies between two steps, the sweep or an event of SES goes on
from the record (docs/architecture.md, Sending).
"""

import secrets
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from core import stored_mail
from core.acceptance import PAUSED, accept, new_record
from core.aws.items import UnreadableRecord
from core.aws.outage import Outage
from core.aws.ses import DAILY_QUOTA
from core.aws.store import RecordGone
from core.follow_up import follow_up
from core.lazily import lazily
from core.message import lifecycle, pace
from core.message.mail import Mail
from core.message.origin import Origin
from core.message.outcome import Ended, NotTaken, Outcome, Refused, Sent, Throttled
from core.message.record import SES_SECONDS, Record
from core.message.status import Status
from core.redaction import about
from core.services import Services

if TYPE_CHECKING:
    from core.aws.retry_queue import Queued
    from core.message import expectation
    from core.submission.domains import DomainConfiguration
    from core.submission.idempotency import IdempotencyKey
    from core.submission.submission import Submission
else:  # The quota of a day is seldom used up.
    expectation = lazily("core.message.expectation")

_WRITING_SECONDS = 5
"""How much time must be left after SES's answer, to write the outcome down."""
_STOPPED_SECONDS = 15 * 60
"""How long a waiting mail waits before it is looked at again, if its domain may not send."""
_NOTE_SECONDS = 5
"""After how long the end of a try is written down that could not be written at once."""
_MOST_PATIENCE = 2
"""How many seconds a worker waits for a turn: SQS, which counts in seconds, hands it out up to a
second and a quarter early. What comes earlier goes back into the queue."""
_ANOTHER_SECOND = 1
"""After how many seconds SES, which has just refused a mail for its rate, has room again."""
_UNWRITTEN = (Outage, RecordGone, UnreadableRecord)
"""The errors that may keep a change from the record."""


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
    origin: Origin,
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
    new = new_record(submission, origin, now)
    with services.suppressions.looking_up(new.domain, _suppressible(new)) as lookup:
        record, is_replayed = accept(
            new, lambda waiting: lifecycle.claim(waiting, now), submission, key, services
        )
    if is_replayed or record.status is Status.FAILED:
        return record, is_replayed
    suppressed: frozenset[str] = frozenset()
    with suppress(Outage):  # A mail to a suppressed address is better than one that is lost.
        suppressed = lookup.result()
    try_ = Try(record, submission.mail, submission.contents, suppressed)
    with about(**record.log_keys):
        return _attempt(try_, time_left, services), False


def resend(
    queued: "Queued",
    *,
    time_left: Callable[[], float],
    services: Services,
    configuration_of: "Callable[[str], DomainConfiguration | None]",
) -> Record | None:
    """Try a waiting message again, from what is stored of it.

    Does nothing if the message does not wait for a try (any more), or is lined up for its turn: it
    may be in the queue twice. If its time has not come, it goes back into the queue. A mail of the
    slow lane lines up without a try if SES has just throttled this process again and again, or if
    one of the fast lane waits and SES has room for one of them only.
    `configuration_of` returns that of a domain; if the domain is paused or was removed the mail
    waits on, until it is given up: it was accepted before.

    Returns the newest record, or None if the message has expired or was erased. Raises `Outage`,
    `RecordGone` and `UnreadableRecord` if the try has not begun.
    """
    now = int(time.time())
    record = services.store.get(queued.message_id)
    if record is None:
        return None
    with about(**record.log_keys):
        if queued.ended:
            record = services.store.revise(record, _settled(queued.ended, now))
        if record.is_lined_up:
            return record
        if record.status is Status.QUEUED and record.next_attempt_at > now + _MOST_PATIENCE:
            return follow_up(record, now, store=services.store, queue=services.queue)
        if record.lane == "slow" and _gives_way(queued.at, services):
            return services.store.revise(record, lifecycle.step_aside)
        return _try_stored(record, queued.at, time_left, services, configuration_of)


def _gives_way(at: float, services: Services) -> bool:
    """Say whether a mail of the slow lane is to leave SES to others, though its turn has come.

    `at` is its turn, if that is exact: only then is the clock asked, as SES has room for both at
    higher rates.
    """
    if services.pace_clock.is_crowded(time.time()):
        return True
    if not at or not pace.gives_way(at):
        return False
    _sleep_until(at - pace.READING_SECONDS)
    with suppress(Outage):
        return services.pace_clock.read().fast_until > at
    return False


def _try_stored(
    record: Record,
    at: float,
    time_left: Callable[[], float],
    services: Services,
    configuration_of: "Callable[[str], DomainConfiguration | None]",
) -> Record:
    """Try a message whose time has come, if it still waits for a try."""
    now = int(time.time())
    try:
        lifecycle.claim(record, now)  # Before anything is read for a mail that is over.
        stopped = _stopped(configuration_of(record.domain))
        stored = (
            None if stopped else stored_mail.load(record, services.store, services.content_store)
        )
        suppressed = services.suppressions.among(record.domain, _suppressible(record))
        record = services.store.revise(record, lambda newest: lifecycle.claim(newest, now))
    except lifecycle.NotClaimable:
        return record
    if stopped:
        return _settle(record, stopped, services)
    if stored is None:
        message = "The mail's content is not stored any more."
        return _settle(record, Refused("ContentGone", message, needs_letter=True), services)
    # Whom an earlier try left out is told so: lifting the suppression counts for later mails.
    left_out = {recipient.address for recipient in record.recipients if recipient.is_suppressed}
    _sleep_until(at)
    return _attempt(Try(record, *stored, suppressed | left_out), time_left, services)


def _sleep_until(at: float) -> None:
    time.sleep(max(0.0, min(_MOST_PATIENCE, at - time.time())))


def _stopped(configuration: "DomainConfiguration | None") -> NotTaken | None:
    """Return why a domain may not send now; None if it may."""
    if configuration is None:
        message = "The mail's domain is not configured any more."
        return NotTaken("DomainRemoved", message, _STOPPED_SECONDS)
    if configuration.paused:
        return NotTaken("DomainPaused", PAUSED, _STOPPED_SECONDS)
    return None


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
    record: Record,
    outcome: Outcome,
    services: Services,
    suppressed: Collection[str] = frozenset(),
) -> Record:
    """Write down how the newest try ended, and do what follows from it."""
    now = int(time.time())
    if isinstance(outcome, Throttled):
        outcome = _with_turn(outcome, record, now, services)
    elif isinstance(outcome, Sent):
        services.pace_clock.took()
    places = enumerate(recipient.address for recipient in record.recipients)
    left_out = tuple(place for place, address in places if address in suppressed)
    ended = Ended(len(record.attempts), outcome, left_out)
    settled = _settled(ended, now)
    try:
        record = services.store.revise(record, settled)
    except Outage:
        return _noted_elsewhere(record, ended, settled(record), services)
    except (RecordGone, UnreadableRecord):  # Nothing can be done for it, and nothing will be.
        return settled(record)
    turn_at = outcome.turn_at if isinstance(outcome, Throttled) else 0.0
    store, queue = services.store, services.queue
    with suppress(*_UNWRITTEN):  # The sweep will do what follows from the record.
        record = follow_up(record, now, store=store, queue=queue, turn_at=turn_at)
    return record


def _with_turn(outcome: Throttled, record: Record, now: int, services: Services) -> Throttled:
    """Find out when the turn of a mail is that SES has just throttled: next, in the fast lane."""
    with suppress(Outage):  # Then it lines up.
        if outcome.code == DAILY_QUOTA:
            until = services.pace_clock.close(now, pace.DOUBTED_SECONDS).closed_until
            return outcome._replace(message=expectation.of_refused(outcome.message, until, now))
        turn = services.pace_clock.throttled(record.lane, len(record.recipients), time.time())
        if turn is not None:
            return outcome._replace(turn_at=turn if turn % 1 else max(turn, now + _ANOTHER_SECOND))
    return outcome


def _settled(ended: Ended, now: int) -> Callable[[Record], Record]:
    """Return the change that writes down how a try ended."""
    jitter = secrets.randbelow(1000) / 1000

    def settled(newest: Record) -> Record:
        suppressed = {newest.recipients[place].address for place in ended.left_out}
        marked = lifecycle.suppress(newest, suppressed)
        return lifecycle.settle(marked, ended.attempt, ended.outcome, now, jitter)

    return settled


def _noted_elsewhere(record: Record, ended: Ended, settled: Record, services: Services) -> Record:
    """Let the queue carry the end of a try that the table does not take; return what is true then.

    If the queue fails too, nobody will know how the try ended, and the sweep will find it without
    an answer. Only what SES has stays true.
    """
    try:
        services.queue.put(record, _NOTE_SECONDS, ended)
    except Outage:
        return settled if isinstance(ended.outcome, Sent) else lifecycle.abandon(record)
    return settled
