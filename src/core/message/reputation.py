"""How a domain's mails are received: what an event adds to its counts, and which counts are bad.

Of every recipient counts, once, that SES told an outcome: delivered, or bounced for good. Rates are
of these, not of what was sent: Send events come for mails that we know to be sent already, and a
mail that nobody has reported on is neither good nor bad yet. SES's mailbox simulator does not count
with us, as it does not with SES.
"""

from typing import Literal, NamedTuple

from core.message.record import Recipient, Record
from core.message.ses_event import Event
from core.message.status import Status

WINDOW_HOURS = 24
"""How far back a domain is judged."""
SIMULATOR = "@simulator.amazonses.com"
"""SES's mailbox simulator bounces on demand; SES neither counts nor suppresses its addresses
(https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html)."""

_LEAST_OUTCOMES, _LEAST_COMPLAINTS = 100, 2
"""Before that it is no rate: one bounce of two mails, one reader who hit the wrong button."""
_TOLD = (Status.DELIVERED, Status.READ, Status.UNDELIVERED)

Verdict = Literal["", "bounces", "complaints"]


class Tally(NamedTuple):
    """Recipients of one domain in some span of time."""

    outcomes: int = 0
    bounces: int = 0
    """For good only: a full mailbox says nothing about the sender."""
    complaints: int = 0

    def plus(self, other: "Tally") -> "Tally":
        """Add up two spans."""
        return Tally(*(mine + its for mine, its in zip(self, other, strict=True)))

    @property
    def verdict(self) -> Verdict:
        """Say what there is too much of: more than 5 % bounces, or more than 0.1 % complaints."""
        if self.outcomes < _LEAST_OUTCOMES:
            return ""
        if self.bounces * 20 > self.outcomes:
            return "bounces"
        too_many = self.complaints >= _LEAST_COMPLAINTS and self.complaints * 1000 > self.outcomes
        return "complaints" if too_many else ""


class Tallies(dict[str, Tally]):
    """Tallies by domain."""

    def add(self, domain: str, tally: Tally) -> None:
        """Add what is more than nothing."""
        if any(tally):
            self[domain] = self.get(domain, Tally()).plus(tally)


def of_change(before: Record, after: Record, event: Event) -> Tally:
    """Count what `event` changed: told again, it changes nothing."""
    total = Tally()
    for was, is_ in zip(before.recipients, after.recipients, strict=True):
        if not was.address.endswith(SIMULATOR):
            total = total.plus(_of_recipient(was, is_, event))
    return total


def _of_recipient(was: Recipient, is_: Recipient, event: Event) -> Tally:
    bounces = is_.status is Status.UNDELIVERED and was.status is not Status.UNDELIVERED
    return Tally(
        outcomes=was.status not in _TOLD and is_.status in _TOLD,
        bounces=bounces and event.is_permanent,
        complaints=is_.complained_at > 0 and was.complained_at == 0,
    )
