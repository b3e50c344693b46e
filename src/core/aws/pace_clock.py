"""The clock of the pace, in DynamoDB: up to when SES's rate has been given away, and how fast.

| item | pk | sk | holds |
| --- | --- | --- | --- |
| clock | PACE | CLOCK | `Clock`, in whole numbers |
| backlog | PACE | LIST#<lane>#<domain> | `Backlog` of that list |

(A backlog's `waiting` is stored as `mails`, because the other name is a key of an index.)

Who accepts a mail for the slow lane, or was throttled in the fast one, takes the next free turn
with one conditional update. The dispatcher takes whole rounds, for what is lined up.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from core.aws.clock_item import MILLION, Clock, millionths
from core.aws.items import attributes, key, plain
from core.aws.outage import outages
from core.message import pace
from core.message.pace import Backlog, Lane, WaitingList

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

COUNT_IS_GOOD = 180
"""Seconds: how long a backlog says anything; the dispatcher counts once a minute."""
_PK, _CLOCK, _LIST = "PACE", "CLOCK", "LIST#"
_CROWD, _CROWD_SECONDS = 2, 2
"""After how many throttles in a row a process steps aside, and for how long."""
_TRIES = 3
"""How often a turn is asked for, if others take it first."""
_KEPT_SECONDS = 86_400


@dataclass(slots=True)
class PaceClock:
    """The clock. All times are in epoch seconds; all methods raise `Outage` if DynamoDB fails."""

    dynamodb: "DynamoDBClient"
    table: str
    _known: Clock | None = None
    """What this process last saw. Its times only grow, so who is told to line up need not ask; but
    for `closed_until`: the day's quota may free earlier than was expected."""

    _refusals: int = 0
    """How many mails of this process SES has throttled since it took one."""
    _refused_at: float = 0.0

    def turns(self, recipients: Sequence[int], now: float) -> list[float]:
        """Take the next free turns of the slow lane, one behind the other, with one request.

        `recipients` has how many each mail has. Returns the times of the first mails; the others
        have to line up, because their turns would be too far away or others are lined up.
        """
        return self._turns("slow", recipients, now)

    def throttled(self, lane: Lane, recipients: int, now: float) -> float | None:
        """Count that SES refused a mail for its rate.

        Returns its next turn if it is in the fast lane and has not to line up; else None. That is
        when SES will have room for one more, if mails of the slow lane give way (`pace.gives_way`).
        """
        self._refusals += 1
        self._refused_at = now
        turns = self._turns("fast", [recipients], now) if lane == "fast" else []
        if not turns:
            self._count_throttled()
        return next(iter(turns), None)

    def took(self) -> None:
        """Note that SES has taken a mail of this process. Asks nobody."""
        self._refusals = 0

    def is_crowded(self, now: float) -> bool:
        """Tell whether this process should leave SES to others for a moment. Asks nobody.

        So it is if SES has refused several of its mails in a row, a second ago: the rate is lower
        than it was, or somebody else uses it, and the dispatcher has not heard of that yet.
        """
        return self._refusals >= _CROWD and now < self._refused_at + _CROWD_SECONDS

    @outages()
    def close(self, now: int, seconds: int) -> Clock:
        """Note that SES says that the day's quota is used up, and give out nothing for `seconds`.

        Returns the clock: the dispatcher may know better when the quota frees.
        """
        values = {":until": now + seconds}
        try:
            reply = self.dynamodb.update_item(
                TableName=self.table,
                Key=key(_PK, _CLOCK),
                UpdateExpression="SET closed_until = :until",
                ConditionExpression="attribute_not_exists(closed_until) OR closed_until < :until",
                ExpressionAttributeValues=attributes(values),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
            return self._seen(error.response.get("Item"))
        return self._seen(reply["Attributes"])

    @outages()
    def read(self, *, consistent: bool = False) -> Clock:
        """Return the clock as it is; one that never ran if there is none."""
        reply = self.dynamodb.get_item(
            TableName=self.table, Key=key(_PK, _CLOCK), ConsistentRead=consistent
        )
        return self._seen(reply.get("Item"))

    @outages()
    def keep_busy(self, until: int) -> Clock:
        """Let new mails of the slow lane line up until then; return the clock as it is now.

        To be called before a round is planned: a turn that somebody takes while it is would be
        given out twice.
        """
        reply = self.dynamodb.update_item(
            TableName=self.table,
            Key=key(_PK, _CLOCK),
            UpdateExpression="SET busy_until = :until",
            ExpressionAttributeValues=attributes({":until": until}),
            ReturnValues="ALL_NEW",
        )
        return self._seen(reply["Attributes"])

    @outages()
    def plan(self, before: Clock, after: Clock) -> bool:
        """Write down a round of the dispatcher; return whether it may give out its turns.

        It may not if another one has planned since `before` was read. If there are turns to give
        out, `keep_busy` was called before.
        """
        fields = set(Clock._fields) - {"throttled", "fast_until"}  # Others write these.
        for name in ("closed_until", "slow_until"):  # Others may have written these meanwhile.
            if getattr(after, name) == getattr(before, name):
                fields.remove(name)
        values = {name: after.written()[name] for name in sorted(fields)}
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=key(_PK, _CLOCK),
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
                ConditionExpression="attribute_not_exists(rounds) OR rounds = :before",
                ExpressionAttributeNames={f"#{name}": name for name in values},
                ExpressionAttributeValues=attributes(
                    {f":{name}": value for name, value in values.items()}
                    | {":before": before.rounds}
                ),
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    @outages()
    def write_backlog(self, waiting_list: WaitingList, backlog: Backlog) -> None:
        """Write down what is lined up in a list."""
        item = backlog._asdict() | {"pk": _PK, "sk": _LIST + waiting_list.name}
        item |= {"mails": item.pop("waiting"), "expires_at": backlog.counted_at + _KEPT_SECONDS}
        self.dynamodb.put_item(TableName=self.table, Item=attributes(item))

    @outages()
    def state(self, now: float) -> tuple[Clock, Mapping[WaitingList, Backlog]]:
        """Return the clock, and what is lined up in each list, as counted of late."""
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": _PK}},
        )
        clock, backlogs = Clock(), {}
        for item in (plain(item) for page in pages for item in page["Items"]):
            if item["sk"] == _CLOCK:
                clock = Clock.of(item)
            elif item["counted_at"] > now - COUNT_IS_GOOD and item["mails"]:
                counted = item["per_hour"], item["counted_at"]
                backlog = Backlog(item["mails"], tuple(item["marks"]), *counted)
                backlogs[WaitingList.named(item["sk"].removeprefix(_LIST))] = backlog
        return clock, backlogs

    def _turns(self, lane: Lane, recipients: Sequence[int], now: float) -> list[float]:
        latest = now + pace.AHEAD[lane]
        for _ in range(_TRIES):
            known = self._known or self.read()
            if lane == "slow" and known.closed_until > now:
                known = self.read()
            is_busy = lane == "slow" and max(known.busy_until, known.closed_until) > now
            each = pace.seconds_each(known.rate)
            room = latest - max(known.until(lane), now)
            ends = [end * each for end in accumulate(recipients, initial=0)]
            begins = [] if is_busy else [begin for begin in ends[:-1] if begin <= room]
            if not begins:
                return []
            slack = pace.AHEAD[lane] - begins[-1]
            unseen = pace.unseen_seconds(lane, known.rate)
            first = self._take(lane, ends[len(begins)] + unseen, now, slack, known)
            if first is not None:
                # Who is in the fast lane has just been refused: SES needs time to have room again.
                first += unseen + each if lane == "fast" else 0.0
                return [pace.on_time(first + begin, known.rate) for begin in begins]
        return []

    @outages()
    def _take(
        self, lane: Lane, length: float, now: float, slack: float, known: Clock
    ) -> float | None:
        """Take `length` seconds if what is known still holds; return when they begin.

        That is within `slack` seconds; at once, if the turns that were taken are over.
        """
        until, takes = f"{lane}_until", math.ceil(length * MILLION)
        values: dict[str, int] = {":now": millionths(now)}
        if known.until(lane) <= now:
            change = f"SET {until} = :end"
            condition = f"(attribute_not_exists({until}) OR {until} <= :now)"
            values[":end"] = values[":now"] + takes
        else:
            change = f"SET {until} = {until} + :takes"
            condition = f"{until} BETWEEN :now AND :latest"
            values |= {":takes": takes, ":latest": millionths(now + slack)}
        if lane == "slow":
            condition += " AND (attribute_not_exists(busy_until) OR busy_until <= :seconds)"
            values[":seconds"] = int(now)
        elif not pace.is_exact(known.rate):  # Else one of the slow lane gives way: that is planned.
            change += " ADD throttled :one"
            values[":one"] = 1
        try:
            reply = self.dynamodb.update_item(
                TableName=self.table,
                Key=key(_PK, _CLOCK),
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeValues=attributes(values),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
            self._seen(error.response.get("Item"))
            return None
        return (millionths(self._seen(reply["Attributes"]).until(lane)) - takes) / MILLION

    @outages()
    def _count_throttled(self) -> None:
        self.dynamodb.update_item(
            TableName=self.table,
            Key=key(_PK, _CLOCK),
            UpdateExpression="ADD throttled :one",
            ExpressionAttributeValues=attributes({":one": 1}),
        )

    def _seen(self, item: Any) -> Clock:
        self._known = Clock.of(plain(item)) if item else Clock()
        return self._known
