"""`doctor`: examine a stack and its account; what is wrong is printed with what mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ops.doctor.groups import GROUPS, WITHOUT_MAIL, examine
from ops.doctor.report import closing, report

if TYPE_CHECKING:
    import argparse

    from ops.stack import Stack

_MAIL = {"": GROUPS, "1": GROUPS, "0": WITHOUT_MAIL}


def add_to(commands: Any) -> None:
    """Describe the command to `argparse`."""
    parser = commands.add_parser("doctor", help="what works, and what mends the rest")
    parser.set_defaults(run=_run)
    server = "the DNS server to ask, as 192.0.2.1 or 192.0.2.1:53; without: this machine's own"
    parser.add_argument("--dns", metavar="ADDRESS", default="", help=server)
    mail = "whether to send a mail to SES's simulator: 1 (as without) or 0"
    parser.add_argument("--mail", metavar="0|1", default="", help=mail)


def _run(asked: argparse.Namespace, stack: Stack) -> int:
    """Return the exit status: 1 if anything has failed. Warnings do not count."""
    if asked.mail not in _MAIL:
        raise ValueError("MAIL must be 0 (send no mail) or 1 (send one, as without MAIL).")
    counts = report(examine(stack, _MAIL[asked.mail], dns=asked.dns))
    print(closing(counts))
    return 1 if counts["failure"] else 0
