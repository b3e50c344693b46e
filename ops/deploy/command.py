"""The steps of a deployment: settle the parameters, clear the way, build, deploy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.deploy import sam
from ops.deploy.account import Account
from ops.deploy.ending import say_the_end
from ops.deploy.settle import Settled, changes, settle
from ops.deploy.stack_state import StackState, reasons
from ops.deployment import Deployment, path_of, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ops.deploy.parameters import Parameters


def deploy(stack: str, declared: Parameters, given: Mapping[str, str]) -> bool:
    """Create or update a stack; say whether that succeeded. Nothing is asked.

    Raises `ValueError` before anything is built or changed, for what cannot succeed.
    """
    remembered = Deployment.of(stack)
    account = Account.of_environment(stack, remembered)
    print(f"Stack {stack} in {account.region}, account {account.id}", flush=True)
    state = StackState.of(account.client("cloudformation"), stack)
    if state:
        state.require_ready(stack, account.region)
    whole = state if state and not state.is_leftover else None
    settled = _settled(account, declared, given, remembered, whole)
    declared.refuse_wrong(settled.values)
    declared.refuse_together(settled.values)
    kept = declared.kept(settled.values)
    _say(declared, settled, kept, whole)
    Deployment(stack, account.region, kept).write()
    print(f"  Kept in {shown(path_of(stack))}, for the next time.", flush=True)
    return _carry_out(account, stack, state, declared.whole(kept))


def _settled(
    account: Account,
    declared: Parameters,
    given: Mapping[str, str],
    remembered: Deployment | None,
    whole: StackState | None,
) -> Settled:
    known = remembered.parameters if remembered else None
    if whole:
        old = whole.defaults(account.client("cloudformation"))
        return settle(declared, given, known, whole.parameters, old)
    settled = settle(declared, given, known, {}, {})
    if not settled.values.get("SenderDomain"):
        raise ValueError(
            "Say which domain the mails come from:\n  make deploy SENDER_DOMAIN=example.com"
        )
    declared.refuse_wrong(settled.values)
    chosen = account.first_choices(settled.values)
    notes = [f"{name}={value}, as the account has it already." for name, value in chosen.items()]
    return Settled({**settled.values, **chosen}, settled.notes + notes)


def _say(
    declared: Parameters,
    settled: Settled,
    kept: Mapping[str, str],
    whole: StackState | None,
) -> None:
    """Print the parameters that differ from the defaults, and what changes."""
    for name, value in kept.items():
        print(f"  {name}={'(not shown)' if declared[name].is_secret else value}")
    for note in settled.notes:
        print(f"  Note: {note}")
    for line in changes(declared, whole.parameters, kept) if whole else ():
        print(f"  Change: {line}")


def _carry_out(
    account: Account, stack: str, state: StackState | None, parameters: Mapping[str, str]
) -> bool:
    if not sam.build():
        return False
    cloudformation = account.client("cloudformation")
    if state and state.is_leftover:
        print(
            f"An earlier try left the empty stack {stack} ({state.status}), which is removed now:"
        )
        _print_reasons(reasons(cloudformation, state.id))
        state.remove(cloudformation)
    if sam.deploy(stack, account.region, parameters):
        say_the_end(account, stack, parameters)
        return True
    now = StackState.of(cloudformation, stack)
    print(f"\nThe deployment failed{f' ({now.status})' if now else ''}.")
    _print_reasons(reasons(cloudformation, now.id) if now else [])
    if now and now.is_leftover:
        print("Mend that and repeat the command: it removes what this try has left.")
    elif now and now.status.endswith("_COMPLETE"):
        print("The stack is as it was before. Mend that and repeat the command.")
    return False


def _print_reasons(why: list[str]) -> None:
    for reason in why:
        print(f"  {reason}", flush=True)
