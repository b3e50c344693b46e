"""What could not be looked at: that is a warning, and no reason to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.doctor.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class NotRead(Exception):
    """AWS or the DNS did not answer; the text says why, and which permission is missing."""


def careful(what: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings; `NotRead` ends them with a warning that says what could not be read."""
    try:
        yield from findings
    except NotRead as error:
        yield Finding("warning", f"{what} could not be read: {error}.", is_unread=True)
