"""`doctor`: examine a stack and its account; what is wrong is printed with what mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ops.doctor.groups import GROUPS, WITHOUT_MAIL, examine
from ops.doctor.report import report

if TYPE_CHECKING:
    import argparse

    from ops.stack import Stack


def add_to(commands: Any) -> None:
    """Describe the command to `argparse`."""
    parser = commands.add_parser("doctor", help="what works, and what mends the rest")
    parser.set_defaults(run=_run)
    server = "the DNS server to ask, as 192.0.2.1 or 192.0.2.1:53; without: this machine's own"
    parser.add_argument("--dns", metavar="ADDRESS", default="", help=server)
    parser.add_argument("--no-mail", action="store_true", help="send no mail to SES's simulator")


def _run(asked: argparse.Namespace, stack: Stack) -> int:
    """Return the exit status: 1 if anything has failed. Warnings do not count."""
    groups = WITHOUT_MAIL if asked.no_mail else GROUPS
    return 0 if report(examine(stack, groups, dns=asked.dns)) else 1
