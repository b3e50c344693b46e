"""The values that a deployment goes by: put together, and refused if they cannot work."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ops.deploy.from_file import refuse_wrong_file
from ops.deploy.senders import refuse_unrelated, refuse_wrong_domain
from ops.deploy.settle import Known, Settled, settle
from ops.deployment import Deployment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ops.deploy.account import Account
    from ops.deploy.given import Given
    from ops.deploy.stack_state import StackState


class Chosen(NamedTuple):
    """What is kept for the next time, what of it is sent, and what an operator should hear."""

    kept: dict[str, str]
    sent: dict[str, str]
    notes: list[str]


def choose(
    account: Account, asked: Given, remembered: Deployment | None, whole: StackState | None
) -> Chosen:
    """Put the values together, for a new stack or for one that is there (`whole`).

    Raises `ValueError` for everything that can be told before CloudFormation is asked.
    """
    stack, declared, given = asked
    known = _known(account, stack, remembered, whole)
    notes = []
    if remembered:
        old = {*(known.last or {}), *known.deployed}
        notes = refuse_wrong_file(declared, remembered, given, old)
    settled = settle(declared, given, known)
    _require_domain(stack, settled.values)
    declared.refuse_wrong(settled.values)
    if not whole:
        _choose_first(account, settled)
    declared.refuse_together(settled.values)
    refuse_unrelated(settled.values)
    if whole:
        settled.notes += _identity_notes(account, whole.parameters, settled.values)
    sent = declared.kept(settled.sent)
    return Chosen(declared.kept(settled.values), sent, notes + settled.notes)


def _known(
    account: Account, stack: str, remembered: Deployment | None, whole: StackState | None
) -> Known:
    last = Deployment.last_of(stack)
    file = remembered.parameters if remembered else None
    known = Known(file, last.parameters if last else None)
    if not whole:
        return known
    old_defaults = whole.defaults(account.client("cloudformation"))
    return Known(known.file, known.last, whole.parameters, old_defaults)


def _require_domain(stack: str, values: Mapping[str, str]) -> None:
    if not values.get("SenderDomain"):
        raise ValueError(
            "Say which domain the mails come from:\n"
            f"  make deploy STACK={stack} SENDER_DOMAIN=example.com"
        )
    refuse_wrong_domain("SenderDomain", values["SenderDomain"])


def _choose_first(account: Account, settled: Settled) -> None:
    choices, notes = account.first_choices(settled.values)
    settled.values |= choices
    settled.notes += notes


def _identity_notes(
    account: Account, deployed: Mapping[str, str], values: Mapping[str, str]
) -> list[str]:
    """Tell of mails that will wait: what they are sent with changes, and SES must verify it."""
    new = _identity(values)
    if new == _identity(deployed) or account.has_verified(new):
        return []
    told = (
        "Mails wait (queued, for RetryHours at most) from this deployment on, until SES has"
        f" verified the identity {new} by its DKIM records, which are printed at the end."
    )
    return [told]


def _identity(values: Mapping[str, str]) -> str:
    return values.get("SenderIdentity") or values["SenderDomain"]
