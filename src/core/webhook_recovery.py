"""The sweep's part for webhooks: puts deliveries into the queue whose time has come."""

from collections.abc import Callable
from itertools import batched

from core.aws.deliveries import Deliveries, DeliveryKey
from core.aws.threads import threads
from core.aws.webhook_queue import WebhookQueue
from core.webhooks.delivery import Delivery, State

_AT_ONCE = 90
"""How many are put in together."""
_SECONDS_EACH = 5
"""How much time must be left to begin with that many."""


def requeue(
    now: int, *, time_left: Callable[[], float], deliveries: Deliveries, queue: WebhookQueue
) -> int:
    """Put the deliveries that are due at `now` (epoch seconds) into the queue; return how many.

    They waited for longer than SQS can, or the queue has lost them. `time_left` returns how many
    seconds there still are. Raises `Outage`; what was not done is due again in a minute.
    """
    requeued = 0
    for keys in batched(deliveries.due(now), _AT_ONCE, strict=False):
        if time_left() < _SECONDS_EACH:
            break
        found = [*threads().map(lambda key: _picked_up(key, now, deliveries), keys)]
        ready = [each for each in found if each]
        queue.put_all((each, 0) for each in ready)
        requeued += len(ready)
    return requeued


def _picked_up(key: DeliveryKey, now: int, deliveries: Deliveries) -> Delivery | None:
    """Note that a delivery is in the queue again; None if it is not due (any more)."""
    delivery = deliveries.get(*key)
    if delivery is None or delivery.state is not State.PENDING or delivery.next_at > now:
        return None
    ready = delivery.model_copy(update={"next_at": now})
    return ready if deliveries.replace(ready, is_queued=True) else None
