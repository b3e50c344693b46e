"""The pace at which waiting mails leave: nearly SES's rate, shared fairly among the domains.

SES takes so many recipients a second of an account, and refuses the rest. A mail that somebody
waits for is tried at once all the same; every other one gets a *turn*, a moment at which SES will
have room for it. There are two lanes: the fast one is for mails whose callers wait, if SES had no
room at once; the slow one is for all that may take longer (one way, batches, bulk). What finds no
turn soon lines up: each domain has a list in each lane, oldest first, from which the dispatcher
gives out turns, ten seconds' worth at a time (docs/adr/0011).

Everything here is a pure function. Rates are in recipients a second, as SES counts (SES developer
guide, "Managing your Amazon SES sending limits"); times are in epoch seconds.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, Self

from core.message.ids import made_at

type Lane = Literal["fast", "slow"]

SHARE = 0.97
"""How much of SES's rate is given out in turns. What is left is for what nobody can plan: the
answers that take longer, the clocks that differ."""
NEW_RATE = 1.0
"""The least rate that SES has, that of its sandbox: assumed until SES has been asked. More would
take the room of mails that are sent inline, in the first minute of a new stack."""
ROUND_SECONDS = 10
"""How often the dispatcher gives out turns while mails are lined up."""
ROUND_AHEAD = 20
"""How many seconds ahead: two rounds, so that a late one leaves no gap."""
AHEAD: Mapping[Lane, int] = {"fast": 10, "slow": 60}
"""How many seconds ahead a mail gets a turn without lining up. For the slow lane it is as long as
the dispatcher may be away if nothing was lined up so far: else SES would have nothing to do."""
TURNS: Mapping[Lane, int] = {"fast": 4, "slow": 1}
"""How many turns, each of one recipient, a list gets before the next list has its own. So the fast
lane gets shorter first, and yet nothing waits for ever, whatever others send."""
DOUBTED_SECONDS = 5 * 60
"""For how long nothing is given out once SES says that the day's quota is used up. Meanwhile the
dispatcher asks SES what is left of it, and finds out when it frees."""
_EXACT_BELOW = 5.0
"""Below this rate a mail that comes some milliseconds too early costs a good part of a second's
worth. Above it the workers spread what is due in one second by themselves."""
READING_SECONDS = 0.25
"""How early a worker begins with a mail whose turn is exact: so long it may take to read it."""
_ROOM_FROM = 10
"""The rate (recipients a second) from which on SES has room for most of what comes unplanned."""
_REMEMBERED = 0.8
"""Which part of what was sent beside the plan is expected to be sent again in the next round."""
_MOST_UNPLANNED = 0.9
"""However much is sent beside the plan, a tenth of the pace stays for those who wait."""


class WaitingList(NamedTuple):
    """The mails of a domain that wait in a lane."""

    lane: Lane
    domain: str

    @property
    def name(self) -> str:
        """The list's name in the table: `<lane>#<domain>`."""
        return "#".join(self)

    @classmethod
    def named(cls, name: str) -> Self:
        """Return the list of this name."""
        lane, _, domain = name.partition("#")
        return cls("fast" if lane == "fast" else "slow", domain)


class Backlog(NamedTuple):
    """What was lined up in a list when it was last counted, and how fast it gets shorter."""

    waiting: int
    """How many mails."""
    marks: tuple[int, ...]
    """When mails were accepted at even distances in the list, the oldest and the newest included
    (epoch milliseconds)."""
    per_hour: int
    """How many of its mails get a turn in an hour; 0 while none does."""
    counted_at: int

    def minutes_before(self, message_id: str, now: float) -> int | None:
        """Return within how many minutes a mail of the list gets its turn; None: nobody knows."""
        if not self.per_hour:
            return None
        ahead = self._place_of(message_id) - (now - self.counted_at) * self.per_hour / 3600
        return 1 + math.ceil(max(0.0, ahead) * 60 / self.per_hour)

    def _place_of(self, message_id: str) -> float:
        if len(self.marks) < 2:
            return self.waiting
        place = bisect_left(self.marks, made_at(message_id) * 1000)
        return min(1.0, place / (len(self.marks) - 1)) * self.waiting


def seconds_each(rate: float, unplanned: float = 0.0) -> float:
    """Return how long a turn of one recipient is, if `unplanned` a second are sent beside it."""
    return 1 / (SHARE * rate - unplanned)


def is_exact(rate: float) -> bool:
    """Say whether turns are kept more precisely than to the second."""
    return rate < _EXACT_BELOW


def unseen_seconds(lane: Lane, rate: float) -> float:
    """Return for how long a mail of the slow lane may not see a turn of the fast one.

    If turns are exact it gives way to that (`gives_way`); but it looks at the clock so long before
    its own turn.
    """
    return READING_SECONDS if lane == "fast" and is_exact(rate) else 0.0


def on_time(at: float, rate: float) -> float:
    """Return a turn's time as precisely as it must be kept: to the second, if that is enough."""
    return at if is_exact(rate) else math.floor(at)


def delay_of(at: float, now: float, rate: float) -> float:
    """Return how long the queue has to keep a mail whose turn is `at`, if it gets it `now`.

    `rate` is how many turns there are in a second, if all are as long as the longest beside it.
    With a fraction it is kept exactly (`RetryQueue.put`). If not, it is to the second, and as often
    too early as too late, so that no round of turns runs into the next one.
    """
    return at - now if is_exact(rate) else max(0, round(at - now))


def unplanned_now(before: float, throttled: int, seconds: float, rate: float) -> float:
    """Return how many recipients a second are sent beside the plan, such as mails tried at once.

    Nobody counts those; but each takes the place of a mail with a turn, which SES then refuses.
    `throttled` is how many were refused in the last `seconds`, and `before` what was returned then.

    SES lets through one second's worth at once. At a high rate most mails find room in that, so one
    that is refused stands for many. At a rate of 1/s each is refused, or makes another one be:
    there one counts once in all, a fifth of it now and the rest in what is remembered.
    """
    seconds = max(seconds, 1.0)
    remembered = before * math.pow(_REMEMBERED, seconds / ROUND_SECONDS)
    stands_for = min(1.0, max(1.0 - _REMEMBERED, rate / _ROOM_FROM))
    return min(remembered + stands_for * throttled / seconds, _MOST_UNPLANNED * SHARE * rate)


def gives_way(at: float) -> bool:
    """Say whether a mail of the slow lane, whose exact turn is `at`, would leave it to a fast one.

    Four of five would, as `TURNS` has it: the fifth keeps its turn, so that nothing waits for ever.
    """
    return int(at) % sum(TURNS.values()) < TURNS["fast"]


def in_turn[T](
    lists: Mapping[WaitingList, Iterator[T]],
    last: WaitingList | None = None,
    size: Callable[[T], int] = lambda _: 1,
) -> Iterator[tuple[WaitingList, T]]:
    """Yield from all lists in fair order: see `TURNS`. An iterator is asked for no more than that.

    `size` says how many turns one takes. A list that took more than it had has none until the
    others have had as many.

    It goes on behind `last`, the list that came last before, in whichever lane: if there are more
    lists than turns, none is always the one that goes without.
    """
    left, owned = dict(lists), dict.fromkeys(lists, 0)
    order = sorted(left)
    if last:
        later = [each for each in order if each > last]
        order = later + order[: len(order) - len(later)]
    while left:
        for each in [each for each in order if each in left]:
            owned[each] += TURNS[each.lane]
            if owned[each] <= 0:
                continue
            for one in left[each]:
                owned[each] -= size(one)
                yield each, one
                if owned[each] <= 0:
                    break
            else:
                del left[each]


def marks_of(message_ids: Sequence[str], most: int = 33) -> tuple[int, ...]:
    """Return the marks of a list (`Backlog.marks`), given all its messages in their order."""
    if not message_ids:
        return ()
    steps = min(most, len(message_ids)) - 1
    places = [round(step * (len(message_ids) - 1) / (steps or 1)) for step in range(steps + 1)]
    return tuple(round(made_at(message_ids[place]) * 1000) for place in places)
