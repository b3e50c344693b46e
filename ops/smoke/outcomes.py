"""What SES's mailbox simulator makes of mails, and what the service then says of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ops.smoke.steps import Different, Skipped, Step, step
from ops.smoke.target import TAKEN, at_simulator, said
from ops.smoke.wire import NoAnswer

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
_SECTION = "f15-what-becomes-of-a-mail"
_EVENTS = ("src/core/message/ses_event.py: parse", "template.yaml: EventDestination")
_NEVER_SENT = ("queued", "failed", "sending", "unknown")
"""Statuses of mails that SES has not taken: no event of SES is to be expected."""


@step(
    "SES takes a mail to its mailbox simulator",
    section=_SECTION,
    change=("template.yaml: SesSandbox", "template.yaml: SenderIdentity"),
)
def _sends(target: Target) -> None:
    """Send the first mail, and wait until SES has it: if it has not, no other one will go out."""
    try:
        target.sent["success"] = _taken(target)
    except (Different, NoAnswer):
        target.obstacle = "no mail can be sent: see the first step"
        raise


def _taken(target: Target) -> str:
    message_id = str(target.send(target.mail())["MessageId"])
    members = target.outcome_of(message_id, TAKEN, time.monotonic() + target.seconds)
    if members["Status"] not in TAKEN:
        raise Different("Status sent", said(members), target.doctor)
    return message_id


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
        members = target.outcome_of(target.sent[name], (wanted,), target.deadline)
        if members["Status"] != wanted:
            is_sent = members["Status"] not in _NEVER_SENT
            expected = f"Status {wanted} within {target.seconds:.0f} s"
            raise Different(expected, said(members), "" if is_sent else target.doctor)
        return members.get("ErrorMessage")

    title = f"A mail to {name}@ is {wanted}" if name in OUTCOMES else f"A later one is {wanted}"
    return Step(title, _SECTION, _EVENTS, run)


@step(
    "Every mail that had to wait was sent",
    section=_SECTION,
    change=("src/core/dispatch.py: Dispatcher", "template.yaml: DispatchFunction"),
)
def _none_waits(target: Target) -> str:
    """Look after the mails that were `queued`: SES had no room for them, or refuses them."""
    target.require_sending()
    waiting = [id_ for id_ in target.waiting if id_ not in target.sent.values()]
    for message_id in waiting:
        wanted = (*TAKEN, "undelivered")
        members = target.outcome_of(message_id, wanted, target.deadline)
        if members["Status"] not in wanted:
            raise Different("Status sent", said(members), target.doctor)
    return f"{len(waiting)} of them"


BEGIN: tuple[Step, ...] = (_sends, _sends_the_others)
END: tuple[Step, ...] = (
    *(_outcome(name, wanted) for name, wanted in (OUTCOMES | {"oneway": "delivered"}).items()),
    _none_waits,
)
"""They share one deadline (`Target.deadline`)."""
