"""What is missing before mails of one domain can go out: which a new one is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.doctor import identities, mail_from
from ops.doctor.groups import Group, examine
from ops.domain_settings import domains_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.submission.domains import DomainConfiguration
    from ops.doctor.findings import Finding
    from ops.stack import Stack

_GROUP = Group(
    "Before it can send",
    {
        "What SES knows of the domains": identities.coverage,
        "What SES has verified": identities.verification,
        "The MAIL FROM domains": mail_from.mail_from,
        "Feedback forwarding": identities.feedback_forwarding,
    },
)
"""What AWS itself can tell: the DNS of a domain that was added just now has nothing yet."""


def missing_for(stack: Stack, configuration: DomainConfiguration) -> Iterator[Finding]:
    """Yield what is not well of the domains that one client's mails may come from."""
    senders = domains_of(*configuration.allowed_senders, configuration.default_sender)
    for finding in examine(stack, (_GROUP,)):
        about, colon, _ = finding.what.partition(":")
        if finding.level != "ok" and (about in senders or not colon):
            yield finding
