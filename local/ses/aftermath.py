"""Decides which events follow a mail that was accepted, by its recipients' addresses.

Source: SES developer guide, "Using the Amazon SES mailbox simulator".
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from local.ses.addresses import domain_of

_SIMULATOR: Final = "simulator.amazonses.com"
_BOUNCING: Final = {"bounce": "General", "suppressionlist": "OnAccountSuppressionList"}


@dataclass(frozen=True, slots=True)
class Consequence:
    """An event that is due when the simulator's event delay has passed `delays` times."""

    delays: int
    kind: str
    recipients: tuple[str, ...]
    given: dict[str, Any] = field(default_factory=dict)


def of(recipients: Iterable[str]) -> list[Consequence]:
    """Return every event of a mail to `recipients`, in the order of time.

    SES publishes one Bounce event for all recipients that bounce for the same reason, and one
    Delivery event for each receiving domain.
    """
    bounced: dict[str, list[str]] = {}
    delivered: dict[str, list[str]] = {}
    complained: list[str] = []
    everybody = tuple(recipients)
    for address in everybody:
        mailbox = _simulated(address)
        if sub_type := _BOUNCING.get(mailbox):
            bounced.setdefault(sub_type, []).append(address)
            continue
        delivered.setdefault(domain_of(address), []).append(address)
        if mailbox == "complaint":
            complained.append(address)
    return [
        Consequence(0, "Send", everybody),
        *(Consequence(1, "Delivery", tuple(some)) for some in delivered.values()),
        *(
            Consequence(
                1, "Bounce", tuple(some), {"bounceType": "Permanent", "bounceSubType": sub_type}
            )
            for sub_type, some in bounced.items()
        ),
        *([Consequence(2, "Complaint", tuple(complained))] if complained else []),
    ]


def _simulated(address: str) -> str:
    """Return the simulator's mailbox that `address` names, without its +label, or ''."""
    local, _, domain = address.lower().rpartition("@")
    return local.partition("+")[0] if domain == _SIMULATOR else ""
