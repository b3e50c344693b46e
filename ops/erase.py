"""`erase`: remove every trace of an address, or of one message, and say what was done.

It scans the whole table, reads the whole bucket and goes through the queues, with the operator's
own credentials: the service's roles may do nothing of the kind. What it prints holds no address.

A message that names the address anywhere is erased as a whole, for all of its recipients. What
stays of it is its id, so that events about it are dropped (`core.aws.items.tombstone`). If it was
still waiting to be sent, it is not sent any more, to anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.aws.items import plain
from core.message.ids import is_id
from ops.erasure import Erasure
from ops.suppressions import checked
from ops.traces import Traces

if TYPE_CHECKING:
    import argparse

    from ops.stack import Stack


def add_to(commands: Any) -> None:
    """Describe the command to `argparse`."""
    parser = commands.add_parser("erase", help="remove every trace of an address or a message")
    parser.set_defaults(run=_run)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--address", help="a recipient, a sender, or somebody named in a mail")
    what.add_argument("--message", metavar="ID", help="the MessageId of one message")
    parser.add_argument(
        "--keep-suppressed",
        action="store_true",
        help="mail it no more, if that was so: what is kept for that is a salted hash",
    )


def _run(asked: argparse.Namespace, stack: Stack) -> None:
    erasure = Erasure(stack, keeps_suppressed=asked.keep_suppressed)
    if asked.address:
        erasure.traces = Traces(checked(asked.address))
        _refuse_our_own(erasure.traces, stack)
    elif is_id(asked.message.upper()):
        erasure.ids.add(asked.message.upper())
    else:
        raise ValueError("This is no MessageId.")
    erasure.run()
    print(*report(erasure), sep="\n")


def _refuse_our_own(traces: Traces, stack: Stack) -> None:
    """Raise `ValueError` for a sender of the stack itself: nearly every mail names it."""
    reply = stack.aws.client("dynamodb").query(
        TableName=stack.outputs["TableName"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "DOMAIN"}},
    )
    domain = stack.parameters["SenderDomain"]
    own = [stack.parameters.get("DefaultSender") or f"no-reply@{domain}"]
    if traces.are_in(own) or traces.are_in([plain(item) for item in reply["Items"]]):
        raise ValueError("A domain's configuration names this address: change that first.")


def report(erasure: Erasure) -> list[str]:
    """Say what was done, in lines without any address."""
    lines = [f"Erased: {number} {what}." for what, number in sorted(erasure.done.items()) if number]
    lines += [
        f"Not tried any more: {message_id}, which was {status}."
        for message_id, status in erasure.unfinished
    ]
    lines += [f"Left: the item {keys} names it too." for keys in sorted(erasure.left)]
    return lines or ["Nothing was found."]
