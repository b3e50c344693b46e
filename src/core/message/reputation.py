"""How a domain's mails are received: what an event adds to its counts, and which counts are bad.

Each recipient is counted once, when SES first reports a delivery or a bounce. The rates are shares
of these recipients, and not of the mails that were sent: a mail about which nothing has been
reported is neither good nor bad yet. Addresses of SES's mailbox simulator are not counted, as SES
does not count them either.
"""

from typing import Literal, NamedTuple

from core.message import merging
from core.message.event import Event
from core.message.record import Record
from core.message.status import Status

WINDOW_HOURS = 24
"""The hours by which a domain is judged."""
SIMULATOR = "@simulator.amazonses.com"
"""SES's mailbox simulator bounces on demand; SES neither counts nor suppresses its addresses
(https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html)."""

_LEAST_OUTCOMES, _LEAST_COMPLAINTS = 100, 2
"""How many there must be before a rate means anything: it does not if one of two mails bounced, or
if one reader hit the wrong button."""
_REPORTED = (Status.DELIVERED, Status.READ, Status.UNDELIVERED)
"""The statuses that SES reports at the end of a delivery."""

Verdict = Literal["", "bounces", "complaints"]


class Tally(NamedTuple):
    """Numbers of recipients of one domain's mails, in some span of time."""

    outcomes: int = 0
    """Recipients about whom SES has reported a delivery or a bounce."""
    bounces: int = 0
    """Bounces for good only (`event.Report.is_dead`): a full mailbox says nothing about the sender.
    Nor does an address to which SES did not try to send; SES does not count that either."""
    complaints: int = 0
    """Complaints, not recipients who may have made them."""

    def plus(self, other: "Tally") -> "Tally":
        """Return the sums of two tallies."""
        return Tally(*(mine + its for mine, its in zip(self, other, strict=True)))

    @property
    def verdict(self) -> Verdict:
        """What is bad: `bounces` above 5 %, `complaints` above 0.1 %, or "" for nothing.

        From these rates on, SES reviews an account:
        https://docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html
        """
        if self.outcomes < _LEAST_OUTCOMES:
            return ""
        if self.bounces * 20 > self.outcomes:
            return "bounces"
        too_many = self.complaints >= _LEAST_COMPLAINTS and self.complaints * 1000 > self.outcomes
        return "complaints" if too_many else ""


class Tallies(dict[str, Tally]):
    """The tallies of several domains, by domain."""

    def add(self, domain: str, tally: Tally) -> None:
        """Add to the tally of a domain; a tally of zeros adds nothing, not even the domain."""
        if any(tally):
            self[domain] = self.get(domain, Tally()).plus(tally)


def of_change(before: Record, after: Record, event: Event) -> Tally:
    """Count what `event` changed in its message: nothing if it came before.

    A complaint counts once, however many it names: one of them made it.
    """
    outcomes = bounces = complaints = 0
    about = merging.meant(after, event)
    for was, is_ in zip(before.recipients, after.recipients, strict=True):
        if was.address.endswith(SIMULATOR):
            continue
        outcomes += was.status not in _REPORTED and is_.status in _REPORTED
        complaints += is_.complained_at > 0 and was.complained_at == 0
        if is_.status is Status.UNDELIVERED and was.status is not Status.UNDELIVERED:
            reports = about.get(was.address, ())
            bounces += any(report.is_dead and not report.is_withheld for report in reports)
    return Tally(outcomes, bounces, min(complaints, 1))
