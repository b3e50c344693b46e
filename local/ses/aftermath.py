"""Decides which events follow a mail that was accepted, by its recipients' addresses.

Source: SES developer guide, "Using the Amazon SES mailbox simulator".
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from local.ses.addresses import domain_of, is_at_mailbox_simulator

_BOUNCING: Final[dict[str, dict[str, Any]]] = {
    "bounce": {"bounceType": "Permanent", "bounceSubType": "General"},
    "suppressionlist": {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "diagnosticCode": "smtp; 550 5.1.1 suppressed address",
    },
}
"""The simulator's mailboxes that bounce, and how (as recorded in March 2026)."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """An event that is due when the simulator's event delay has passed `delays` times."""

    delays: int
    kind: str
    recipients: tuple[str, ...]
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def is_made_up(self) -> bool:
        """Whether SES makes it up when it accepts the mail, and waits for no host.

        Its time is then earlier than that of the delivery, even if it is published later.
        """
        return self.kind in ("Bounce", "Complaint")


def of(recipients: Iterable[str]) -> list[Consequence]:
    """Return every event of a mail to `recipients`, in the order of time.

    SES publishes one Bounce event for all recipients that bounce for the same reason, and one
    Delivery event for each receiving domain. An automatic reply is a bounce to SES, of an address
    of which it says nothing else.
    """
    bounced: dict[str, list[str]] = {}
    delivered: dict[str, list[str]] = {}
    complained: list[str] = []
    replied: list[str] = []
    everybody = tuple(recipients)
    for address in everybody:
        mailbox = _simulated(address)
        if mailbox in _BOUNCING:
            bounced.setdefault(mailbox, []).append(address)
            continue
        delivered.setdefault(domain_of(address), []).append(address)
        if mailbox == "complaint":
            complained.append(address)
        elif mailbox == "ooto":
            replied.append(address)
    return [
        Consequence(0, "Send", everybody),
        *(Consequence(1, "Delivery", tuple(some)) for some in delivered.values()),
        *(Consequence(1, "Bounce", tuple(some), _BOUNCING[box]) for box, some in bounced.items()),
        *([Consequence(2, "Bounce", tuple(replied), _automatic(replied))] if replied else []),
        *([Consequence(2, "Complaint", tuple(complained))] if complained else []),
    ]


def _automatic(replied: Iterable[str]) -> dict[str, Any]:
    recipients = [{"emailAddress": address} for address in replied]
    return {
        "bounceType": "Transient",
        "bounceSubType": "General",
        "bouncedRecipients": recipients,
    }


def _simulated(address: str) -> str:
    """Return the simulator's mailbox that `address` names, without its +label, or ''."""
    if not is_at_mailbox_simulator(address):
        return ""
    return address.lower().rpartition("@")[0].partition("+")[0]
