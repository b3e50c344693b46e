"""Remove every trace of an address, or of one message, and say what was done.

It works with the operator's own credentials: the service's roles may do nothing of the kind. What
it prints holds no address.

A message that names the address anywhere is erased as a whole, for all of its recipients. What
stays of it is its id, so that events about it are dropped (`core.aws.items.tombstone`). If it was
still waiting to be sent, it is not sent any more, to anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ops.arguments import address_in, message_id_in
from ops.asking import require_yes
from ops.erasing.erasure import Erasure
from ops.progress import Progress
from ops.tables import print_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.stack import Stack


class Wanted(NamedTuple):
    """What an operator wants to be rid of: an address or a message, as it was typed."""

    address: str
    message: str
    keeps_suppressed: bool
    recipient_only: bool = False
    """Only the mails to the address, which indexes find: not those that only mention it."""

    def erasure(self, stack: Stack, progress: Progress) -> Erasure:
        """Make what erases it. Raises `ValueError` for what cannot be meant."""
        keeps = self.keeps_suppressed
        if self.address:
            address = address_in(self.address)
            return Erasure.of_address(
                stack,
                address,
                progress,
                keeps_suppressed=keeps,
                recipient_only=self.recipient_only,
            )
        message_id = message_id_in(self.message)
        return Erasure.of_message(stack, message_id, progress, keeps_suppressed=keeps)


def erase(stack: Stack, wanted: Wanted, *, is_dry: bool, is_sure: bool, as_json: bool) -> None:
    """Erase it, after a look and a question; or only count what would go."""
    progress = Progress()
    erasure = wanted.erasure(stack, progress)
    if is_dry:
        report, verb = erasure.estimate(), "Would be erased"
    else:
        require_yes(_what_goes(wanted.erasure(stack, progress)), is_sure=is_sure)
        report, verb = erasure.run(), "Erased"
    progress.clear()
    if as_json:
        print_json({"is_dry_run": is_dry, **report.as_json()})
    else:
        print(*report.lines(verb), sep="\n")


def _what_goes(looking: Erasure) -> Iterator[str]:
    report = looking.estimate()
    looking.progress.clear()
    yield from report.lines("Would be erased")
