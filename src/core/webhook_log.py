"""What has become of the deliveries to an endpoint, and sending them again."""

import math
import time
from collections.abc import Sequence
from typing import NamedTuple

from core import cursors
from core.aws.deliveries import Deliveries
from core.contract.errors import Fault, Invalid, NotFound
from core.contract.webhooks import FindDeliveries, ReplayDeliveries
from core.message.history import rfc3339
from core.message.ids import is_id, made_at
from core.message.margins import trimmed
from core.submission import searches
from core.webhook_services import WebhookServices
from core.webhooks.changes import is_event_id
from core.webhooks.delivery import Delivery, State
from core.webhooks.endpoint import Endpoint

MOST_REPLAYED = 100
"""How many deliveries one request sends again, at most."""
_CLOCKS_SECONDS = 60
"""How much earlier than a mail its events may seem to be: the table's stream tells whole seconds,
rounded down, and clocks differ."""
_MOST_READ = 1000
"""How many deliveries are looked at for one page: then it ends, however many it has."""
_CHUNK = 100
_AROUND = "\"'<>{}[]() \t\r\n"
_FIRST, _LAST = "0", "~"
"""Before and behind all names of deliveries, which begin with a time."""
_UNDELIVERED = frozenset({State.FAILED, State.HELD})
"""What is sent again if nobody says."""
_RACES = 3
"""How often a delivery is read anew whose state somebody else has changed meanwhile."""


class Page(NamedTuple):
    """Some of the deliveries that were found."""

    deliveries: list[Delivery]
    cursor: str
    """With it the next page begins; "" if there is none."""


class _Search(NamedTuple):
    """What is looked for among the deliveries of one endpoint."""

    endpoint_id: str
    states: frozenset[State]
    """Empty for any."""
    first: str
    before: str
    """Names: from `first` on, and smaller than `before`."""
    limit: int
    message_id: str = ""
    """"" for any."""
    id: str = ""
    """The event's; "" for any."""

    def fits(self, delivery: Delivery) -> bool:
        """Say whether a delivery is one of those."""
        return (
            (not self.states or delivery.state in self.states)
            and (not self.message_id or delivery.message_id == self.message_id)
            and (not self.id or delivery.id == self.id)
        )


def find(
    request: FindDeliveries,
    endpoint: Endpoint,
    *,
    caller: str,
    services: WebhookServices,
) -> Page:
    """Return a page of an endpoint's deliveries, the newest event first.

    A page may be shorter than its limit, and even empty, though there are more: it then has a
    cursor. `caller` is the SHA-256 (hex) of the API key. Raises `Invalid` with everything that is
    wrong with the request, and `Outage`.
    """
    faults: list[Fault] = []
    states = _states(request.state, faults)
    message_id = trimmed(request.message_id or "").strip(_AROUND).upper()
    first, before = _between(request, faults)
    if is_id(message_id):  # Nothing has happened to a mail before it was there.
        first = max(first, rfc3339((int(made_at(message_id)) - _CLOCKS_SECONDS) * 1000))
    limit = searches.limit(request.limit, faults)
    of_state = ",".join(sorted(states))
    asked = "FindDeliveries", caller, endpoint.id, of_state, message_id, first, before
    before = _begins_before(request, before, asked, services, faults)
    search = _Search(endpoint.id, states, first, before, limit, message_id)
    found, last = _found(search, services.deliveries)
    return Page(found, cursors.written(last, asked, services.mail_index) if last else "")


def replay(
    request: ReplayDeliveries,
    endpoint: Endpoint,
    *,
    caller: str,
    services: WebhookServices,
) -> Page:
    """Send deliveries of an endpoint again: those that a request asks for, at once.

    Each has all its tries before it, and is written before it is queued: if this ends between the
    two, the sweep queues it. The page has those that are on their way; with its cursor the others
    follow. Raises `Invalid` with everything that is wrong, `NotFound` for a `DeliveryId` that the
    endpoint has none of, and `Outage`.
    """
    faults: list[Fault] = []
    states = _states(request.state, faults)
    wanted = trimmed(request.delivery_id or "").strip(_AROUND).lower()
    first, before = _between(request, faults)
    of_state = ",".join(sorted(states))
    asked = "ReplayDeliveries", caller, endpoint.id, of_state, wanted, first, before
    before = _begins_before(request, before, asked, services, faults)
    if wanted:
        search = _Search(endpoint.id, states, first, before, 1, id=wanted)
        found, last = _one(search, services.deliveries)
    else:
        search = _Search(endpoint.id, states or _UNDELIVERED, first, before, MOST_REPLAYED)
        found, last = _found(search, services.deliveries)
    if wanted and not (found or last):
        raise NotFound(
            "There is no such delivery of this webhook. FindDeliveries lists those that are kept: "
            "for 30 days."
        )
    written = (_played_again(each, search, services.deliveries) for each in found)
    again = [each for each in written if each]
    services.queue.put_all((each, 0) for each in again)
    is_over = not last or (wanted and found)
    return Page(again, "" if is_over else cursors.written(last, asked, services.mail_index))


def _played_again(delivery: Delivery, search: _Search, deliveries: Deliveries) -> Delivery | None:
    """Write that a delivery is on its way again; None if meanwhile it is none that is wanted."""
    newest: Delivery | None = delivery
    for _ in range(_RACES):
        if newest is None or not search.fits(newest):
            return None
        again = newest.played_again(int(time.time()))
        if deliveries.replace(again, is_queued=True):
            return again
        newest = deliveries.get(delivery.endpoint, delivery.name)
    return None


def _one(search: _Search, deliveries: Deliveries) -> tuple[list[Delivery], str]:
    """Look for one delivery by its event's id.

    Its name is known if `Since` is its own time: then it is one read, else a search.
    """
    if not is_event_id(search.id):
        return [], ""
    named = deliveries.get(search.endpoint_id, f"{search.first}#{search.id}")
    if named and search.fits(named):
        return [named], ""
    return _found(search, deliveries)


def _found(search: _Search, deliveries: Deliveries) -> tuple[list[Delivery], str]:
    """Return the deliveries of a page, and the name that was looked at last if there may be more.

    As many are read as the page has room for, since most searches want all; then many at once.
    """
    found: list[Delivery] = []
    before, seen, size = search.before, 0, search.limit
    while True:
        some, last = deliveries.page(search.endpoint_id, search.first, before, size)
        for delivery in some:
            if search.fits(delivery):
                found.append(delivery)
            if len(found) == search.limit:
                return found, delivery.name if last or delivery is not some[-1] else ""
        seen += len(some)
        if not last or seen >= _MOST_READ:
            return found, last
        before, size = last, _CHUNK


# ---- the request


def _states(text: str | None, faults: list[Fault]) -> frozenset[State]:
    return frozenset(map(State, searches.words(text, "State", State, faults)))


def _between(request: FindDeliveries | ReplayDeliveries, faults: list[Fault]) -> tuple[str, str]:
    """Return the smallest name that is meant, and the smallest behind it that is not."""
    since = searches.time(request.since, "Since", faults)
    until = searches.time(request.until, "Until", faults)
    return _name_at(since, _FIRST), _name_at(until, _LAST)


def _begins_before(
    request: FindDeliveries | ReplayDeliveries,
    before: str,
    asked: Sequence[str],
    services: WebhookServices,
    faults: list[Fault],
) -> str:
    """Return before which name the page begins. Raises `Invalid` with all that was wrong so far."""
    if request.cursor:
        before = cursors.read(request.cursor, asked, services.mail_index, faults)
    if faults:
        raise Invalid(*faults)
    return before


def _name_at(seconds: float | None, otherwise: str) -> str:
    """Return the beginning of the names at a time; an event has whole milliseconds."""
    return otherwise if seconds is None else rfc3339(math.ceil(round(seconds * 1000, 3)))
