"""The dispatcher: gives turns to the mails that are lined up, at the pace that SES allows.

A round takes from the lists what the next seconds have room for, in fair order, writes each mail's
turn into its record, and puts it into the retry queue for that moment. The clock is written first,
so two dispatchers never give out the same seconds; a mail whose turn gets lost between record and
queue is found by the sweep (docs/architecture.md, Waiting for a turn).
"""

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

from core.aws.account import Quota
from core.aws.clock_item import Clock
from core.aws.counters import Counters
from core.aws.domain_table import DomainTable
from core.aws.items import UnreadableRecord
from core.aws.outage import Outage
from core.aws.pace_clock import PaceClock
from core.aws.retry_queue import RetryQueue
from core.aws.store import RecordGone, Store
from core.aws.threads import threads
from core.aws.waiting_lists import WaitingLists
from core.follow_up import follow_up
from core.message import lifecycle, pace
from core.message.pace import Backlog, WaitingList
from core.message.record import Record
from core.message.status import Status
from core.redaction import about

_OWN_SECONDS = 2
"""How long a round takes itself: the first of its turns, if none were taken before, are then."""
_BUSY_SECONDS = 40
"""How long after a round new mails of the slow lane line up, if others still do: longer than the
next round may be late."""
_DAY, _HOUR = 86_400, 3600
_SOON_SECONDS = 600
"""When the day's quota is asked for again, if it should be free already and is not."""
_AT_ONCE_SECONDS = 1.0
"""How many seconds' worth of mails SQS hands out at once: its delays are whole seconds."""
_MOST_AT_ONCE = 5_000
"""How many mails get a turn in one round: what a function can write in its time."""
_MOST_COUNTED = 100_000
"""How many mails of a list are counted. A longer one counts as so long."""
_MOST_EXPIRED = 25
"""How many mails of a stopped domain are looked at in a round, for those whose time is over."""
_KEPT_FROM_TURN = (Outage, RecordGone, UnreadableRecord)
"""The errors that may keep one mail from its turn: if it is there, it stays lined up."""


@dataclass(slots=True)
class Round:
    """What one round did."""

    given_out: int = 0
    """Mails that got a turn."""
    given_up: int = 0
    """Mails whose time was over."""
    unreadable: list[UnreadableRecord] = field(default_factory=list)
    """Mails that were skipped, because this version of the code cannot read their records."""
    is_more_lined_up: bool = False
    """Whether the next round will have something to give out."""


@dataclass(slots=True)
class _Plan:
    """The turns of one round."""

    at: float
    """The next free moment."""
    ends: float
    each: float
    """How long the turn of one recipient is, in seconds."""
    room: float
    """How many more recipients the day's quota lets out."""
    turns: list[tuple[Record, float]] = field(default_factory=list)
    last: WaitingList | None = None

    @property
    def most(self) -> int:
        """How many mails may have a turn, if each has one recipient."""
        seconds = max(0.0, self.ends - self.at)
        return min(_MOST_AT_ONCE, math.ceil(min(seconds / self.each, self.room)))

    def add(self, waiting_list: WaitingList, record: Record) -> None:
        """Give the next turn to a mail, if there is one."""
        if self.at >= self.ends or self.room < 1:
            return
        self.turns.append((record, self.at))
        self.at += len(record.recipients) * self.each
        self.room -= len(record.recipients)
        self.last = waiting_list


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """What gives out turns. All times are in epoch seconds; all methods raise `Outage`."""

    store: Store
    queue: RetryQueue
    pace_clock: PaceClock
    lists: WaitingLists
    domain_table: DomainTable
    counters: Counters

    def give_out(self, now: int, quota: Quota) -> Round:
        """Give out the turns of the next seconds; `quota` is what SES said of late."""
        before = self.pace_clock.read(consistent=True)
        if now - before.planned_at < pace.ROUND_SECONDS - 1:  # Another one has just done so.
            return Round(is_more_lined_up=before.busy_until > now)
        live, stopped = self._lists()
        if live and before.busy_until <= now + pace.ROUND_SECONDS:
            # From here on nobody else takes turns of the slow lane: those of this round follow.
            before = self.pace_clock.keep_busy(now + _BUSY_SECONDS)
        clock = self._with_quota(before, quota, now)
        plan = _Plan(
            at=max(clock.slow_until, now + _OWN_SECONDS),
            ends=now + pace.ROUND_AHEAD,
            each=pace.seconds_each(clock.rate, clock.unplanned),
            room=quota.left,
        )
        done = Round()
        if live and clock.closed_until <= now:
            self._fill(plan, live, clock, done)
        after = clock._replace(
            slow_until=plan.at if plan.turns else clock.slow_until,
            busy_until=now + _BUSY_SECONDS if done.is_more_lined_up else 0,
            last=plan.last.name if plan.last else clock.last,
        )
        if not self.pace_clock.plan(before, after):
            return Round(is_more_lined_up=True)
        self._hand_out(plan, now, done)
        for record in self._expired(stopped, now):
            if (given_up := self._give_turn(record, now, now)) and given_up.owes_letter:
                self._give_up(given_up, now, done)
        return done

    def count(self, now: int) -> Mapping[WaitingList, Backlog]:
        """Count what is lined up in each list, and write it down for whoever asks."""
        clock = self.pace_clock.read()
        live, stopped = self._lists()
        all_turns = sum(pace.TURNS[each.lane] for each in live)
        an_hour = _HOUR / pace.seconds_each(clock.rate, clock.unplanned)
        backlogs = {}
        for each in (*live, *stopped):
            ids = list(islice(self.lists.messages(each), _MOST_COUNTED))
            moves = each in live and clock.closed_until <= now
            per_hour = int(an_hour * pace.TURNS[each.lane] / all_turns) if moves else 0
            backlogs[each] = Backlog(len(ids), pace.marks_of(ids), per_hour, now)
            self.pace_clock.write_backlog(each, backlogs[each])
        return backlogs

    def may_send(self, domain: str) -> bool:
        """Say whether a domain's mails get turns: not if it is paused, or was removed."""
        configuration = self.domain_table.find(domain)
        return configuration is not None and not configuration.paused

    def _with_quota(self, before: Clock, quota: Quota, now: int) -> Clock:
        """Return the clock of a new round, before anything is given out."""
        throttled = before.throttled - before.throttled_before
        seconds = now - before.planned_at
        closed_until = before.closed_until
        if quota.left < 1 and closed_until <= now:
            closed_until = self._frees_at(now)
        elif quota.left >= 1 and closed_until > now + pace.DOUBTED_SECONDS:
            closed_until = 0
        return before._replace(
            rate=quota.rate,
            closed_until=closed_until,
            rounds=before.rounds + 1,
            planned_at=now,
            unplanned=pace.unplanned_now(before.unplanned, throttled, seconds, quota.rate),
            throttled_before=before.throttled,
        )

    def _frees_at(self, now: int) -> int:
        """Return when the day's quota frees: the first hour of the last 24 that has mails of ours.

        SES counts the last 24 hours, so what was sent in an hour counts until a day later.
        """
        hours = self.counters.hours(now - _DAY)
        first = min((hour.starts_at for hour in hours if hour.tally.outcomes), default=None)
        if first is None:
            return now + _HOUR
        return max(first + _DAY, now + _SOON_SECONDS)

    def _lists(self) -> tuple[list[WaitingList], list[WaitingList]]:
        """Return the lists of domains that may send, and those of domains that may not now."""
        live: list[WaitingList] = []
        stopped: list[WaitingList] = []
        for each in self.lists.names():
            (live if self.may_send(each.domain) else stopped).append(each)
        return live, stopped

    def _fill(self, plan: _Plan, live: list[WaitingList], clock: Clock, done: Round) -> None:
        """Plan as many turns as there is room for, in fair order.

        What waits in the queue already, because the workers are too slow, takes the place of as
        many: else the queue would grow, and what comes next in it would be late. What was due in
        this very second does not count: it comes all at once, and the workers are at it.
        """
        plan.at += max(0.0, self.queue.length() * plan.each - _AT_ONCE_SECONDS)
        most = plan.most
        page = max(10, 2 * most // len(live))
        in_turn = pace.in_turn(
            {each: self.lists.messages(each, page) for each in live}, clock.last_list
        )
        chosen = list(islice(in_turn, most))
        records, done.unreadable = self.lists.records([id_ for _, id_ in chosen])
        by_id = {record.id: record for record in records}
        found: dict[WaitingList, list[Record]] = {each: [] for each in live}
        for each, id_ in chosen:
            if id_ in by_id:
                found[each].append(by_id[id_])
        # Once more, now that it is known how many recipients each has.
        waiting = {each: iter(of_list) for each, of_list in found.items()}
        for each, record in pace.in_turn(waiting, clock.last_list, lambda it: len(it.recipients)):
            plan.add(each, record)
        done.is_more_lined_up = len(plan.turns) < len(by_id) or len(chosen) == most

    def _hand_out(self, plan: _Plan, now: int, done: Round) -> None:
        """Write down the turns of a plan, then put the mails into the queue."""
        # A mail to many has a long turn: one that comes too early within a second finds no room.
        longest = max((len(record.recipients) for record, _ in plan.turns), default=1)
        turns_a_second = 1 / plan.each / longest
        handed = threads().map(lambda turn: self._give_turn(turn[0], turn[1], now), plan.turns)
        given = []
        for record, (_, at) in zip(handed, plan.turns, strict=True):
            if record and record.owes_letter:
                self._give_up(record, now, done)
            elif record:
                given.append((record, at))
        done.given_out = len(given)
        # To write all that takes a while: the delays are what is left until their turns.
        self.queue.put_all(
            (record, pace.delay_of(at, time.time(), turns_a_second)) for record, at in given
        )

    def _give_turn(self, record: Record, at: float, now: int) -> Record | None:
        """Write down the turn of a mail; return its record if that has changed it."""
        with suppress(*_KEPT_FROM_TURN), about(**record.log_keys):
            given = self.store.revise(record, lambda it: lifecycle.hand_out(it, int(at), now))
            has_turn = given.status is Status.QUEUED and not given.is_lined_up
            return given if given is not record and (has_turn or given.owes_letter) else None
        return None

    def _give_up(self, record: Record, now: int, done: Round) -> None:
        done.given_up += 1
        with (
            suppress(*_KEPT_FROM_TURN),
            about(**record.log_keys),
        ):  # Else the sweep writes the letter.
            follow_up(record, now, store=self.store, queue=self.queue)

    def _expired(self, stopped: list[WaitingList], now: int) -> Iterator[Record]:
        """Yield the mails of stopped domains whose time is over."""
        for each in stopped:
            ids = list(islice(self.lists.messages(each, _MOST_EXPIRED), _MOST_EXPIRED))
            records, _ = self.lists.records(ids)
            yield from (record for record in records if record.retry_until < now)
