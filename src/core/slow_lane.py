"""Accepting mails for the slow lane (one way, batches, bulk): nobody waits until they are sent.

Each mail is stored by itself, and gets a turn at once or lines up for one (docs/architecture.md,
Waiting for a turn). Those of a batch are stored side by side, but what the caller hears is as if
each had waited for the one before it.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from core.acceptance import accept, new_record
from core.aws.outage import Outage
from core.aws.threads import mail_threads
from core.message.origin import Origin
from core.message.record import Record
from core.message.status import Status
from core.redaction import about
from core.services import Services

if TYPE_CHECKING:
    from core.submission.idempotency import IdempotencyKey
    from core.submission.submission import Submission

type Accepted = tuple[Record, bool]
"""A message's record, and whether it is that of an earlier request with the same key."""


class Order(NamedTuple):
    """A mail that is to be accepted, its idempotency key, and where it comes from."""

    submission: "Submission"
    key: "IdempotencyKey | None"
    origin: Origin = Origin()


class _Mail(NamedTuple):
    """An order with what is to be stored of it."""

    order: Order
    record: Record
    turn: float
    """When SES is to be asked, in epoch seconds; 0.0 if the mail lines up."""

    def accept(self, services: Services) -> Accepted:
        """Store the mail, or find the one that an earlier request with the same key made."""
        submission, key, _ = self.order
        return accept(self.record, lambda waiting: waiting, submission, key, services)


def enqueue_all(orders: Sequence[Order], *, services: Services) -> Iterator[Accepted]:
    """Accept mails, each as if the one before it had been accepted first.

    Yields the record of each, and whether it is that of an earlier request with the same key, in
    the order of `orders`. Raises what the first one raises that is not accepted: `InFlight`,
    `KeyReused`, or `Outage` if it could not be stored. Then all before it are accepted, and nothing
    is kept of it and of those behind it.

    A repeat of a request takes a turn that nobody uses: to look for its key first would cost every
    mail another call.
    """
    now = time.time()
    mails = _mails(orders, now, services)
    accepted: list[Accepted] = []
    stopped: Exception | None = None
    try:
        for run in _runs(mails):
            for each in _stored(run, services):
                accepted.append(each)  # noqa: PERF402 - what comes before an error is kept
    except Exception as error:  # noqa: BLE001 - raised below, once those before it are queued
        stopped = error
    _queue(accepted, mails, services)
    yield from accepted
    if stopped:
        raise stopped


def _mails(orders: Sequence[Order], now: float, services: Services) -> list[_Mail]:
    """Take turns for all mails at once. Those for whom there is none soon line up.

    So do all if the clock cannot be reached. A mail of a paused domain will not be sent at all.
    """
    new = [new_record(order.submission, order.origin, int(now)) for order in orders]
    live = [not order.submission.configuration.paused for order in orders]
    recipients = [
        len(record.recipients) for record, is_live in zip(new, live, strict=True) if is_live
    ]
    turns: Sequence[float] = ()
    with suppress(Outage):
        turns = services.pace_clock.turns(recipients, now) if recipients else ()
    left = iter(turns)
    mails = []
    for order, record, is_live in zip(orders, new, live, strict=True):
        turn = next(left, 0.0) if is_live else 0.0
        waiting = record.model_copy(update={"lane": "slow", "next_attempt_at": int(turn)})
        mails.append(_Mail(order, waiting, turn))
    return mails


def _runs(mails: Sequence[_Mail]) -> Iterator[list[_Mail]]:
    """Part mails into runs that may be stored side by side, one run after the other.

    A mail must find that of an earlier one with the same key. And where a domain has a daily cap,
    the first mails are to have what is left of it: each is a run of its own.
    """
    run: list[_Mail] = []
    for mail in mails:
        is_capped = mail.order.submission.configuration.daily_cap is not None
        if run and (is_capped or _has_key_of_any(run, mail)):
            yield run
            run = []
        run.append(mail)
        if is_capped:
            yield run
            run = []
    if run:
        yield run


def _has_key_of_any(run: Sequence[_Mail], mail: _Mail) -> bool:
    key = mail.order.key
    return key is not None and any(
        key.hash == other.order.key.hash for other in run if other.order.key
    )


def _stored(run: Sequence[_Mail], services: Services) -> Iterator[Accepted]:
    """Store mails side by side, and yield what became of each, up to the first that fails.

    What was stored behind that one is taken back before its error is raised: nobody will hear of
    those mails.
    """
    if len(run) == 1:  # The most by far: they need no threads.
        yield run[0].accept(services)
        return
    futures = [mail_threads().submit(mail.accept, services) for mail in run]
    wait(futures, return_when=FIRST_EXCEPTION)
    for future in futures[_first_failed(futures) + 1 :]:
        future.cancel()
    wait(futures)
    for number, future in enumerate(futures):
        try:
            accepted = future.result()
        except Exception:
            _take_back(futures[number + 1 :], services)
            raise
        yield accepted


def _first_failed(futures: Sequence[Future[Accepted]]) -> int:
    """Return which one has failed first in order, so far; the length if none has."""
    failed = (n for n, future in enumerate(futures) if future.done() and future.exception())
    return next(failed, len(futures))


def _take_back(futures: Sequence[Future[Accepted]], services: Services) -> None:
    """Withdraw the new messages among what was stored, unless somebody else was promised them."""
    done = [future for future in futures if not future.cancelled() and not future.exception()]
    new = [
        record for record, is_replayed in (future.result() for future in done) if not is_replayed
    ]
    wait([mail_threads().submit(_withdraw, record, services) for record in new])


def _withdraw(record: Record, services: Services) -> None:
    with suppress(Outage), about(**record.log_keys):
        services.store.withdraw(record)


def _queue(accepted: Sequence[Accepted], mails: Sequence[_Mail], services: Services) -> None:
    """Put those into the queue that are stored and have a turn.

    If that fails they are stored all the same: the sweep lines them up.
    """
    delays = [
        (record, _delay(mail.turn))
        for (record, is_replayed), mail in zip(accepted, mails, strict=False)
        if not is_replayed and record.status is Status.QUEUED and not record.is_lined_up
    ]
    if not delays:  # A process that lines everything up needs no client of the queue.
        return
    with suppress(Outage), about(**delays[0][0].log_keys):
        services.queue.put_all(delays)


def _delay(turn: float) -> float:
    """Return for how many seconds the queue is to keep a mail: see `pace.delay_of`.

    A turn that need not be kept more precisely than to the second is a whole one.
    """
    delay = turn - time.time()
    return delay if turn % 1 else max(0, round(delay))
