"""`erase`: remove every trace of an address, or of one message, and say what was done.

It scans the whole table, reads the whole bucket and goes through the queues, with the operator's
own credentials: the service's roles may do nothing of the kind. What it prints holds no address.

A message that names the address anywhere is erased as a whole, for all of its recipients. What
stays of it is its id, so that events about it are dropped (`core.aws.items.tombstone`). If it was
still waiting to be sent, it is not sent any more, to anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ops.arguments import address_in, message_id_in
from ops.erasure import Erasure

if TYPE_CHECKING:
    import argparse

    from ops.erasure import Report
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
    keeps = asked.keep_suppressed
    if asked.address:
        erasure = Erasure.of_address(stack, address_in(asked.address), keeps_suppressed=keeps)
    else:
        erasure = Erasure.of_message(stack, message_id_in(asked.message), keeps_suppressed=keeps)
    erasure.run()
    print(*_lines(erasure.report), sep="\n")


def _lines(report: Report) -> list[str]:
    """Say what was done, in lines without any address."""
    lines = [f"Erased: {number} {what}." for what, number in sorted(report.done.items()) if number]
    lines += [
        f"Not tried any more: {message_id}, which was {status}."
        for message_id, status in report.unfinished
    ]
    lines += [f"Left: the item {keys} names it too." for keys in sorted(report.left)]
    return lines or ["Nothing was found."]
