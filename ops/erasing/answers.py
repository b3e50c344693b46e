"""What receivers of webhooks have answered: a few characters, which may name whom a mail was to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ops.erasing.changes import Changes
    from ops.erasing.report import Report

_ANSWER = "answer"


def has_answers(item: Mapping[str, Any]) -> bool:
    """Say whether an item is a delivery that keeps what its receiver has answered."""
    return item["pk"]["S"].startswith("HOOK#") and any(
        _ANSWER in attempt.get("M", {}) for attempt in item.get("attempts", {}).get("L", ())
    )


@dataclass(frozen=True, slots=True)
class Answers:
    """The deliveries, as items of the table (attribute values)."""

    changes: Changes
    report: Report

    def erase(self, item: Mapping[str, Any]) -> None:
        """Take the answers out of a delivery. It stays, as it holds nothing else that is written.

        So an event that waits for its next try is told, and whoever lists deliveries sees it.
        """
        found: Mapping[str, Any] | None = item
        while found and has_answers(found):
            if self.changes.put_revised(_without_answers(found), found["revision"]):
                self.report.done["answers to webhooks"] += 1
                return
            if self.changes.is_dry:
                return
            found = self.changes.newest(found)  # A try has ended meanwhile.


def _without_answers(item: Mapping[str, Any]) -> dict[str, Any]:
    attempts = [
        {"M": {name: value for name, value in attempt["M"].items() if name != _ANSWER}}
        for attempt in item["attempts"]["L"]
    ]
    revision = {"N": str(int(item["revision"]["N"]) + 1)}
    return {**item, "attempts": {"L": attempts}, "revision": revision}
