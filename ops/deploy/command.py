"""The steps of a deployment: settle the parameters, clear the way, build, deploy."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ops.deploy import sam
from ops.deploy.account import Account
from ops.deploy.chosen import choose
from ops.deploy.ending import say_the_end
from ops.deploy.settle import changes
from ops.deploy.stack_events import newest, reasons
from ops.deploy.stack_state import StackState
from ops.deployment import Deployment, path_of, require_writable, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.deploy.chosen import Chosen
    from ops.deploy.given import Given
    from ops.deploy.parameters import Parameters


class Stopped(Exception):
    """Somebody has stopped a deployment (Ctrl-C, or a signal); the text says how that leaves it."""


def deploy(asked: Given) -> bool:
    """Create or update a stack; say whether that succeeded. Nothing is asked.

    Raises `ValueError` before anything is built or changed, for what cannot succeed, and `Stopped`.
    What was chosen is kept after a success only: a value that AWS refuses is not sent again.
    """
    stack, declared, _ = asked
    with _stopped_means("Nothing was deployed, and nothing is kept: repeat the command."):
        remembered = Deployment.of(stack)
        account = Account.of_environment(stack, remembered)
        print(f"Stack {stack} in {account.region}, account {account.id}", flush=True)
        cloudformation = account.client("cloudformation")
        state = StackState.of(cloudformation, stack)
        if state:
            state.require_ours(stack, declared.description)
            state.require_ready(cloudformation, stack, account.region)
        whole = state if state and state.is_whole else None
        chosen = choose(account, asked, remembered, whole)
        _say(declared, chosen, whole)
        require_writable(stack)
        if not sam.build():
            return False
        if state and state.is_empty:
            _clear_the_way(account, stack, state)
    before = newest(cloudformation, state.id) if state else ""
    with _stopped_means(_how_it_goes_on(account, stack)):
        if not sam.deploy(stack, account.region, declared.whole(chosen.sent)):
            _say_the_failure(account, stack, before)
            return False
    Deployment(stack, account.region, chosen.kept, account.id).write()
    print(f"Kept in {shown(path_of(stack))}, for the next time.", flush=True)
    say_the_end(account, stack, chosen.kept)
    return True


@contextmanager
def _stopped_means(text: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise Stopped(f"\nStopped. {text}") from None


def _how_it_goes_on(account: Account, stack: str) -> str:
    return (
        "What CloudFormation has begun goes on. How it ended:\n"
        f"  aws cloudformation describe-stacks --stack-name {stack} --region {account.region}"
        " --query 'Stacks[].StackStatus'\n"
        "What was given is not kept: then repeat the command."
    )


def _say(declared: Parameters, chosen: Chosen, whole: StackState | None) -> None:
    """Print the parameters that differ from the defaults, and what changes."""
    for name, value in chosen.kept.items():
        print(f"  {name}={'(not shown)' if declared[name].is_secret else value}")
    for note in chosen.notes:
        print(f"  Note: {note}")
    for line in changes(declared, whole.parameters, chosen.sent) if whole else ():
        print(f"  Change: {line}")


def _clear_the_way(account: Account, stack: str, state: StackState) -> None:
    cloudformation = account.client("cloudformation")
    print(f"An earlier try left the empty stack {stack} ({state.status}), which is removed now:")
    _print_reasons(reasons(cloudformation, state.id))
    state.remove(cloudformation)


def _say_the_failure(account: Account, stack: str, before: str) -> None:
    """Say why: with what CloudFormation tells of this try, and not of one before (`before`)."""
    cloudformation = account.client("cloudformation")
    now = StackState.of(cloudformation, stack)
    why = reasons(cloudformation, now.id, after=before) if now else []
    if not (now and why):
        print(
            "\nThe deployment failed before CloudFormation changed anything: the reason is above."
            " Mend that and repeat the command."
        )
        return
    print(f"\nThe deployment failed ({now.status}).")
    _print_reasons(why)
    if now.is_empty:
        print("Mend that and repeat the command: it removes what this try has left.")
    elif now.status.endswith("_COMPLETE"):
        print("The stack is as it was before. Mend that and repeat the command.")
    else:
        print("Mend that and repeat the command: it says what has to be done first.")


def _print_reasons(why: list[str]) -> None:
    for reason in why:
        print(f"  {reason}", flush=True)
