"""What an erasure did, or would do, without any address."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

_RECIPIENT_ONLY = (
    "Not looked for: mails that only mention the address (as a sender, in a subject, a body or a"
    " file), and what is left of domains that the stack sends for no more. They stay. Without"
    " --recipient-only they are erased too, by reading everything."
)

_COPIES = (
    "Not looked for: files under other ids, which somebody leaves who repeated its request with the"
    " same idempotency key. S3 deletes them when their time is over; to erase all such files now,"
    " erase an address without --recipient-only."
)

_ANSWERS = (
    "Not looked for: the first words of what receivers of webhooks have answered when they were"
    " told of these mails. They are kept for 30 days at most; to erase them now, erase an address"
    " without --recipient-only."
)


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
    is_recipient_only: bool = False
    """Whether mails that only mention the address were not looked for."""
    may_have_copies: bool = False
    """Whether a message was erased of which a repeated request may have left files elsewhere."""

    may_have_answers: bool = False
    """Whether a message was erased, and what receivers of webhooks have answered was not read."""

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
        if self.is_recipient_only:
            lines.append(_RECIPIENT_ONLY)
        if self.may_have_copies:
            lines.append(_COPIES)
        if self.may_have_answers:
            lines.append(_ANSWERS)
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
            "is_recipient_only": self.is_recipient_only,
            "may_have_copies": self.may_have_copies,
            "may_have_answers": self.may_have_answers,
        }
