"""What SES's mailbox simulator makes of mails, and what the service then says of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ops.smoke.steps import Different, Skipped, Step, step
from ops.smoke.target import at_simulator

if TYPE_CHECKING:
    from ops.smoke.target import Target

OUTCOMES = {
    "success": "delivered",
    "bounce": "undelivered",
    "suppressionlist": "undelivered",
    "complaint": "delivered",
    "ooto": "delivered",
}
"""What becomes of a mail to each of the simulator's mailboxes (docs/status.md)."""
_SECONDS = 60.0
_SECTION = "f15-what-becomes-of-a-mail"
_EVENTS = ("src/core/message/ses_event.py: parse", "template.yaml: EventDestination")


@step(
    "SES takes a mail to its mailbox simulator",
    section=_SECTION,
    change=("template.yaml: SesSandbox", "template.yaml: SenderIdentity"),
)
def _sends(target: Target) -> None:
    try:
        target.sent["success"] = target.send(target.mail())["MessageId"]
    except Different:
        target.obstacle = "no mail can be sent: see the first step"
        raise


@step(
    "It takes one to each of the simulator's other mailboxes",
    section=_SECTION,
    change=_EVENTS,
)
def _sends_the_others(target: Target) -> None:
    for name in OUTCOMES.keys() - {"success"}:
        target.sent[name] = target.send(target.mail(To=at_simulator(name)))["MessageId"]


def _outcome(name: str, wanted: str) -> Step:
    def run(target: Target) -> str | None:
        if name not in target.sent:
            raise Skipped("it was not sent")
        begun, status = time.monotonic(), {}
        while time.monotonic() - begun < _SECONDS:
            status = target.status_of(target.sent[name])
            if status["Status"] == wanted:
                return status.get("ErrorMessage")
            time.sleep(1 if not target.is_local else 0.1)
        raise Different(f"Status {wanted} within a minute", status)

    title = f"A mail to {name}@ is {wanted}" if name in OUTCOMES else f"A later one is {wanted}"
    return Step(title, _SECTION, _EVENTS, run)


BEGIN: tuple[Step, ...] = (_sends, _sends_the_others)
END: tuple[Step, ...] = tuple(
    _outcome(name, wanted) for name, wanted in (OUTCOMES | {"oneway": "delivered"}).items()
)
