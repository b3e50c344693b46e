"""The lines that a stack's functions and its API log, of all of them together, by time."""

from __future__ import annotations

import heapq
import json
import re
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from core.message.ids import is_id
from ops.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ops.stack import Stack

_POLL_SECONDS = 2.0
_UNQUOTABLE = re.compile(r'["\\]')
_LATE_SECONDS = 30
"""How much later than another a line may be readable that was logged before it."""


class Line(NamedTuple):
    """One event of a log group."""

    milliseconds: int
    """Since the epoch."""
    source: str
    """The function's name without the stack's, or `gateway`."""
    text: str
    id: str

    @property
    def time(self) -> str:
        """When it was logged, in UTC."""
        at = datetime.fromtimestamp(self.milliseconds / 1000, UTC)
        return f"{at:%Y-%m-%dT%H:%M:%S}.{self.milliseconds % 1000:03}Z"

    def as_json(self) -> str:
        """Return one line of JSON; what was logged as JSON is a part of it."""
        try:
            logged: Any = json.loads(self.text)
        except ValueError:
            logged = self.text
        return json.dumps(
            {"time": self.time, "source": self.source, "line": logged}, ensure_ascii=False
        )


class Logs(NamedTuple):
    """The log groups of a stack. Raises botocore's errors."""

    client: Any
    groups: Mapping[str, str]
    """By what is printed for each."""

    @classmethod
    def of(cls, stack: Stack) -> Logs:
        """Find them among the stack's resources."""
        pages = stack.aws.client("cloudformation").get_paginator("list_stack_resources")
        names = [
            each["PhysicalResourceId"]
            for page in pages.paginate(StackName=stack.id)
            for each in page["StackResourceSummaries"]
            if each["ResourceType"] == "AWS::Logs::LogGroup"
        ]
        groups = {_source(name, stack.id.split("/")[1]): name for name in names}
        return cls(stack.aws.client("logs"), groups)

    def lines(self, start: float, text: str = "") -> Iterator[Line]:
        """Yield the lines since `start` (epoch seconds) that contain a text, by time."""
        each = [self._of_group(source, start, text) for source in self.groups]
        yield from heapq.merge(*each, key=lambda line: line.milliseconds)

    def following(self, start: float, text: str = "") -> Iterator[Line]:
        """Yield the lines since `start`, and each that comes, without an end."""
        seen: dict[str, int] = {}
        while True:
            for line in self.lines(start, text):
                if line.id not in seen:
                    seen[line.id] = line.milliseconds
                    yield line
            start = max([start, *(at / 1000 - _LATE_SECONDS for at in seen.values())])
            seen = {id_: at for id_, at in seen.items() if at / 1000 >= start}
            time.sleep(_POLL_SECONDS)

    def _of_group(self, source: str, start: float, text: str) -> Iterator[Line]:
        pages = self.client.get_paginator("filter_log_events").paginate(
            logGroupName=self.groups[source], startTime=max(0, int(start * 1000)), **_pattern(text)
        )
        for page in pages:
            for event in page["events"]:
                line = event["message"].rstrip()
                if text in line:  # The pattern spares the way; this decides.
                    at = event["timestamp"]  # The emulator gives no ids.
                    yield Line(at, source, line, event.get("eventId", f"{source} {at} {line}"))


def show(stack: Stack, text: str, *, start: float, follows: bool, as_json: bool) -> None:
    """Print the lines; a MessageId is found in any case. How many there were goes to stderr."""
    text = text.upper() if is_id(text.upper()) else text
    logs = Logs.of(stack)
    read = logs.following if follows else logs.lines
    number = _print(read(start, text), _widest(logs.groups), as_json=as_json)
    since = datetime.fromtimestamp(start, UTC)
    told = f"{counted(number, 'line')} since {since:%Y-%m-%dT%H:%M:%SZ}, of all functions."
    print(told, "" if number else "Look further back: --since 1d", file=sys.stderr)


def _print(lines: Iterable[Line], width: int, *, as_json: bool) -> int:
    number = 0
    for number, line in enumerate(lines, 1):  # noqa: B007 - how many there were
        told = f"{line.time}  {line.source:{width}}  {line.text}"
        print(line.as_json() if as_json else told, flush=True)
    return number


def _widest(names: Iterable[str]) -> int:
    return max(map(len, names), default=0)


def _source(group: str, stack: str) -> str:
    name = group.rpartition("/")[2]
    return name.removeprefix(f"{stack}-") if name != stack else "gateway"


def _pattern(text: str) -> dict[str, str]:
    """Return what has CloudWatch look for a text, or for the longest piece of it that it can quote.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html does not
    say how a quote is written within quotes.
    """
    piece = max(_UNQUOTABLE.split(text), key=len).strip()
    return {"filterPattern": f'"{piece}"'} if piece else {}
