"""Delivering webhooks: one try at one delivery, and what follows from it.

A try is written down when it is over. Who dies between the call and that makes the queue hand the
delivery out again: a receiver may be told twice, with the same `webhook-id`, and is never not told.
"""

import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import NamedTuple

from core.aws.deliveries import Deliveries, DeliveryKey
from core.aws.endpoints import Endpoints
from core.aws.outage import Outage
from core.aws.retry_queue import MAX_DELAY
from core.aws.store import Store
from core.aws.webhook_queue import WebhookQueue
from core.webhooks import client, payload, schedule, signing
from core.webhooks import endpoint as endpoints_
from core.webhooks.client import Answer
from core.webhooks.delivery import MOST_ATTEMPTS, Attempt, Delivery, State
from core.webhooks.endpoint import Endpoint

_SLACK_SECONDS = 2
"""How much too early a delivery may be handed out: clocks differ."""
_DICE = 1 << 20
_PLACE_SECONDS = client.SECONDS + 5
"""How long a call of an endpoint that is not quick has its place at most."""


class Places(NamedTuple):
    """Where things are read and written down."""

    store: Store
    endpoints: Endpoints
    deliveries: Deliveries
    queue: WebhookQueue
    secret: str
    """The stack's, of which those of the endpoints follow."""
    reaches_loopback: bool


class Tried(NamedTuple):
    """What has become of a delivery that was handed out."""

    delivery: Delivery
    endpoint: Endpoint
    attempt: Attempt | None = None
    """None if the receiver was not called."""
    disabled: str = ""
    """Why this try has disabled the endpoint; "" if it has not."""
    log_keys: Mapping[str, str] = MappingProxyType({})
    """What joins the lines of the log about the message (`Record.log_keys`), if it was read."""


def deliver(key: DeliveryKey, places: Places) -> Tried | None:
    """Call a receiver, if it is time; write down how that ended, and when the next try is due.

    None if there was nothing to do: a copy in the queue, or an endpoint that is gone. Raises
    `Outage` and `UnreadableRecord`; then the delivery stays in the queue.
    """
    now = int(time.time())
    delivery = places.deliveries.get(*key)
    if delivery is None or delivery.state is not State.PENDING:
        return None
    if delivery.next_at > now + _SLACK_SECONDS:  # Whoever has put it off has put it in again.
        return None
    endpoint = places.endpoints.get(delivery.endpoint)
    if endpoint is None:
        places.deliveries.delete(*key)
        return None
    if not endpoint.enabled:
        held = _changed(delivery, state=State.HELD)
        return _written(Tried(held, endpoint), now, places)
    if later := _put_off(endpoint, now, places):
        return _written(Tried(_changed(delivery, next_at=later), endpoint), now, places)
    return _tried(delivery, endpoint, places)


def _put_off(endpoint: Endpoint, now: int, places: Places) -> int:
    """Return until when a call must wait because of others to the same receiver; 0: it need not.

    So a receiver that hangs holds one place among those of all calls, and not every one.
    """
    if endpoint.paused_until > now:
        return endpoint.paused_until + secrets.randbelow(schedule.PAUSE_SECONDS)
    if endpoint.is_quick or places.endpoints.claim(endpoint.id, now, now + _PLACE_SECONDS):
        return 0
    is_new = endpoint.is_quick is None
    return now + 1 + secrets.randbelow(schedule.SOON_SECONDS if is_new else schedule.PAUSE_SECONDS)


def _tried(delivery: Delivery, endpoint: Endpoint, places: Places) -> Tried | None:
    record = places.store.get(delivery.message_id) if delivery.message_id else None
    about = record.log_keys if record else {}
    began = time.time()
    body = payload.body(delivery, endpoint, record)
    answer = _call(delivery, endpoint, body, int(began), places)
    now = time.time()
    places.endpoints.note_speed(endpoint, is_quick=now - began < schedule.QUICK_SECONDS)
    attempt = Attempt(
        at=round(began * 1000),
        status=answer.status,
        took_ms=round((now - began) * 1000),
        error=answer.error,
        answer=answer.body,
    )
    known = _changed(
        delivery,
        tries=delivery.tries + 1,
        attempts=(*delivery.attempts, attempt)[-MOST_ATTEMPTS:],
    )
    if not answer.error:
        places.endpoints.note_success(endpoint)
        told = Tried(_changed(known, state=State.DELIVERED), endpoint, attempt, log_keys=about)
        return _written(told, int(now), places)
    why = _noted_failure(endpoint, answer, int(now), places)
    failed = _failed(known, attempt, answer.retry_after, int(now), is_over=bool(why))
    return _written(Tried(failed, endpoint, attempt, why, about), int(now), places)


def _call(delivery: Delivery, endpoint: Endpoint, body: bytes, at: int, places: Places) -> Answer:
    signing_secrets = [
        signing.secret(places.secret, endpoint.id, generation)
        for generation in endpoint.generations(at)
    ]
    headers = signing.headers(delivery.id, at, body, signing_secrets)

    def note_hanging() -> None:
        with suppress(Outage):  # It is noted again when the call is over.
            places.endpoints.note_hanging(endpoint.id, at + _PLACE_SECONDS)

    return client.call(
        endpoint.url,
        body,
        headers,
        reaches_loopback=places.reaches_loopback,
        quick_seconds=schedule.QUICK_SECONDS,
        if_slow=note_hanging,
    )


def _noted_failure(endpoint: Endpoint, answer: Answer, now: int, places: Places) -> str:
    """Write down that a call has failed; return why that has disabled the endpoint, else ""."""
    if answer.status == 410:
        why = endpoints_.GONE
    elif endpoint.failing_since and now - endpoint.failing_since > endpoints_.DISABLE_SECONDS:
        why = endpoints_.SILENT
    else:
        places.endpoints.note_failure(endpoint, now)
        if until := schedule.paused_until(now, answer.status, answer.error, answer.retry_after):
            places.endpoints.pause(endpoint.id, until)
        return ""
    return why if places.endpoints.disable(endpoint.id, why) else ""


def _failed(
    delivery: Delivery, attempt: Attempt, retry_after: int, now: int, *, is_over: bool
) -> Delivery:
    """Return what becomes of a delivery whose try has failed: it waits, is held, or has failed."""
    if is_over:
        return _changed(delivery, state=State.HELD)
    jitter = secrets.randbelow(_DICE) / _DICE
    next_at = schedule.next_at(delivery.tries, now, jitter, attempt.status, retry_after)
    if next_at is None:
        return _changed(delivery, state=State.FAILED)
    return _changed(delivery, next_at=next_at)


def _written(tried: Tried, now: int, places: Places) -> Tried | None:
    """Write down how a delivery is, and put it into the queue if that can hold it for so long.

    None if somebody else has written it: a copy in the queue was faster.
    """
    delivery = tried.delivery
    delay = delivery.next_at - now
    is_queued = delivery.state is State.PENDING and delay <= MAX_DELAY
    if not places.deliveries.replace(delivery, is_queued=is_queued):
        return None
    if is_queued:
        places.queue.put_all([(delivery, delay)])
    return tried


def _changed(delivery: Delivery, **changes: object) -> Delivery:
    return delivery.model_copy(update=changes)
