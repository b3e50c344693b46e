"""The outbox of webhooks: what the table's stream tells of records becomes deliveries.

The stream has every write of every function, in order, for a day. So nothing on a mail's own way
has to think of webhooks, and nothing can be written and not be told. It may hand out a batch twice:
a change has the same name each time, and a delivery that is there already is not made again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from core.aws import items
from core.aws.deliveries import Deliveries
from core.aws.endpoints import Endpoints
from core.aws.items import UnreadableRecord
from core.aws.outage import Outage
from core.aws.threads import threads
from core.aws.webhook_queue import WebhookQueue
from core.redaction import about
from core.webhooks import changes
from core.webhooks.changes import Change
from core.webhooks.delivery import KEPT_SECONDS, Delivery, State
from core.webhooks.endpoint import Endpoint

Streamed = Mapping[str, Any]
"""A change of an item, as Lambda hands it out of a stream: see the event
`events/webhooks_out_record_changed.json`."""
_BY_DYNAMODB = "dynamodb.amazonaws.com"
"""Who deletes what has expired: that is nothing to tell."""


class Places(NamedTuple):
    """Whom to tell, and where it is written down."""

    endpoints: Endpoints
    deliveries: Deliveries
    queue: WebhookQueue


@dataclass(slots=True)
class Told:
    """What became of a batch."""

    deliveries: int = 0
    """How many were made."""
    unreadable: list[UnreadableRecord] = field(default_factory=list)
    """Changes that are dead letters now: this version of the code cannot read their records."""
    bugs: list[Exception] = field(default_factory=list)
    """Unexpected errors. The changes are dead letters now."""


def tell(batch: Iterable[Streamed], now: int, places: Places) -> Told:
    """Put each change on its way to each endpoint that wants to be told of it.

    `now` is in epoch seconds. Raises `Outage`; then the whole batch is to be handed out again. A
    change that cannot be read keeps no other from being told: it becomes a dead letter.
    """
    told, endpoints = Told(), places.endpoints.all(consistent=True)
    made = [*_made(batch, endpoints, now, places, told)]
    new = [each for each, is_waiting in zip(made, _added(made, places), strict=True) if is_waiting]
    places.queue.put_all((each, 0) for each in new if each.state is State.PENDING)
    told.deliveries = len(new)
    return told


def _added(made: Sequence[Delivery], places: Places) -> Iterable[bool]:
    add: Callable[[Delivery], bool] = places.deliveries.add
    return list(threads().map(add, made)) if len(made) > 1 else map(add, made)


def _made(
    batch: Iterable[Streamed],
    endpoints: Sequence[Endpoint],
    now: int,
    places: Places,
    told: Told,
) -> Iterator[Delivery]:
    for streamed in batch:
        try:
            with about(message_id=items.message_id_of(streamed["dynamodb"]["Keys"])):
                yield from [*_of_one(streamed, endpoints, now)]
        except UnreadableRecord as unreadable:
            told.unreadable.append(unreadable)
            places.queue.bury(streamed)
        except Outage:
            raise
        except Exception as error:  # noqa: BLE001 - the handler tells of it, and all others go on
            told.bugs.append(error)
            places.queue.bury(streamed)


def _of_one(streamed: Streamed, endpoints: Sequence[Endpoint], now: int) -> Iterator[Delivery]:
    change = streamed["dynamodb"]
    image = change.get("NewImage") or change.get("OldImage") or {}
    domain = image.get("domain", {}).get("S", "")  # What was erased has none.
    interested = [endpoint for endpoint in endpoints if endpoint.domain == domain]
    if not interested:
        return
    at = round(change["ApproximateCreationDateTime"] * 1000)
    for found in _changes(streamed, change):
        for endpoint in interested:
            if endpoint.wants(found.type):
                yield _delivery(found, endpoint, at, now)


def _changes(streamed: Streamed, change: Mapping[str, Any]) -> Iterator[Change]:
    old, new = change.get("OldImage"), change.get("NewImage")
    if new is None:
        is_expired = (streamed.get("userIdentity") or {}).get("principalId") == _BY_DYNAMODB
        if old and not is_expired:
            yield changes.withdrawn(items.record_in(old))
        return
    yield from changes.between(items.record_in(old) if old else None, items.record_in(new))


def _delivery(change: Change, endpoint: Endpoint, at: int, now: int) -> Delivery:
    return Delivery(
        endpoint=endpoint.id,
        id=change.id,
        type=change.type,
        at=at,
        domain=change.domain,
        message_id=change.message_id,
        recipient=change.recipient,
        sequence=change.sequence,
        status=change.status,
        state=State.PENDING if endpoint.enabled else State.HELD,
        next_at=now,
        expires_at=at // 1000 + KEPT_SECONDS,
    )
