"""What an erasure did, or would do, without any address."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Report:
    """What an erasure has done so far."""

    done: Counter[str] = field(default_factory=Counter)
    """How many of what has been erased."""
    unfinished: list[tuple[str, str]] = field(default_factory=list)
    """Messages that were not sent, or perhaps not, and how far they were."""
    left: set[str] = field(default_factory=set)
    """Items that name the address and are not of mails: an operator's own."""
    unread: int = 0
    """About how many messages are in the queues, of which an estimate reads none."""

    def lines(self, verb: str) -> list[str]:
        """Say it for people: `verb` is what becomes of things, as `Erased`."""
        done = sorted(self.done.items())
        lines = [f"{verb}: {number} {what}." for what, number in done if number]
        lines += [
            f"Not tried any more: {message_id}, which was {status}."
            for message_id, status in self.unfinished
        ]
        lines += [f"Left: the item {keys} names it too." for keys in sorted(self.left)]
        lines = lines or ["Nothing was found."]
        if self.unread:
            lines.append(
                f"Not looked at: about {self.unread} in queues. To read them changes them."
            )
        return lines

    def as_json(self) -> dict[str, Any]:
        """Say it for programs."""
        return {
            "erased": {what: number for what, number in sorted(self.done.items()) if number},
            "not_tried_any_more": [
                {"message_id": message_id, "status": status}
                for message_id, status in self.unfinished
            ],
            "left": sorted(self.left),
            "unread_in_queues": self.unread,
        }
